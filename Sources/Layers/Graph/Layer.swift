import Tensors

/// One kind of layer: its settings, what it makes of the shapes it reads, and its parameters.
///
/// A layer knows nothing of its name or neighbours; those are the `Node`'s. All there is to know of
/// a kind stands in one file: settings and their JSON (by `Codable`), shape rule, parameters with
/// their initial values, and how it runs (`ExecutableLayer`).
public protocol Layer: Codable, Hashable, Sendable {
  /// The word for it in architecture files, such as `conv3d`.
  static var kind: String { get }
  /// As it stands in a table, for instance `Conv3D 3×3×3`.
  var title: String { get }
  /// Whether networks of the first file format had it, with these settings.
  var isOriginal: Bool { get }
  /// Whether it does nothing but when a network is trained, as dropout does.
  var onlyTrains: Bool { get }
  /// Whether each feature of what it gives comes of the feature of the same number alone, as with
  /// pooling and activations: then a classifier may stand before it.
  var keepsFeatures: Bool { get }

  /// The shape rule. Settings out of bounds are refused here too, before anything is computed from
  /// them.
  ///
  /// - Throws: what it got and what it needs.
  func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape
  /// The tensors it owns, for inputs that `output` takes.
  func parameters(of inputs: [ValueShape]) -> [ParameterSpec]
  /// Multiplications and additions of one clip forward.
  func flops(of inputs: [ValueShape]) -> Int
  /// The same layer for a classifier of so many classes; nil for layers that do not name their
  /// outputs.
  func with(outputs: Int) -> Self?
}

extension Layer {
  public var isOriginal: Bool { false }
  /// Does its work in inference too.
  public var onlyTrains: Bool { false }
  /// Mixes features, or gives others.
  public var keepsFeatures: Bool { false }
  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] { [] }
  public func flops(of inputs: [ValueShape]) -> Int { 0 }
  public func with(outputs: Int) -> Self? { nil }
}

/// A layer cannot take what it is given; `message` says what it got and what it needs. Who knows its
/// name puts it before.
public struct LayerError: Error, Sendable, CustomStringConvertible {
  /// One line: what the layer got and what it needs.
  public let message: String

  /// - Parameter message: without the layer's name, which the graph puts before it.
  public init(_ message: String) { self.message = message }

  public var description: String { message }

  /// Throws unless a layer gets as many values as it reads.
  public static func requireInputs(_ inputs: [ValueShape], _ count: Int) throws(LayerError) {
    guard inputs.count == count else {
      throw LayerError("reads \(count == 1 ? "one value" : "\(count) values"), not \(inputs.count)")
    }
  }

  /// Throws for a setting out of its bounds.
  public static func require(
    _ value: Int, _ name: String, in range: ClosedRange<Int>
  ) throws(LayerError) {
    guard range.contains(value) else {
      throw LayerError(
        "\(value) \(name): \(range.lowerBound) to \(range.upperBound) are possible")
    }
  }

  /// Throws for a setting with a side out of its bounds.
  static func require(
    _ extent: Extent3, _ name: String, in range: ClosedRange<Int>
  ) throws(LayerError) {
    guard Extent3.axes.allSatisfy({ range.contains(extent[keyPath: $0]) }) else {
      throw LayerError(
        "\(name) of \(extent): each side is \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// Throws unless channels can be cut into so many groups of one size.
  public static func requireGroups(_ groups: Int, of channels: Int) throws(LayerError) {
    try require(groups, "groups", in: 1...max(1, channels))
    guard channels % groups == 0 else {
      throw LayerError("\(groups) groups do not divide \(channels) channels evenly")
    }
  }
}

/// A tensor that a layer owns.
public struct ParameterSpec: Hashable, Sendable {
  /// What a tensor is for: optimisers and weight decay go by it.
  public enum Role: String, Sendable {
    /// Multiplies what the layer reads; decays.
    case weight
    /// Is added to what the layer gives.
    case bias
    /// Scale or shift of a normalisation.
    case normalization
    /// Running statistics: not trained.
    case statistics
  }

  /// How it starts.
  public enum Start: Hashable, Sendable {
    /// Uniform between minus and plus this.
    case uniform(Float)
    /// The same value everywhere.
    case constant(Float)
    /// Equal parts along the first axis, each of one value: gates that start open or closed.
    case parts([Float])
  }

  /// PyTorch's name below the node's, for instance `weight_ih_l0`.
  public let name: String
  /// In PyTorch's layout.
  public let shape: [Int]
  /// What the tensor is for.
  public let role: Role
  /// How its values are drawn or set.
  public let start: Start

  /// The name is PyTorch's below the node's, the shape is in PyTorch's layout.
  public init(_ name: String, _ shape: [Int], _ role: Role, _ start: Start = .constant(0)) {
    self.name = name
    self.shape = shape
    self.role = role
    self.start = start
  }

  /// Values.
  public var count: Int { shape.reduce(1, *) }

  /// He's uniform start for a weight followed by a rectifier (He et al. 2015): ±√(6 / fan in).
  public static func heUniform(fanIn: Int) -> Start { .uniform((6 / Float(fanIn)).squareRoot()) }

  /// PyTorch's start of linear and recurrent layers: ±1/√fan.
  public static func inverseRoot(_ fan: Int) -> Start { .uniform(1 / Float(fan).squareRoot()) }
}
