/// The sum of values of one shape: a residual, for instance.
public struct Add: Layer {
  public static let kind = "add"
  public var title: String { "Add" }

  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    guard inputs.count > 1, inputs.count <= 64, inputs.allSatisfy({ $0 == inputs[0] }) else {
      throw LayerError(
        "adds 2 to 64 values of one shape, not "
          + inputs.map(\.description).joined(separator: " and "))
    }
    return inputs[0]
  }
}

extension Node {
  /// The sum of several values, to be told which by `reading`.
  public static var add: Node { Node(Add()) }
}
