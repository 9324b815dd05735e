/// What can be wrong with an architecture.
public struct NetworkError: Error, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable {
    case unknownPreset
    case badArchitecture
    case outOfMemory
  }

  public let code: Code
  public let message: String

  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
