import FileStore

/// Why a data set cannot be used: one line that names the file, says what was expected and what to
/// do about it.
public struct DatasetError: Error, Sendable, CustomStringConvertible {
  /// What kind of trouble it is, in words for programs.
  public enum Code: String, Sendable {
    /// The folder, manifest or list is not there or cannot be opened.
    case notFound = "NOT_FOUND"
    /// The system does not allow reading it.
    case permission = "PERMISSION"
    /// A manifest, list or classes file does not read as one.
    case format = "FORMAT"
    /// No clips at all.
    case empty = "EMPTY"
    /// Fewer than two classes.
    case oneClass = "ONE_CLASS"
    /// The clips cannot be divided as asked.
    case split = "SPLIT"
    /// `--group-by` is not a usable pattern.
    case pattern = "PATTERN"
    /// No clip of those asked for could be decoded.
    case unreadable = "UNREADABLE"
    /// The system failed to read it.
    case io = "IO"
  }

  /// For programs; `message` is for people.
  public let code: Code
  /// One line, begins with the path where there is one.
  public let message: String
  /// The file or folder the message is about.
  public let path: String
  /// What caused it, when another error did.
  public let cause: (any Error)?

  /// The path, unless it is empty, is put before `message`.
  public init(_ code: Code, path: String, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.path = path
    self.message = path.isEmpty ? message : "\(path): \(message)"
    self.cause = cause
  }

  /// A file that cannot be read, in the words of its error, which name it.
  init(file error: FileStoreError) {
    code =
      switch error.code {
      case .notFound: .notFound
      case .permission: .permission
      case .tooLarge, .format, .notRegular: .format
      case .noSpace, .busy, .io: .io
      }
    path = error.path
    message = error.message
    cause = error
  }

  public var description: String { message }
}
