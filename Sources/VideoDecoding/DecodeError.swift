/// Why a movie or a folder of images could not be read.
public struct DecodeError: Error, Sendable, Codable, CustomStringConvertible {
  /// The codes that records and reports carry.
  public enum Code: String, Sendable, Codable, CaseIterable {
    /// There is nothing at the path, or a link leads nowhere.
    case notFound = "NOT_FOUND"
    /// A directory without images, a pipe, a socket or a device.
    case notRegular = "NOT_REGULAR"
    /// The file may not be read.
    case permission = "PERMISSION"
    /// Not a movie in a container that is known and allowed.
    case format = "FORMAT"
    /// A media file without moving pictures.
    case noVideo = "NO_VIDEO"
    /// Not one frame could be decoded.
    case noFrames = "NO_FRAMES"
    /// No allowed decoder for the video stream.
    case codec = "CODEC"
    /// The pictures are encrypted.
    case encrypted = "ENCRYPTED"
    /// The pictures or the work exceed the limits.
    case tooLarge = "TOO_LARGE"
    /// The time allowed ran out.
    case timeout = "TIMEOUT"
    /// The file was written to while it was read.
    case changed = "CHANGED"
    /// The operating system failed to read.
    case io = "IO"
  }

  /// For records and programs; `message` is for people.
  public let code: Code
  /// The path as the caller gave it.
  public let path: String
  /// One line; begins with the path, says what was expected and what to do.
  public let message: String
  /// FFmpeg's or the system's error number behind it; 0 when there was none.
  public let underlying: Int32

  /// The path is put before `message`, with its control characters shown.
  public init(code: Code, path: String, message: String, underlying: Int32 = 0) {
    self.code = code
    self.path = path
    self.message = "\(DecodeError.oneLine(path)): \(message)"
    self.underlying = underlying
  }

  public var description: String { message }

  /// Line breaks and control characters in a name must not break a one-line message.
  static func oneLine(_ path: String) -> String {
    var line = ""
    for scalar in path.unicodeScalars {
      switch scalar {
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      case _ where scalar.value < 32 || scalar.value == 127:
        line += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
