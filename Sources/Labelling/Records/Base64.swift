/// RFC 4648 base64 with padding, for names that are not UTF-8.
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let chunk = bytes[start..<min(start + 3, bytes.count)]
      var word: UInt32 = 0
      for byte in chunk { word = word << 8 | UInt32(byte) }
      word <<= UInt32(8 * (3 - chunk.count))
      for digit in 0..<4 {
        let isUsed = digit <= chunk.count
        out.append(
          isUsed ? alphabet[Int(word >> UInt32(18 - 6 * digit) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The bytes, or nil when `text` is not padded base64.
  static func decode(_ text: String) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count % 4 == 0 else { return nil }
    var out: [UInt8] = []
    for start in stride(from: 0, to: characters.count, by: 4) {
      let chunk = characters[start..<start + 4]
      let digits = chunk.prefix { $0 != UInt8(ascii: "=") }
      let isLast = start + 4 == characters.count
      guard digits.count == 4 || (isLast && digits.count >= 2),
        chunk.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "=") })
      else { return nil }
      var word: UInt32 = 0
      for digit in digits {
        guard let value = alphabet.firstIndex(of: digit) else { return nil }
        word = word << 6 | UInt32(value)
      }
      word <<= UInt32(6 * (4 - digits.count))
      for byte in 0..<digits.count - 1 {
        out.append(UInt8(truncatingIfNeeded: word >> UInt32(16 - 8 * byte)))
      }
    }
    return out
  }
}
