import FileStore

/// Text and attributes of XML documents.
enum XMLText {
  /// Text between tags or in an attribute: what XML cannot hold becomes U+FFFD, and line breaks and
  /// tabs, which readers of attributes would take for spaces, stay what they are.
  static func escaped(_ text: String) -> String {
    var clean = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...:
        clean.unicodeScalars.append(scalar)
      default: clean += "\u{FFFD}"
      }
    }
    return MarkupText.escaped(clean).replacing("\t", with: "&#9;").replacing("\n", with: "&#10;")
      .replacing("\r", with: "&#13;")
  }

  /// A tag with its attributes in their order.
  static func tag(_ name: String, _ attributes: KeyValuePairs<String, String>, ends: Bool = true)
    -> String
  {
    let written = attributes.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
    return "<\(name)\(written)\(ends ? "/" : "")>"
  }
}
