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
    var position = 0
    while position < bytes.count {
      let start = position
      position += 1
      switch bytes[start] {
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        open += 1
        seen += 1
        if open > depth { return "is nested deeper than \(depth), at byte \(start)" }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): open -= 1
      case UInt8(ascii: "\""):
        position = JSONBounds.endOfString(bytes, from: position)
        seen += 1
        if position - start - 2 > string {
          return "has a string of more than \(string) bytes, at byte \(start)"
        }
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"),
        UInt8(ascii: ","), UInt8(ascii: ":"):
        break
      default:
        // A number, true, false, null, or none of JSON's.
        while position < bytes.count, !JSONBounds.ends(bytes[position]) { position += 1 }
        seen += 1
        if position - start > number {
          return "has a number of more than \(number) bytes, at byte \(start)"
        }
      }
      if seen > values { return "holds more than \(values) values" }
    }
    return nil
  }

  /// Behind the closing quote, or the end of the text.
  private static func endOfString(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var position = start
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""): return position + 1
      case UInt8(ascii: "\\"): position += 2
      default: position += 1
      }
    }
    return bytes.count
  }

  /// Whether a byte follows the end of a number or word.
  private static func ends(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: "}"),
      UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\""), UInt8(ascii: " "),
      UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
      true
    default: false
    }
  }
}
