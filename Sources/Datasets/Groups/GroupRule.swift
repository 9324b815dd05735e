/// How clips were put into groups that must stay on the same side of a split.
public struct GroupRule: Sendable, Hashable {
  /// Where groups came from.
  public enum Kind: String, Sendable {
    /// The manifest's `group` column.
    case column
    /// `--group-by`.
    case pattern
    /// Folders that come back under several classes, or `--group-by folder`.
    case folder
    /// Read from the names of the files.
    case inferred
    /// Ranges of one file belong together; nothing else is known.
    case file
    /// By recording times, neighbours and pictures, where names tell nothing.
    case evidence
    /// Every clip for itself.
    case none
  }

  /// Where the groups came from.
  public let kind: Kind
  /// Groups among all clips.
  public let groupCount: Int
  /// For people: which groups, why, and how to say otherwise.
  public let sentence: String

  /// Writes each clip's `group` and says how.
  static func apply(
    to clips: inout [Clip], path: String, pattern: String?, column: String?
  ) throws(DatasetError) -> GroupRule {
    if pattern == byFolder { return try applyFolders(to: &clips, path: path) }
    if let pattern { return try applyPattern(pattern, to: &clips) }
    if let column {
      // A file without a group must at least not be cut in two.
      let empty = clips.filter { $0.group == $0.path }.count
      let groups = count(clips)
      return GroupRule(
        kind: .column, groupCount: groups,
        sentence: "\(groups) groups, from the manifest's \(column) column"
          + (empty > 0 ? " (\(empty) clips name none and stand for themselves)" : ""))
    }
    if let folders = FolderGroups.infer(clips) {
      return use(
        folders, of: &clips,
        why: "by folder: those below the class folders come back under several classes",
        override:
          "override with `classDepth` N (labels of N folders), `groupBy` REGEX or a group "
          + "column in a manifest")
    }
    if let inference = GroupInference.infer(clips) {
      for index in clips.indices { clips[index].group = inference.groups[index] }
      let groups = count(clips)
      return GroupRule(
        kind: .inferred, groupCount: groups,
        sentence: "\(groups) groups, \(inference.reason); "
          + "override with `groupBy` REGEX, `groupBy` folder or a group column in a manifest")
    }
    for index in clips.indices { clips[index].group = clips[index].path }
    let groups = count(clips)
    if groups < clips.count {
      return GroupRule(
        kind: .file, groupCount: groups,
        sentence: "\(groups) groups, because ranges of one file stay together; "
          + "override with `groupBy` REGEX or a group column in a manifest")
    }
    return GroupRule(
      kind: .none, groupCount: groups,
      sentence: "no groups found in the file names, so each clip is its own group; if several "
        + "come from one video, person or place, say so with `groupBy` REGEX or a group column")
  }

  private static func applyPattern(
    _ pattern: String, to clips: inout [Clip]
  ) throws(DatasetError) -> GroupRule {
    let regex: Regex<AnyRegexOutput>
    do {
      regex = try Regex(pattern)
    } catch {
      throw DatasetError(
        .pattern, path: "", "`groupBy` \"\(pattern)\" is not a regular expression: \(error)",
        cause: error)
    }
    var unmatched: [String] = []
    for index in clips.indices {
      guard let match = clips[index].path.firstMatch(of: regex) else {
        unmatched.append(clips[index].path)
        clips[index].group = clips[index].path
        continue
      }
      guard match.output.count > 1 else {
        throw DatasetError(
          .pattern, path: "",
          "`groupBy` \"\(pattern)\" captures nothing; put the part that names the group in parentheses, such as '(g[0-9]+)_'"
        )
      }
      let captured = match.output.dropFirst().lazy.compactMap { $0.substring }.first { !$0.isEmpty }
      clips[index].group = captured.map(String.init) ?? clips[index].path
    }
    guard unmatched.count < clips.count else {
      throw DatasetError(
        .pattern, path: "",
        "`groupBy` \"\(pattern)\" matches none of \(clips.count) paths, such as \(clips.first?.path ?? "")"
      )
    }
    let groups = count(clips)
    return GroupRule(
      kind: .pattern, groupCount: groups,
      sentence: "\(groups) groups, by `groupBy` \(pattern)"
        + (unmatched.isEmpty
          ? ""
          : " (\(unmatched.count) paths such as \(unmatched[0]) do not match and stand for themselves)")
    )
  }

  /// What `--group-by` says in place of a pattern.
  static let byFolder = "folder"

  private static func applyFolders(
    to clips: inout [Clip], path: String
  ) throws(DatasetError) -> GroupRule {
    let folders = clips.map(FolderGroups.folder)
    guard folders.contains(where: { $0 != nil }) else {
      throw DatasetError(
        .pattern, path: path,
        "`groupBy` folder: above the clips there are no folders but the classes'; put the clips of "
          + "each source in a folder, such as fox/site_a/1.mp4, or give a pattern")
    }
    return use(
      folders, of: &clips, why: "by folder, as asked", override: "")
  }

  private static func use(
    _ folders: [String?], of clips: inout [Clip], why: String, override: String
  ) -> GroupRule {
    var alone: [String] = []
    for (index, folder) in folders.enumerated() {
      clips[index].group = folder ?? clips[index].path
      if folder == nil { alone.append(clips[index].path) }
    }
    let groups = count(clips)
    let example = folders.indices.first { folders[$0] != nil }
      .map { " (\(clips[$0].path) is of \"\(clips[$0].group)\")" }
    let odd =
      alone.isEmpty
      ? "" : "; \(alone.count) clips such as \(alone[0]) are in none and stand for themselves"
    return GroupRule(
      kind: .folder, groupCount: groups,
      sentence: "\(groups) groups, \(why)\(example ?? "")\(odd)"
        + (override.isEmpty ? "" : "; \(override)"))
  }

  private static func count(_ clips: [Clip]) -> Int { Set(clips.lazy.map(\.group)).count }
}
