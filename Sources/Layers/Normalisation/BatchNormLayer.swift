/// Batch normalisation over all positions for each channel (Ioffe and Szegedy 2015). Behind a
/// convolution it runs in one pass with it.
public struct BatchNorm: Layer {
  public static let kind = "batchnorm"
  /// PyTorch's.
  public static let defaultEpsilon = NormEpsilon.usual
  /// PyTorch's.
  public static let defaultMomentum: Float = 0.1
  /// Added to the variance, as PyTorch's `eps`.
  public var epsilon: Float
  /// How far a batch moves the running statistics, as PyTorch's `momentum`.
  public var momentum: Float

  /// PyTorch's epsilon and momentum where none are given.
  public init(
    epsilon: Float = BatchNorm.defaultEpsilon, momentum: Float = BatchNorm.defaultMomentum
  ) {
    self.epsilon = epsilon
    self.momentum = momentum
  }

  public var title: String { "BatchNorm" }
  public var isOriginal: Bool { self == BatchNorm() }
  public var keepsFeatures: Bool { true }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    guard epsilon > 0, epsilon < 1, momentum >= 0, momentum <= 1 else {
      throw LayerError("an epsilon of \(epsilon), a momentum of \(momentum): both lie in 0 to 1")
    }
    return inputs[0]
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    let shape = [inputs[0].features]
    return [
      ParameterSpec("weight", shape, .normalization, .constant(1)),
      ParameterSpec("bias", shape, .normalization),
      ParameterSpec("running_mean", shape, .statistics),
      ParameterSpec("running_var", shape, .statistics, .constant(1)),
    ]
  }

  private enum Key: String, CodingKey { case epsilon, momentum }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      epsilon: try values.decodeIfPresent(Float.self, forKey: .epsilon)
        ?? BatchNorm.defaultEpsilon,
      momentum: try values.decodeIfPresent(Float.self, forKey: .momentum)
        ?? BatchNorm.defaultMomentum)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    if epsilon != BatchNorm.defaultEpsilon { try values.encode(epsilon, forKey: .epsilon) }
    if momentum != BatchNorm.defaultMomentum { try values.encode(momentum, forKey: .momentum) }
  }
}

extension Node {
  /// Batch normalisation.
  public static func batchNorm(
    name: String, epsilon: Float = BatchNorm.defaultEpsilon,
    momentum: Float = BatchNorm.defaultMomentum
  ) -> Node {
    Node(BatchNorm(epsilon: epsilon, momentum: momentum), name: name)
  }
}
