/// Bounds on a JSON text from elsewhere, held against it before a decoder makes values of it.
///
/// Foundation's decoder spends up to 150 bytes on a value that takes two in the text, and follows
/// any nesting. This is one pass over the bytes that makes nothing. Whether the text is JSON at all
/// is left to the decoder.
public struct JSONBounds: Sendable {
  /// Brackets and braces that are open at once.
  public var depth: Int
  /// Values in all, names of fields among them.
  public var values: Int
  /// Bytes of a string.
  public var string: Int
  /// Bytes of a number, which are more than its digits can mean.
  public var number: Int

  /// Defaults that suit settings and metadata, not data.
  public init(depth: Int = 32, values: Int = 1 << 16, string: Int = 1 << 22, number: Int = 64) {
    self.depth = depth
    self.values = values
    self.string = string
    self.number = number
  }

  /// What of the text is out of bounds, as the end of a sentence that begins with "it"; nil where
  /// nothing is.
  public func flaw(in text: String) -> String? {
    var text = text
    return text.withUTF8 { flaw(in: $0) }
  }

  /// As `flaw(in:)` of a text.
  public func flaw(in bytes: [UInt8]) -> String? { bytes.withUnsafeBufferPointer { flaw(in: $0) } }

  private func flaw(in bytes: UnsafeBufferPointer<UInt8>) -> String? {
    var open = 0
    var seen = 0
    var flaw: String?
    JSONTokens.forEach(bytes) { kind, range in
      seen += kind == .close ? 0 : 1
      switch kind {
      case .open:
        open += 1
        if open > depth { flaw = "is nested deeper than \(depth), at byte \(range.lowerBound)" }
      case .close: open -= 1
      case .string where range.count - 2 > string:
        flaw = "has a string of more than \(string) bytes, at byte \(range.lowerBound)"
      case .word where range.count > number:
        flaw = "has a number of more than \(number) bytes, at byte \(range.lowerBound)"
      case .string, .word: break
      }
      if seen > values { flaw = "holds more than \(values) values" }
      return flaw == nil
    }
    return flaw
  }
}
