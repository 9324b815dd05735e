/// `max(x, 0)`.
public struct ReLU: ClampingLayer {
  public static let kind = "relu"
  package var ceiling: Float { .infinity }
  public var title: String { "ReLU" }
  public var isOriginal: Bool { true }

  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    return inputs[0]
  }
}

extension Node {
  /// `max(x, 0)`
  public static var relu: Node { Node(ReLU()) }
}
