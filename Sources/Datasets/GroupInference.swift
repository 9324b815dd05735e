import VideoDecoding

/// Reads groups from the names of the files, where the names show them.
///
/// Several readings are tried in turn, the most telling first. One is taken when nearly every name
/// has it, when groups hold several clips, and when most classes have more than one group (a
/// reading that only repeats the class says nothing about sources).
enum GroupInference {
  struct Result {
    /// One for each clip.
    let groups: [String]
    let reason: String
  }

  private struct Reading: Sendable {
    let describe: @Sendable (_ name: String, _ group: String) -> String
    let group: @Sendable ([Substring]) -> String?
  }

  static func infer(_ clips: [Clip]) -> Result? {
    guard clips.count >= 4 else { return nil }
    let stems = clips.map { stem(of: $0.path) }
    let tokens = stems.map { $0.split(whereSeparator: { "_- .".contains($0) }) }
    for reading in readings {
      let groups = tokens.map(reading.group)
      let named = groups.lazy.filter { $0 != nil }.count
      guard named * 10 >= clips.count * 9 else { continue }
      let complete = zip(groups, clips).map { $0 ?? $1.path }
      guard isPlausible(complete, clips: clips) else { continue }
      let example = groups.indices.first { groups[$0] != nil } ?? 0
      return Result(
        groups: complete, reason: reading.describe(stems[example], complete[example]))
    }
    return nil
  }

  private static let readings: [Reading] = [
    // UCF: v_Soccer_g07_c04 is the fourth clip cut from source 7.
    Reading(
      describe: { "read from the names (\"\($0)\" is a clip of source \"\($1)\")" },
      group: { tokens in
        guard tokens.count >= 3, isCounter(tokens[tokens.count - 1], "c"),
          isCounter(tokens[tokens.count - 2], "g")
        else { return nil }
        return String(tokens[tokens.count - 2])
      }),
    // KTH's person12_boxing_d1, scene07_left_02, …_subject03_…: a word for a source and a number.
    Reading(
      describe: { "read from the names (\"\($0)\" is of \"\($1)\")" },
      group: { tokens in
        guard tokens.count >= 2 else { return nil }
        for (position, token) in tokens.enumerated() {
          let letters = token.prefix { $0.isLetter }
          guard sourceWords.contains(letters.lowercased()) else { continue }
          if letters.count < token.count, token.dropFirst(letters.count).allSatisfy(isDigit) {
            return String(token)
          }
          // person_12_…
          if letters.count == token.count, position + 2 < tokens.count,
            tokens[position + 1].allSatisfy(isDigit)
          {
            return "\(token)_\(tokens[position + 1])"
          }
        }
        return nil
      }),
    // F01_03: speaker F01, third take.
    Reading(
      describe: { "read from the names (\"\($0)\" begins with \"\($1)\")" },
      group: { tokens in
        guard tokens.count >= 2, let first = tokens.first else { return nil }
        let letters = first.prefix { $0.isLetter }
        let digits = first.dropFirst(letters.count)
        guard (1...8).contains(letters.count), (1...5).contains(digits.count),
          digits.allSatisfy(isDigit)
        else { return nil }
        return String(first)
      }),
    // Kinetics' <video>_000010_000020, talkshow_0001: the name without its numbers at the end.
    Reading(
      describe: { "by the common beginning of the names (\"\($0)\" begins with \"\($1)\")" },
      group: { tokens in
        var end = tokens.count
        while end > 0, isCounterLike(tokens[end - 1]) { end -= 1 }
        guard end > 0, end < tokens.count else { return nil }
        return tokens[..<end].joined(separator: "_")
      }),
    // The name without its last number only: 20240101_123456, game_3_12.
    Reading(
      describe: { "by the common beginning of the names (\"\($0)\" begins with \"\($1)\")" },
      group: { tokens in
        guard tokens.count >= 2, let last = tokens.last, isCounterLike(last) else { return nil }
        return tokens.dropLast().joined(separator: "_")
      }),
  ]

  private static let sourceWords: Set<String> = [
    "person", "subject", "subj", "sub", "speaker", "spk", "actor", "participant", "patient",
    "scene", "site", "source", "src", "session", "sess", "video", "vid", "movie", "animal",
    "mouse", "cage", "user", "signer", "performer", "player", "location", "loc", "group", "match",
    "game", "day", "recording", "rec", "camera", "cam",
  ]

  private static func isPlausible(_ groups: [String], clips: [Clip]) -> Bool {
    var groupsOfClass: [Int: Set<String>] = [:]
    var clipsOfClass: [Int: Int] = [:]
    for (group, clip) in zip(groups, clips) {
      groupsOfClass[clip.classIndex, default: []].insert(group)
      clipsOfClass[clip.classIndex, default: 0] += 1
    }
    let distinct = Set(groups).count
    guard distinct >= 2, distinct < clips.count else { return false }
    let divisible = clipsOfClass.filter { $0.value >= 2 }.keys
    let divided = divisible.filter { (groupsOfClass[$0]?.count ?? 0) >= 2 }
    return !divisible.isEmpty && divided.count * 2 > divisible.count
  }

  /// The last part of a path, without the suffix of a media file.
  private static func stem(of path: String) -> String {
    let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.index(after: $0)...] }
    let last = name ?? Substring(path)
    guard MediaKind.isVideo(String(last)), let dot = last.lastIndex(of: ".") else {
      return String(last)
    }
    return String(last[..<dot])
  }

  private static func isDigit(_ character: Character) -> Bool {
    character.isASCII && character.isNumber
  }

  private static func isCounter(_ token: Substring, _ letter: Character) -> Bool {
    token.count >= 2 && token.first?.lowercased() == String(letter)
      && token.dropFirst().allSatisfy(isDigit)
  }

  /// `0001`, `c04`, `clip12`, `take3`, `part2`.
  private static func isCounterLike(_ token: Substring) -> Bool {
    let letters = token.prefix { $0.isLetter }
    let digits = token.dropFirst(letters.count)
    return !digits.isEmpty && digits.allSatisfy(isDigit)
      && (letters.isEmpty
        || ["c", "clip", "take", "t", "part", "seg", "segment", "chunk", "shot"].contains(
          letters.lowercased()))
  }
}
