/// What can go wrong with memory and arithmetic that is not a programmer's mistake.
public struct TensorError: Error, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable {
    case outOfMemory
  }

  public let code: Code
  public let message: String

  public var description: String { message }
}
