/// What can go wrong with memory and arithmetic that is not a programmer's mistake.
public struct TensorError: Error, Sendable, CustomStringConvertible {
  /// What kind of trouble it is, in words for programs.
  public enum Code: String, Sendable {
    /// The system gives no memory of the size that was asked for.
    case outOfMemory
  }

  /// For programs; `message` is for people.
  public let code: Code
  /// One line that says how much was asked for.
  public let message: String

  public var description: String { message }
}
