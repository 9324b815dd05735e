import Foundation

/// A command with placeholders, as `--exec` takes it.
///
/// It is cut into words once, before anything is put in. What is put in stays inside its word, whatever
/// it holds: no shell ever sees it.
public struct ActionTemplate: Sendable, Equatable {
  /// What a command can be told.
  public enum Placeholder: String, CaseIterable, Sendable {
    /// The new label.
    case label
    /// Seconds at which it begins.
    case start
    /// Seconds up to which it is known to last.
    case end
    /// Its mean score.
    case score
    /// What is followed.
    case path
  }

  /// With placeholders in braces; at least one.
  let words: [String]

  /// Cuts a text at spaces that stand in no quotes; a backslash takes the next character as it is.
  ///
  /// - Throws: `LabelError` with code `usage` for an open quote, an unknown placeholder, one in the
  ///   name of the program, and nothing at all.
  public init(parsing text: String) throws(LabelError) {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var isEscaped = false
    for character in text {
      if isEscaped {
        word = (word ?? "") + String(character)
        isEscaped = false
      } else if character == "\\" && quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if quote != nil || isEscaped {
      throw LabelError(.usage, "--exec: a quote or backslash at its end is left open")
    }
    if let word { words.append(word) }
    guard let program = words.first, !program.isEmpty else {
      throw LabelError(.usage, "--exec: needs a command")
    }
    if program.contains("{") {
      throw LabelError(.usage, "--exec: the program itself cannot be a placeholder")
    }
    for word in words { try ActionTemplate.check(word) }
    self.words = words
  }

  private static func check(_ word: String) throws(LabelError) {
    for part in word.split(separator: "{", omittingEmptySubsequences: false).dropFirst() {
      // Braces around anything else are left alone, as in a JSON text.
      guard let end = part.firstIndex(of: "}") else { continue }
      let name = part[..<end]
      guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0 == "_" }) else { continue }
      if Placeholder(rawValue: String(name)) == nil {
        let known = Placeholder.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
        throw LabelError(.usage, "--exec: {\(name)} is none of \(known)")
      }
    }
  }

  /// The program and its arguments. A zero byte, which no argument can hold, is shown as U+FFFD.
  public func arguments(_ values: [Placeholder: String]) -> [String] {
    words.map { word in
      var filled = ""
      var rest = word[...]
      // From left to right, so that what is put in is not looked at again.
      while let open = rest.firstIndex(of: "{") {
        filled += rest[..<open]
        let behind = rest[rest.index(after: open)...]
        if let close = behind.firstIndex(of: "}"),
          let placeholder = Placeholder(rawValue: String(behind[..<close]))
        {
          filled += values[placeholder] ?? ""
          rest = behind[behind.index(after: close)...]
        } else {
          filled += "{"
          rest = behind
        }
      }
      return (filled + rest).replacingOccurrences(of: "\0", with: "\u{FFFD}")
    }
  }

  /// What a command is told of a new label.
  public static func values(
    of segment: LabelRecord.Segment, path: String
  ) -> [Placeholder: String] {
    [
      .label: segment.label, .start: Decimal.fixed(segment.start, 3),
      .end: Decimal.fixed(segment.end, 3), .score: Decimal.fixed(segment.score, 6), .path: path,
    ]
  }
}
