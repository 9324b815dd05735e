import FileStore

/// A mark in a file that people may go on working in: the digest of all of its other bytes.
///
/// As long as it fits, the file is as it was written and may be written anew; once somebody has
/// changed anything, the file is theirs.
enum FileSeal {
  private static let name = "vidclass-sha256:"
  private static let digits = 64

  /// What stands in a text until it is sealed.
  static let open = name + String(repeating: "0", count: digits)

  /// The text with the digest in the place of `open`.
  static func sealed(_ text: String) -> String {
    text.replacing(open, with: name + Digest.sha256(text), maxReplacements: 1)
  }

  /// Whether nobody has changed a text since it was sealed.
  static func fits(_ text: String) -> Bool {
    guard let mark = text.firstRange(of: name) else { return false }
    let digest = text[mark.upperBound...].prefix(digits)
    guard digest.utf8.count == digits else { return false }
    let unsealed = text[..<mark.lowerBound] + open + text[digest.endIndex...]
    return Digest.sha256(String(unsealed)) == digest
  }
}
