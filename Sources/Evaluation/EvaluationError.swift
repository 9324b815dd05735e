import FileStore

/// An evaluation that cannot be done; `message` is one line that says why and what to do.
public struct EvaluationError: Error, Sendable, CustomStringConvertible {
  /// What kind of trouble it is, in words for programs.
  public enum Code: String, Sendable {
    /// The clips' labels are not the model's classes.
    case classes = "CLASSES"
    /// No clip is left to evaluate.
    case empty = "EMPTY"
    /// A file of predictions or of a split does not read as one.
    case format = "FORMAT"
  }

  /// For programs; `message` is for people.
  public let code: Code
  /// One line, begins with the path.
  public let message: String

  /// The path is put before `detail`, which says what was found and what to do.
  public init(_ code: Code, path: String, _ detail: String) {
    self.code = code
    message = "\(PathText.display(path)): \(PathText.display(detail))"
  }

  public var description: String { message }
}
