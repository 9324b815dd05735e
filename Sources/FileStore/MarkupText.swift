/// Text inside of markup: HTML, XML, WebVTT.
package enum MarkupText {
  /// The text with what would begin a tag or an entity as entities.
  ///
  /// - Parameter quotes: also `"`, which would end an attribute.
  package static func escaped(_ text: String, quotes: Bool = true) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"" where quotes: escaped += "&quot;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
