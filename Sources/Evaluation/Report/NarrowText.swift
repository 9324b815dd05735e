import FileStore

/// Names cut to a width, where their beginning or their end says most.
enum Shortened {
  /// Without what is too much at the end.
  static func end(_ text: String, _ width: Int) -> String {
    let text = PathText.display(text)
    return text.count <= width ? text : text.prefix(max(1, width - 1)) + "…"
  }

  /// Without what is too much at the start.
  static func start(_ text: String, _ width: Int) -> String {
    let text = PathText.display(text)
    return text.count <= width ? text : "…" + text.suffix(max(1, width - 1))
  }
}

/// Sentences on lines of a width.
enum WrappedText {
  static func lines(_ text: String, columns: Int) -> [String] {
    var lines: [String] = []
    // A number keeps its unit.
    let bound = PathText.display(text).replacing(" %", with: "\u{A0}%")
    for word in bound.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= columns {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.map { $0.replacing("\u{A0}%", with: " %") }
  }
}
