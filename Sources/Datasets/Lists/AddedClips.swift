import FileStore
import Glibc

extension DatasetIndex {
  /// The same data set with the clips of further lists, such as corrections from a review page.
  ///
  /// What a list says of a file and span that is there already replaces its label; of several lists
  /// the last one counts. Groups and sides of the data set stay as they are: a part of one of its files
  /// belongs to the file's group and side, another file to the group that its list names, or to itself,
  /// and to what is learned from.
  ///
  /// - Throws: `DatasetError` where a list cannot be read, with the place of what is wrong.
  public func adding(
    _ lists: [String], options: IndexOptions = IndexOptions()
  ) throws(DatasetError) -> DatasetIndex {
    if lists.isEmpty { return self }
    var added = AddedClips(to: self, pattern: options.groupBy)
    for list in lists { try added.take(list) }
    return added.index()
  }
}

/// A data set on its way to having more clips.
private struct AddedClips {
  /// What is one clip, however its path is spelled: the file without links, and its span to the
  /// millisecond.
  private struct Key: Hashable {
    let file: String
    let start: Int
    let end: Int?
  }

  private let base: DatasetIndex
  private let pattern: Regex<AnyRegexOutput>?
  private let isDivided: Bool
  /// The folder that paths are relative to, without links.
  private let root: String?
  private var clips: [Clip]
  private var places: [Key: Int] = [:]
  /// Places of the clips of one file.
  private var parts: [String: [Int]] = [:]
  private var ignored: [IgnoredFile] = []
  private var warnings: [String] = []
  private var sentences: [String] = []

  init(to base: DatasetIndex, pattern: String?) {
    self.base = base
    // A pattern that is none was refused with the data set.
    self.pattern =
      pattern == GroupRule.byFolder ? nil : pattern.flatMap { try? Regex($0) }
    isDivided = base.clips.contains { $0.split != nil }
    root = AddedClips.real(
      Folder.exists(base.path) ? base.path : PathText.folder(of: base.path))
    clips = base.clips
    for (place, clip) in clips.enumerated() { note(clip, at: place) }
  }

  private mutating func note(_ clip: Clip, at place: Int) {
    let key = AddedClips.key(clip)
    if places[key] == nil { places[key] = place }
    parts[key.file, default: []].append(place)
  }

  mutating func take(_ list: String) throws(DatasetError) {
    let found = try ListReader.read(path: list, classesFile: nil)
    ignored += found.ignored
    warnings += found.warnings
    let shown = PathText.display(list)
    if found.clips.isEmpty { try tellNothing(found, in: list) }
    var (new, known) = (0, 0)
    var relabelled: [(clip: Clip, label: String)] = []
    var overlaid: [Clip] = []
    for clip in found.clips {
      let key = AddedClips.key(clip)
      if let place = places[key] {
        let old = clips[place]
        if old.label == clip.label {
          known += 1
        } else {
          relabelled.append((old, clip.label))
          clips[place] = AddedClips.copy(old, label: clip.label)
        }
        continue
      }
      overlaid += (parts[key.file] ?? []).map { clips[$0] }.filter {
        $0.label != clip.label && AddedClips.overlap($0, clip)
      }
      new += 1
      let placed = place(clip, file: key.file)
      note(placed, at: clips.count)
      clips.append(placed)
    }
    var sentence = "\(new) clips by \(shown)"
    if known > 0 { sentence += ", \(known) that are there already" }
    if let first = relabelled.first {
      sentence +=
        ", \(relabelled.count) labels replaced, the first: \(PathText.display(first.clip.name)) is "
        + "\"\(PathText.display(first.label))\", not \"\(PathText.display(first.clip.label))\""
    }
    sentences.append(sentence)
    if let first = overlaid.first {
      warnings.append(
        "\(shown): \(Set(overlaid).count) clips overlap with parts that it labels otherwise, the first is "
          + "\(PathText.display(first.name)); they stay, take them out where they are wrong")
    }
    if !isDivided, found.clips.contains(where: { $0.split != nil }) {
      warnings.append("\(shown): its split is not used, as the data set has none")
    }
    tellNewClasses(of: found.clips, in: shown)
  }

  /// A list that adds nothing is most often the wrong one, or used in the wrong folder: an hour of
  /// training without the corrections would not be what was asked for.
  ///
  /// - Throws: `DatasetError` where it lists what is not there; one without a line is allowed.
  private mutating func tellNothing(
    _ found: FoundClips, in list: String
  ) throws(DatasetError) {
    if found.ignored.isEmpty {
      warnings.append("\(PathText.display(list)): lists no clip; nothing is added")
      return
    }
    let isRecords = list.lowercased().hasSuffix(".jsonl")
    throw DatasetError(
      .empty, path: list,
      "none of the \(found.ignored.count) files it lists can be used; "
        + (isRecords
          ? "it looks like a file of label records, where corrections.csv is expected"
          : "the first is \(PathText.display(found.ignored[0].path)), and paths count from the "
            + "list's folder or from where the program runs"))
  }

  private mutating func tellNewClasses(of found: [Clip], in list: String) {
    let new = Set(found.lazy.map(\.label)).subtracting(base.classes).sorted {
      $0.scalarsPrecede($1)
    }
    if new.isEmpty { return }
    warnings.append("\(list): \(namesList(new)) new; is it spelled as in the data set?")
  }

  /// The clip with a path as the data set's own, its group and its side.
  private func place(_ clip: Clip, file: String) -> Clip {
    if let first = parts[file]?.first {
      let there = clips[first]
      return Clip(
        path: there.path, file: there.file, start: clip.start, end: clip.end, label: clip.label,
        group: there.group, split: there.split)
    }
    let path = root.map { AddedClips.path(of: file, from: $0) } ?? clip.path
    // A clip without a group has its path there.
    var group = clip.group == clip.path ? path : clip.group
    if let pattern, let match = path.firstMatch(of: pattern),
      let captured = match.output.dropFirst().lazy.compactMap({ $0.substring }).first(where: {
        !$0.isEmpty
      })
    {
      group = String(captured)
    }
    return Clip(
      path: path, file: clip.file, start: clip.start, end: clip.end, label: clip.label,
      group: group, split: isDivided ? clip.split ?? .train : nil)
  }

  func index() -> DatasetIndex {
    let groups = Set(clips.lazy.map(\.group)).count
    let rule = base.groupRule
    // From here on parts of one file have to stay together, which clips for themselves need not.
    let kind = rule.kind == .none && groups < clips.count ? .file : rule.kind
    let added = clips.count - base.clips.count
    return DatasetIndex(
      base, clips: clips, ignored: ignored, warnings: warnings, additions: sentences,
      groupRule: GroupRule(
        kind: kind, groupCount: groups,
        sentence: added == 0
          ? rule.sentence : "\(rule.sentence); \(groups) with the \(added) clips added"))
  }

  // MARK: Files and spans

  private static func key(_ clip: Clip) -> Key {
    func milliseconds(_ seconds: Double) -> Int { Int(clamping: (seconds * 1000).rounded()) }
    return Key(
      file: real(clip.file) ?? clip.file, start: milliseconds(clip.start ?? 0),
      end: clip.end.map(milliseconds))
  }

  private static func overlap(_ one: Clip, _ two: Clip) -> Bool {
    max(one.start ?? 0, two.start ?? 0) + 1e-3 < min(one.end ?? .infinity, two.end ?? .infinity)
  }

  private static func copy(_ clip: Clip, label: String) -> Clip {
    Clip(
      path: clip.path, file: clip.file, start: clip.start, end: clip.end, label: label,
      group: clip.group, split: clip.split)
  }

  /// Without links and steps upwards; nil when there is no such file.
  private static func real(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(validatingCString: real)
  }

  /// How `file` is reached from the folder `root`: the same wherever both lie together.
  private static func path(of file: String, from root: String) -> String {
    let (steps, own) = (file.split(separator: "/"), root.split(separator: "/"))
    var common = 0
    while common < min(steps.count - 1, own.count), steps[common] == own[common] { common += 1 }
    let up = [Substring](repeating: "..", count: own.count - common)
    return (up + steps[common...]).joined(separator: "/")
  }
}
