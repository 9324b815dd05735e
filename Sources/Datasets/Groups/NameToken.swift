import FileStore
import VideoDecoding

/// A part of a file's name, as far as its form tells what it may mean.
struct NameToken: Hashable {
  enum Kind: String {
    /// The clip's own class.
    case label = "L"
    case date = "D"
    case time = "T"
    case number = "N"
    /// Letters, or letters and digits.
    case name = "A"
  }

  let kind: Kind
  /// As it is written; of a date, its digits as year, month, day.
  let text: String
  /// The letters before the digits, lower case; empty unless the text is letters, then digits (or a
  /// word for a source, then a capital).
  let prefix: String
  let hasDigits: Bool

  init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
    let letters = text.prefix { $0.isLetter }
    let rest = text.dropFirst(letters.count)
    hasDigits = !rest.isEmpty
    // "person_12" was two parts.
    let digits = rest.first == "_" ? rest.dropFirst() : rest
    if !digits.isEmpty, digits.allSatisfy(\.isDigit) {
      prefix = letters.lowercased()
    } else {
      // "siteB"
      let word = text.dropLast().lowercased()
      prefix = NameWords.subjects.contains(word) && text.last!.isUppercase ? word : ""
    }
  }

  /// The parts of a clip's name: between anything but letters and digits, and before a letter that
  /// follows a digit.
  static func tokens(of clip: Clip) -> [NameToken] {
    let pieces = stem(of: clip.path).split { !$0.isLetter && !$0.isNumber }.flatMap(split)
    return withDates(withoutLabel(pieces, label: clip.label))
  }

  /// The last part of a path, without the suffix of a media file.
  static func stem(of path: String) -> String {
    let name = PathText.name(of: path)
    return MediaKind.isVideo(name) ? PathText.stem(of: name) : name
  }

  /// `S03walk001` is `S03` and `walk001`.
  private static func split(_ word: Substring) -> [Substring] {
    var pieces: [Substring] = []
    var start = word.startIndex
    var previous: Character?
    for index in word.indices {
      if let previous, previous.isDigit, word[index].isLetter {
        pieces.append(word[start..<index])
        start = index
      }
      previous = word[index]
    }
    pieces.append(word[start...])
    return pieces
  }

  /// Marks the name of the class, which may be several pieces (`hand_waving`) or part of one
  /// (`walk001`).
  private static func withoutLabel(_ pieces: [Substring], label: String) -> [NameToken] {
    let last = label.split(separator: "/").last ?? ""
    let wanted = last.lowercased().filter { $0.isLetter || $0.isNumber }
    guard wanted.count >= 2, wanted.contains(where: \.isLetter) else {
      return pieces.map(plain)
    }
    var tokens: [NameToken] = []
    var position = 0
    while position < pieces.count {
      var joined = ""
      var end = position
      while end < pieces.count, joined.count < wanted.count {
        joined += pieces[end].lowercased()
        end += 1
      }
      let piece = pieces[position]
      if joined == wanted {
        tokens.append(NameToken(.label, String(last)))
        position = end
        continue
      }
      let rest = piece.dropFirst(wanted.count)
      // Not "rider7" of class ride.
      let isCut = rest.first.map { $0.isDigit || $0.isUppercase } ?? false
      if isCut, piece.lowercased().hasPrefix(wanted), rest.contains(where: \.isDigit) {
        tokens.append(NameToken(.label, String(last)))
        tokens.append(plain(rest))
      } else {
        tokens.append(plain(piece))
      }
      position += 1
    }
    return tokens
  }

  private static func plain(_ piece: Substring) -> NameToken {
    NameToken(piece.allSatisfy(\.isDigit) ? .number : .name, String(piece))
  }

  /// Joins dates and times of several parts, and a word for a source with the number behind it.
  private static func withDates(_ tokens: [NameToken]) -> [NameToken] {
    var result: [NameToken] = []
    var position = 0
    while position < tokens.count {
      let token = tokens[position]
      let numbers = tokens[position...].prefix(3).prefix { $0.kind == .number }.map(\.text)
      if let date = date(numbers) {
        result.append(NameToken(.date, date.text))
        position += date.parts
        let following = tokens[position...].prefix(3).prefix { $0.kind == .number }.map(\.text)
        if let parts = timeParts(following) {
          result.append(NameToken(.time, following.prefix(parts).joined()))
          position += parts
        }
      } else if token.kind == .name, position + 1 < tokens.count,
        tokens[position + 1].kind == .number,
        NameWords.isSource(token.text.lowercased(), isLast: position + 2 == tokens.count)
      {
        result.append(NameToken(.name, "\(token.text)_\(tokens[position + 1].text)"))
        position += 2
      } else {
        result.append(token)
        position += 1
      }
    }
    return result
  }

  /// The date that these numbers begin with: `20240511…`, `2024 05 11` or `11 05 2024`.
  private static func date(_ numbers: [String]) -> (text: String, parts: Int)? {
    func valid(_ year: String, _ month: String, _ day: String) -> String? {
      guard year.count == 4, year.hasPrefix("19") || year.hasPrefix("20"),
        let month = Int(month), let day = Int(day), (1...12).contains(month),
        (1...31).contains(day)
      else { return nil }
      return year + (month < 10 ? "0" : "") + String(month) + (day < 10 ? "0" : "") + String(day)
    }
    guard let first = numbers.first else { return nil }
    if first.count == 8 || first.count == 14 {
      let digits = Array(first)
      return valid(String(digits[..<4]), String(digits[4..<6]), String(digits[6..<8]))
        .map { ($0, 1) }
    }
    guard numbers.count == 3, numbers[1].count <= 2 else { return nil }
    let date =
      numbers[2].count <= 2
      ? valid(first, numbers[1], numbers[2]) : valid(numbers[2], numbers[1], first)
    return date.map { ($0, 3) }
  }

  /// How many of these numbers behind a date are a time of day.
  private static func timeParts(_ numbers: [String]) -> Int? {
    guard let first = numbers.first else { return nil }
    if first.count == 6 || first.count == 9 {
      let digits = first.prefix(6).compactMap(\.wholeNumberValue)
      let isTime = digits[0] * 10 + digits[1] < 24 && digits[2] < 6 && digits[4] < 6
      return isTime ? 1 : nil
    }
    guard numbers.count == 3, numbers.allSatisfy({ $0.count == 2 }) else { return nil }
    let values = numbers.compactMap { Int($0) }
    return values.count == 3 && values[0] < 24 && values[1] < 60 && values[2] < 60 ? 3 : nil
  }
}

extension Character {
  /// 0 to 9.
  var isDigit: Bool { isASCII && isNumber }
}

/// Words that tell what the number behind them counts.
enum NameWords {
  /// Who or where: two clips of one of them look alike.
  static let subjects: Set<String> = [
    "person", "subject", "subj", "sub", "speaker", "spk", "actor", "participant", "patient",
    "site", "place", "animal", "mouse", "rat", "bird", "fish", "fly", "dog", "cat", "cow", "cage",
    "tank", "arena", "user", "signer", "performer", "player", "location", "loc", "child", "house",
    "room", "station", "plot",
  ]
  /// What was recorded in one go.
  static let recordings: Set<String> = [
    "scene", "source", "src", "video", "vid", "movie", "group", "match", "game", "recording", "rec",
    "camera", "cam", "film", "episode",
  ]
  static let times: Set<String> = ["day", "date", "week", "month", "session", "sess", "visit"]
  /// What only counts clips.
  static let counters: Set<String> = [
    "clip", "take", "part", "seg", "segment", "chunk", "shot", "trial", "rep", "repetition", "try",
    "cut", "copy", "ver", "version", "frame", "idx", "nr", "no",
  ]
  /// What cameras and programs put before their numbers.
  static let generic: Set<String> = [
    "img", "vid", "dsc", "dscf", "dscn", "mov", "mvi", "pxl", "gopr", "gx", "gh", "video", "movie",
    "clip", "untitled", "final", "new", "copy", "cut", "image", "whatsapp", "wa", "screen",
    "recording", "export", "edit", "test", "tmp", "v", "take",
  ]

  /// Whether a number behind the word, perhaps the last part of a name, tells a source.
  static func isSource(_ word: String, isLast: Bool) -> Bool {
    subjects.contains(word) || (!isLast && (recordings.contains(word) || times.contains(word)))
  }
}
