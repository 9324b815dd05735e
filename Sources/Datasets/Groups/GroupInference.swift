/// Reads groups from the names of the files, where the names show them.
///
/// Names are sorted into families of one form (`20240511_N03_0001`: a date, a name, a number). Each
/// family is read for itself, the largest first: of its parts, the one that tells sources is the
/// group. A name that fits no reading is a group of its own; it does not change how others are
/// read.
enum GroupInference {
  struct Result {
    /// One for each clip.
    let groups: [String]
    let reason: String
  }

  static func infer(_ clips: [Clip]) -> Result? {
    guard clips.count >= 4 else { return nil }
    var names = Names(clips)
    names.readVideoRanges()
    names.readFamilies()
    names.readKnownParts()
    names.readBeginnings()
    return names.result
  }
}

/// The clips with the groups that were found so far.
private struct Names {
  private let clips: [Clip]
  private let tokens: [[NameToken]]
  private var groups: [String?]
  private var reasons: [String] = []
  private var runnerUp = ""
  /// How a group is written, by its lower-case spelling.
  private var spelling: [String: String] = [:]

  init(_ clips: [Clip]) {
    self.clips = clips
    tokens = clips.map(NameToken.tokens)
    groups = [String?](repeating: nil, count: clips.count)
  }

  /// Kinetics' `<video>_000010_000020`, whatever the video's name is made of.
  mutating func readVideoRanges() {
    let found = clips.map { clip -> String? in
      let parts = NameToken.stem(of: clip.path).split(
        separator: "_", omittingEmptySubsequences: false)
      guard parts.count > 2,
        parts.suffix(2).allSatisfy({ $0.count == 6 && $0.allSatisfy(\.isDigit) })
      else { return nil }
      return parts.dropLast(2).joined(separator: "_")
    }
    take(found, among: Array(clips.indices)) {
      "by the common beginning of the names (\"\($0)\" is a part of video \"\($1)\")"
    }
  }

  mutating func readFamilies() {
    var members: [String: [Int]] = [:]
    for index in clips.indices where groups[index] == nil && !tokens[index].isEmpty {
      members[tokens[index].map(\.kind.rawValue).joined(), default: []].append(index)
    }
    let families = members.filter { $0.value.count >= 4 }
      .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
    for (_, indices) in families {
      let family = NameFamily(
        clips: indices.map { clips[$0] }, tokens: indices.map { tokens[$0] })
      if let column = family.column(of: Set(spelling.keys)) {
        assign(column, to: indices)
      } else if let reading = family.reading(
        share: Double(indices.count) / Double(clips.count))
      {
        assign(reading.column, to: indices)
        let example = indices.first { groups[$0] != nil } ?? indices[0]
        reasons.append(
          "read from the names (\"\(NameToken.stem(of: clips[example].path))\" is of "
            + "\"\(groups[example] ?? "")\", \(reading.why))")
        if let other = reading.runnerUp, runnerUp.isEmpty,
          let value = tokens[indices[0]].indices.contains(other.position)
            ? tokens[indices[0]][other.position].text : nil
        {
          runnerUp = "next best: \(other.count) groups such as \"\(value)\""
        }
      }
    }
  }

  private mutating func assign(_ column: NameColumn, to indices: [Int]) {
    for (index, value) in zip(indices, column.values) {
      guard let value else { continue }
      let written = tokens[index][column.position].text
      groups[index] = spelling[value] ?? written
      if spelling[value] == nil { spelling[value] = written }
    }
  }

  /// An odd name with a part that is a group of other names: `F01 final cut`.
  mutating func readKnownParts() {
    for index in clips.indices where groups[index] == nil {
      let parts = tokens[index].filter { $0.kind == .name && $0.hasDigits }
      groups[index] = parts.compactMap { spelling[$0.text.lowercased()] }.first
    }
  }

  /// Names without the numbers at their end (`talkshow_0001`), or without the last of them.
  mutating func readBeginnings() {
    let open = clips.indices.filter { groups[$0] == nil }
    guard open.count * 4 >= clips.count else { return }
    for all in [true, false] where open.contains(where: { groups[$0] == nil }) {
      var found = [String?](repeating: nil, count: clips.count)
      for index in open where groups[index] == nil { found[index] = beginning(of: index, all: all) }
      take(found, among: open) {
        "by the common beginning of the names (\"\($0)\" begins with \"\($1)\")"
      }
    }
  }

  private func beginning(of index: Int, all: Bool) -> String? {
    let parts = tokens[index]
    func isCounter(_ token: NameToken) -> Bool {
      switch token.kind {
      case .number, .time, .date: true
      case .label: false
      case .name: NameWords.counters.union(["c", "t"]).contains(token.prefix)
      }
    }
    var end = parts.count
    while end > 0, isCounter(parts[end - 1]), all || end == parts.count { end -= 1 }
    let kept = parts[..<end].filter { $0.kind != .label }
    guard end < parts.count,
      kept.contains(where: { !NameWords.generic.contains($0.text.lowercased()) })
    else { return nil }
    return kept.map(\.text).joined(separator: "_")
  }

  /// Takes groups that were found for some clips, if most of `indices` have one and they divide
  /// the classes.
  private mutating func take(
    _ found: [String?], among indices: [Int], describe: (_ name: String, _ group: String) -> String
  ) {
    let named = indices.filter { found[$0] != nil }
    guard named.count >= 4, named.count * 2 >= indices.count,
      NameFamily.isPlausible(
        named.map { found[$0] ?? "" }, clips: named.map { clips[$0] })
    else { return }
    for index in named { groups[index] = found[index] }
    reasons.append(describe(NameToken.stem(of: clips[named[0]].path), groups[named[0]] ?? ""))
  }

  var result: GroupInference.Result? {
    guard !reasons.isEmpty else { return nil }
    let odd = clips.indices.filter { groups[$0] == nil }
    var text = reasons.joined(separator: "; and ")
    if let first = odd.first {
      text +=
        "; \(odd.count) \(odd.count == 1 ? "clip" : "clips") such as "
        + "\"\(NameToken.stem(of: clips[first].path))\" fit no reading and stand for themselves"
    }
    if !runnerUp.isEmpty { text += "; \(runnerUp)" }
    return GroupInference.Result(groups: zip(groups, clips).map { $0 ?? $1.path }, reason: text)
  }
}
