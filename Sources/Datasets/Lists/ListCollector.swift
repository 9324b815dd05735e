import ClipSampling

/// Gathers listed clips: finds their files, drops repeated and contradicting lines.
struct ListCollector {
  private struct Key: Hashable {
    let path: String
    let start: Double?
    let end: Double?
  }

  private let listPath: String
  private var files: ListedFiles
  var found = FoundClips()
  private var seen: [Key: (position: Int, line: Int)] = [:]
  private var repeated: [(path: String, line: Int, first: Int)] = []
  private var conflicts: [(path: String, line: Int, first: Int)] = []
  private var missing: [(path: String, line: Int)] = []
  private var conflicting = Set<Int>()
  /// Events without a length, which are no clips.
  private var points = 0

  /// - Parameters:
  ///   - looksBeside: a movie that is not where the list says is looked for beside it, and from the
  ///     folder in which the program runs.
  ///   - looksHere: it is looked for from that folder only.
  init(listPath: String, looksBeside: Bool = false, looksHere: Bool = false) {
    self.listPath = listPath
    files = ListedFiles(listPath: listPath, looksBeside: looksBeside, looksHere: looksHere)
  }

  /// The path to open for a listed path; nil when there is no such file.
  mutating func file(for listed: String, line: Int) throws(DatasetError) -> String? {
    try files.path(for: listed, line: line).map(files.file)
  }

  mutating func exists(_ path: String) -> Bool { files.names(path) }

  /// Passes over an event without a length.
  mutating func leaveOutPoint() { points += 1 }

  mutating func add(
    path listed: String, label: String, start: Double?, end: Double?, split: Split?, group: String,
    line: Int
  ) throws(DatasetError) {
    for (name, time) in [("start", start), ("end", end)] {
      guard let time, MovieTime(time) == nil else { continue }
      throw DatasetError(
        .format, path: listPath,
        "line \(line): \(name) is \(time); expected seconds up to \(MovieTime.range.upperBound)")
    }
    // Two spellings of one path are one clip.
    let plain = listed.hasPrefix("./") ? String(listed.dropFirst(2)) : listed
    guard let path = try files.path(for: plain, line: line) else {
      missing.append((plain, line))
      found.ignored.append(IgnoredFile(path: plain, reason: .missing))
      return
    }
    let key = Key(path: path, start: start, end: end)
    if let first = seen[key] {
      if found.clips[first.position].label == label {
        repeated.append((path, line, first.line))
        found.ignored.append(IgnoredFile(path: path, reason: .duplicate))
      } else {
        conflicts.append((path, line, first.line))
        conflicting.insert(first.position)
      }
      return
    }
    seen[key] = (found.clips.count, line)
    found.clips.append(
      Clip(
        path: path, file: files.file(for: path), start: start, end: end, label: label, group: group,
        split: split))
  }

  /// The clips, with a warning for each kind of line that was left out.
  consuming func finish() -> FoundClips {
    if points > 0 {
      found.warnings.append(
        "\(listPath): \(points) \(points == 1 ? "event has" : "events have") no length; left out, a clip needs a start and a later end"
      )
    }
    if let first = missing.first {
      found.warnings.append(
        "\(listPath): \(missing.count) listed \(missing.count == 1 ? "file does" : "files do") not exist, the first is \(first.path) (line \(first.line)); left out; paths count from the list's folder or from where the program runs"
      )
    }
    if let first = repeated.first {
      found.warnings.append(
        "\(listPath): \(repeated.count) \(repeated.count == 1 ? "line repeats" : "lines repeat") an earlier one, the first is line \(first.line) (\(first.path), as line \(first.first)); counted once"
      )
    }
    if let first = conflicts.first {
      found.warnings.append(
        "\(listPath): \(conflicting.count) \(conflicting.count == 1 ? "clip has" : "clips have") two labels, the first is \(first.path) (lines \(first.first) and \(first.line)); left out, keep one line of each"
      )
      var kept: [Clip] = []
      for (position, clip) in found.clips.enumerated() {
        if conflicting.contains(position) {
          found.ignored.append(IgnoredFile(path: clip.path, reason: .conflict))
        } else {
          kept.append(clip)
        }
      }
      found.clips = kept
    }
    return found
  }
}
