import Foundation

/// Data inside of a page.
package enum PageData {
  /// JSON that can stand in a script element: none of it can end the element or begin another.
  ///
  /// `<`, `>` and `&` occur in JSON only within texts, where their escapes mean the same; so do the
  /// two line separators that JSON allows and older scripts do not.
  package static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var escaped: [UInt8] = []
    let bytes = Array(try encoder.encode(value))
    escaped.reserveCapacity(bytes.count + bytes.count / 64)
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "<"): escaped += Array(#"\u003c"#.utf8)
      case UInt8(ascii: ">"): escaped += Array(#"\u003e"#.utf8)
      case UInt8(ascii: "&"): escaped += Array(#"\u0026"#.utf8)
      case 0xA8 where index >= 2 && bytes[index - 2] == 0xE2 && bytes[index - 1] == 0x80:
        escaped.removeLast(2)
        escaped += Array(#"\u2028"#.utf8)
      case 0xA9 where index >= 2 && bytes[index - 2] == 0xE2 && bytes[index - 1] == 0x80:
        escaped.removeLast(2)
        escaped += Array(#"\u2029"#.utf8)
      default: escaped.append(byte)
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }

  /// A figure of a page: JSON has no word for one that is no number but null.
  package static func figure(_ value: Double) -> Double? { value.isFinite ? value : nil }

  /// A picture in a page.
  package static func address(jpeg: [UInt8]) -> String {
    "data:image/jpeg;base64," + Data(jpeg).base64EncodedString()
  }
}
