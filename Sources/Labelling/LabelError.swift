/// What stops a labelling run as a whole; a single bad movie never does, it becomes a record.
public struct LabelError: Error, Sendable, CustomStringConvertible {
  /// What kind of trouble it is, in words for programs.
  public enum Code: String, Sendable {
    /// Options that contradict each other or an argument out of range.
    case usage
    /// An input list or folder could not be read, or holds nothing to label.
    case input
    /// An output could not be written or would destroy something.
    case output
    /// A line that should be a record is not one.
    case record
  }

  /// For programs; `message` is for people.
  public let code: Code
  /// One line: names the file or option, says what was expected and what to do.
  public let message: String
  /// What caused it, when another error did.
  public let cause: (any Error)?

  /// - Parameter message: one line that already names the file or option.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
