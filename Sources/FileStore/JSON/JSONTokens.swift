/// The tokens of a JSON text, found without making anything of them.
package enum JSONTokens {
  package enum Kind {
    /// A bracket or brace.
    case open
    case close
    /// With its quotes; without the closing one where the text ends before.
    case string
    /// A number, true, false, null, or none of JSON's.
    case word
  }

  /// Calls `body` with each token until it returns false. Spaces, commas and colons are none.
  package static func forEach(
    _ bytes: UnsafeBufferPointer<UInt8>, _ body: (Kind, Range<Int>) -> Bool
  ) {
    var position = 0
    while position < bytes.count {
      let start = position
      position += 1
      let kind: Kind
      switch bytes[start] {
      case UInt8(ascii: "["), UInt8(ascii: "{"): kind = .open
      case UInt8(ascii: "]"), UInt8(ascii: "}"): kind = .close
      case UInt8(ascii: "\""):
        position = min(closingQuote(of: bytes, from: position) + 1, bytes.count)
        kind = .string
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"),
        UInt8(ascii: ","), UInt8(ascii: ":"):
        continue
      default:
        while position < bytes.count, !endsWord(bytes[position]) { position += 1 }
        kind = .word
      }
      if !body(kind, start..<position) { return }
    }
  }

  /// Where the string whose first byte is at `start` ends: its closing quote, or the end of the text.
  package static func closingQuote(
    of bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int {
    var position = start
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(position, bytes.count)
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: "}"),
      UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "\""), UInt8(ascii: " "),
      UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
      true
    default: false
    }
  }
}
