/// Makes text of the bytes of a list's values: UTF-8, and Windows-1252 where they are not that.
struct TextDecoding {
  /// The first value that was no UTF-8, as it was understood.
  private(set) var firstGuess: (line: Int, text: String)?

  /// Nil when the bytes are text in neither encoding.
  mutating func text(_ bytes: [UInt8], line: Int) -> String? {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var scalars = String.UnicodeScalarView()
    for byte in bytes {
      guard let scalar = TextDecoding.scalar(ofWindows1252: byte) else { return nil }
      scalars.append(scalar)
    }
    let text = String(scalars)
    if firstGuess == nil { firstGuess = (line, text) }
    return text
  }

  /// What to tell people when something was no UTF-8.
  func warning(path: String) -> String? {
    firstGuess.map {
      "\(path): not UTF-8, read as Windows-1252; the first such value is \"\($0.text.prefix(60))\" "
        + "(line \($0.line)); if that is wrong, save the file as UTF-8"
    }
  }

  /// Nil for the five bytes that mean nothing.
  private static func scalar(ofWindows1252 byte: UInt8) -> Unicode.Scalar? {
    guard (0x80...0x9F).contains(byte) else { return Unicode.Scalar(byte) }
    let code = upperControls[Int(byte) - 0x80]
    return code == 0 ? nil : Unicode.Scalar(code)
  }

  /// Characters of the bytes 0x80 to 0x9F.
  private static let upperControls: [UInt16] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122,
    0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
  ]
}
