import FileStore

/// A model file cannot be read or written; `message` is one line that begins with its path and
/// says what to do.
public struct ModelFileError: Error, Sendable, CustomStringConvertible {
  /// What kind of trouble it is, in words for programs.
  public enum Code: String, Sendable {
    /// The file is missing, not a regular file or not accessible; `underlying` says which.
    case file = "FILE"
    /// Not a safetensors file, or one whose header breaks the format's rules.
    case format = "FORMAT"
    /// The file ends before its tensors do.
    case truncated = "TRUNCATED"
    /// Tensors or metadata that do not fit the architecture.
    case mismatch = "MISMATCH"
    /// A weight that is infinite or not a number, or weights that make such scores.
    case nonFinite = "NON_FINITE"
    /// Written by a later version of this program.
    case version = "VERSION"
  }

  /// For programs; `message` is for people.
  public let code: Code
  /// The file it is about.
  public let path: String
  /// One line, begins with the path.
  public let message: String
  /// What caused it, when another error did.
  public let underlying: (any Error & Sendable)?

  /// - Parameter detail: what was expected, found and to be done; the path is put before it.
  public init(
    _ code: Code, path: String, _ detail: String, underlying: (any Error & Sendable)? = nil
  ) {
    self.code = code
    self.path = path
    self.message = "\(PathText.display(path)): \(PathText.brief(detail))"
    self.underlying = underlying
  }

  /// A file that could not be opened, read or written at all.
  init(_ error: FileStoreError) {
    code = .file
    path = error.path
    message = error.message
    underlying = error
  }

  public var description: String { message }
}
