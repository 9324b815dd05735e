import FileStore

/// Why a training could not be started, continued or finished.
public struct TrainingError: Error, Sendable, CustomStringConvertible {
  /// What kind of trouble it is, in words for programs.
  public enum Code: String, Sendable {
    /// The data set cannot be trained on (no clips, one class, an empty side of the split).
    case data = "DATA"
    /// An option's value is out of range, or excludes another option.
    case usage = "USAGE"
    /// A model or architecture to start from cannot be read or does not fit.
    case settings = "SETTINGS"
    /// The model or its run folder cannot be written.
    case output = "OUTPUT"
    /// A checkpoint is damaged or belongs to another training.
    case checkpoint = "CHECKPOINT"
    /// The loss stopped being a number.
    case diverged = "DIVERGED"
  }

  /// For programs; `message` is for people.
  public let code: Code
  /// One line: names the file or setting, says what was expected and what to do.
  public let message: String
  /// What caused it, when another error did.
  public let underlying: (any Error)?

  /// - Parameter message: one line that already names the file or setting.
  public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
    self.code = code
    self.message = PathText.brief(message, limit: 3000)
    self.underlying = underlying
  }

  public var description: String { message }
}
