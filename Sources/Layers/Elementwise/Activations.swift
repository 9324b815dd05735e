package import CKernels

/// A function of each value.
package protocol ActivationLayer: ExecutableLayer {
  /// The kernel, and its setting where it has one.
  var function: (kind: vc_activation, setting: Float) { get }
}

extension ActivationLayer {
  public var keepsFeatures: Bool { true }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    return inputs[0]
  }

  package func worksByFrame(_ inputs: [ValueShape]) -> Bool { true }

  package func stage(_ place: PlacedLayer) -> any Stage {
    ActivationStage(kind: function.kind, setting: function.setting)
  }
}

/// `max(x, 0)`.
public struct ReLU: ActivationLayer, ClampingLayer {
  public static let kind = "relu"
  package var ceiling: Float { .infinity }
  package var function: (kind: vc_activation, setting: Float) { (vc_rectifier, ceiling) }
  public var title: String { "ReLU" }
  public var isOriginal: Bool { true }

  /// Without settings.
  public init() {}
}

/// `min(max(x, 0), 6)`.
public struct ReLU6: ActivationLayer, ClampingLayer {
  public static let kind = "relu6"
  package var ceiling: Float { 6 }
  package var function: (kind: vc_activation, setting: Float) { (vc_rectifier, ceiling) }
  public var title: String { "ReLU6" }

  /// Without settings.
  public init() {}
}

/// `x` above 0, `slope · x` below.
public struct LeakyReLU: ActivationLayer {
  public static let kind = "leaky_relu"
  /// The slope below 0.
  public var slope: Float
  package var function: (kind: vc_activation, setting: Float) { (vc_leaky, slope) }
  public var title: String { "LeakyReLU \(slope)" }

  /// The slope is PyTorch's where none is given.
  public init(slope: Float = 0.01) { self.slope = slope }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    guard slope > 0, slope < 1 else {
      throw LayerError("a slope of \(slope): it lies between 0 and 1")
    }
    return inputs[0]
  }
}

/// `x · σ(x)` (Elfwing et al. 2018), also called swish.
public struct SiLU: ActivationLayer {
  public static let kind = "silu"
  package var function: (kind: vc_activation, setting: Float) { (vc_silu, 0) }
  public var title: String { "SiLU" }

  /// Without settings.
  public init() {}
}

/// `x · min(max(x + 3, 0), 6) / 6` (Howard et al. 2019).
public struct HardSwish: ActivationLayer {
  public static let kind = "hard_swish"
  package var function: (kind: vc_activation, setting: Float) { (vc_hard_swish, 0) }
  public var title: String { "HardSwish" }

  /// Without settings.
  public init() {}
}

/// `min(max(x + 3, 0), 6) / 6`.
public struct HardSigmoid: ActivationLayer {
  public static let kind = "hard_sigmoid"
  package var function: (kind: vc_activation, setting: Float) { (vc_hard_sigmoid, 0) }
  public var title: String { "HardSigmoid" }

  /// Without settings.
  public init() {}
}

/// `σ(x) = 1 / (1 + e⁻ˣ)`.
public struct Sigmoid: ActivationLayer {
  public static let kind = "sigmoid"
  package var function: (kind: vc_activation, setting: Float) { (vc_sigmoid, 0) }
  public var title: String { "Sigmoid" }

  /// Without settings.
  public init() {}
}

/// The hyperbolic tangent.
public struct Tanh: ActivationLayer {
  public static let kind = "tanh"
  package var function: (kind: vc_activation, setting: Float) { (vc_tanh, 0) }
  public var title: String { "Tanh" }

  /// Without settings.
  public init() {}
}

/// `x · Φ(x)`, Φ the standard normal distribution (Hendrycks and Gimpel 2016).
public struct GELU: ActivationLayer {
  public static let kind = "gelu"
  package var function: (kind: vc_activation, setting: Float) { (vc_gelu, 0) }
  public var title: String { "GELU" }

  /// Without settings.
  public init() {}
}

extension Node {
  /// `max(x, 0)`
  public static var relu: Node { Node(ReLU()) }
  /// `min(max(x, 0), 6)`
  public static var relu6: Node { Node(ReLU6()) }
  /// `x` above 0, `slope · x` below.
  public static func leakyReLU(slope: Float = 0.01) -> Node { Node(LeakyReLU(slope: slope)) }
  /// `x · σ(x)`
  public static var silu: Node { Node(SiLU()) }
  /// `x · min(max(x + 3, 0), 6) / 6`
  public static var hardSwish: Node { Node(HardSwish()) }
  /// `min(max(x + 3, 0), 6) / 6`
  public static var hardSigmoid: Node { Node(HardSigmoid()) }
  /// `1 / (1 + e⁻ˣ)`
  public static var sigmoid: Node { Node(Sigmoid()) }
  /// The hyperbolic tangent.
  public static var tanh: Node { Node(Tanh()) }
  /// `x · Φ(x)`
  public static var gelu: Node { Node(GELU()) }
}
