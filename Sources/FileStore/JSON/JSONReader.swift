/// Why a text is not the JSON it should be.
public struct JSONError: Error, Sendable, Equatable {
  /// Of the first byte that does not fit.
  public let offset: Int
  /// What is wrong there, or was expected.
  public let message: String
}

/// Reads the pieces of a JSON text one after the other: what all readers of ours have in common.
///
/// Foundation's decoder is not enough for them: of two equal keys it takes one in silence, it forgets
/// the order of members, refuses a record for one byte that is not UTF-8, and knows no offsets.
package struct JSONReader {
  private let bytes: [UInt8]
  package private(set) var position = 0
  /// Whether half a surrogate pair, which is no character, is read as U+FFFD.
  private let replacesHalfPairs: Bool

  package init(_ bytes: [UInt8], replacesHalfPairs: Bool = false) {
    self.bytes = bytes
    self.replacesHalfPairs = replacesHalfPairs
  }

  /// The byte to be read next; nil at the end.
  package var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  package func error(_ message: String) -> JSONError {
    JSONError(offset: position, message: message)
  }

  package mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  /// Reads a character of punctuation and the space before it, if it is there.
  package mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard current == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  package mutating func expect(_ character: Unicode.Scalar) throws(JSONError) {
    if !take(character) { throw error("'\(character)' expected") }
  }

  /// Reads `word` if it is there.
  package mutating func take(word: StaticString) -> Bool {
    let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
    if matches { position += word.utf8CodeUnitCount }
    return matches
  }

  /// Reads as many bytes as fit `isPart`.
  package mutating func run(where isPart: (UInt8) -> Bool) -> String {
    let start = position
    while let byte = current, isPart(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  // MARK: Containers

  /// Reads an object; `member` is called behind each key and its colon, to read the value.
  package mutating func object(
    _ member: (inout JSONReader, String) throws(JSONError) -> Void
  ) throws(JSONError) {
    try expect("{")
    if take("}") { return }
    repeat {
      skipSpace()
      let key = try string()
      try expect(":")
      skipSpace()
      try member(&self, key)
    } while take(",")
    if !take("}") { throw error("',' or '}' expected") }
  }

  /// Reads an array; `element` is called at each value, to read it.
  package mutating func array(
    _ element: (inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    try expect("[")
    if take("]") { return }
    repeat {
      skipSpace()
      try element(&self)
    } while take(",")
    if !take("]") { throw error("',' or ']' expected") }
  }

  // MARK: Strings

  /// Reads a string; bytes that are no UTF-8 become U+FFFD.
  package mutating func string() throws(JSONError) -> String {
    guard current == UInt8(ascii: "\"") else { throw error("'\"' expected") }
    position += 1
    // Most have no escapes and are copied once, however long they are.
    let start = position
    while let byte = current, byte >= 0x20, byte != UInt8(ascii: "\\") {
      position += 1
      if byte == UInt8(ascii: "\"") {
        return String(decoding: bytes[start..<position - 1], as: UTF8.self)
      }
    }
    return try escapedString(from: start)
  }

  /// The string that began at `start`, from its first escape on.
  private mutating func escapedString(from start: Int) throws(JSONError) -> String {
    // An escape has more bytes than what it stands for, so this never grows.
    var text: [UInt8] = []
    text.reserveCapacity(
      bytes.withUnsafeBufferPointer { JSONTokens.closingQuote(of: $0, from: start) } - start)
    text += bytes[start..<position]
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &text)
      case 0..<0x20: throw error("a control character in a string")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw error("a string without its closing quote")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = current else { throw error("ends within a string") }
    let plain: UInt8
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = byte
    case UInt8(ascii: "b"): plain = 0x08
    case UInt8(ascii: "f"): plain = 0x0C
    case UInt8(ascii: "n"): plain = 0x0A
    case UInt8(ascii: "r"): plain = 0x0D
    case UInt8(ascii: "t"): plain = 0x09
    case UInt8(ascii: "u"):
      position += 1
      text += Array(String(Character(try unicodeEscape())).utf8)
      return
    default: throw error("an unknown escape in a string")
    }
    position += 1
    text.append(plain)
  }

  /// The character of four hexadecimal digits, or of two times four for a surrogate pair.
  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    var value = try fourHexDigits()
    if (0xD800..<0xDC00).contains(value), take(word: "\\u") {
      let low = try fourHexDigits()
      guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    if let scalar = Unicode.Scalar(value) { return scalar }
    guard replacesHalfPairs else { throw error("half a surrogate pair") }
    return "\u{FFFD}"
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = current.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw error("four hexadecimal digits expected")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
