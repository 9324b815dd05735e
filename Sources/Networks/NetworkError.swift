/// What can be wrong with an architecture.
public struct NetworkError: Error, Sendable, CustomStringConvertible {
  /// What kind of trouble it is, in words for programs.
  public enum Code: String, Sendable {
    /// No network has the name.
    case unknownPreset
    /// Layers that do not fit together, or sizes out of bounds.
    case badArchitecture
    /// The system gives no memory for the network or a step of it.
    case outOfMemory
  }

  /// For programs; `message` is for people.
  public let code: Code
  /// One line that names the layer, what it got and what it needs.
  public let message: String

  /// - Parameter message: one line, without a path.
  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
