import Datasets
import FileStore
import Foundation

/// `--fix-list`: the clips that can be read in full.
enum FixList {
  static func isManifest(_ path: String) -> Bool { path.lowercased().hasSuffix(".csv") }

  /// Paths, one a line, or a manifest.
  static func write(_ report: CheckReport, to path: String) throws {
    let lines =
      isManifest(path)
      ? manifest(report, path: path)
      : try list(report, path: path)
    try AtomicFile.write(to: path) { writer in
      for line in lines { try writer.write(line + "\n") }
    }
  }

  /// What was written and how to use it.
  static func sentence(_ report: CheckReport, path: String) -> String {
    let shown = PathText.display(path)
    if isManifest(path) {
      return "\(shown): \(report.good.count) good clips, copies in one group; use it with: "
        + "vidclass train \(shown)"
    }
    let count = unique(report.good.map(\.clip.file)).count
    return "\(shown): \(count) good files; use it with: vidclass label --files-from \(shown)"
      + (report.input.index == nil
        ? "" : "; for train give --fix-list a name that ends in .csv, which makes a manifest")
  }

  /// - Throws: where a name cannot be on a line of its own.
  private static func list(_ report: CheckReport, path: String) throws -> [String] {
    let files = unique(report.good.map(\.clip.file))
    if let broken = files.first(where: { $0.contains { $0.isNewline } }) {
      throw CheckError(
        description: "\(PathText.display(broken)): its name has a line break, which a list of one "
          + "name a line cannot hold; give --fix-list a name that ends in .csv, or rename it "
          + "(\(PathText.display(path)) was not written)")
    }
    return files
  }

  private static func unique(_ paths: [String]) -> [String] {
    var seen = Set<String>()
    return paths.filter { seen.insert($0).inserted }
  }

  /// Labels, ranges and the data set's own split stay as they are; copies share a group, so that no
  /// split of train's tears them apart. Paths are relative to the manifest where they lie below its
  /// folder.
  private static func manifest(_ report: CheckReport, path: String) -> [String] {
    let clips = report.good.map(\.clip)
    let hasRange = clips.contains { $0.start != nil || $0.end != nil }
    let hasSplit = clips.contains { $0.split != nil }
    let groups = joinedGroups(report)
    let hasGroup = !groups.isEmpty || (report.input.index?.groupRule.kind ?? .none) != .none
    let base = absolute(PathText.folder(of: path)) + "/"
    var header = ["filepath", "label"]
    if hasRange { header += ["start", "end"] }
    if hasSplit { header.append("split") }
    if hasGroup { header.append("group") }
    return [CSV.line(header)]
      + clips.map { clip in
        let file = absolute(clip.file)
        var fields = [
          file.hasPrefix(base) ? String(file.dropFirst(base.count)) : file, clip.label,
        ]
        if hasRange { fields += [clip.start, clip.end].map { $0.map { "\($0)" } ?? "" } }
        if hasSplit { fields.append(clip.split?.rawValue ?? "") }
        if hasGroup { fields.append(groups[clip.group] ?? clip.group) }
        return CSV.line(fields)
      }
  }

  /// For each group that has copies in another one the name of the first group of them all.
  private static func joinedGroups(_ report: CheckReport) -> [String: String] {
    var parents: [String: String] = [:]
    func root(_ group: String) -> String {
      var group = group
      while let parent = parents[group] { group = parent }
      return group
    }
    for copies in report.duplicates.groups {
      let first = root(report.clips[copies.members[0]].clip.group)
      for member in copies.members.dropFirst() {
        let other = root(report.clips[member].clip.group)
        if other != first { parents[other] = first }
      }
    }
    return Dictionary(uniqueKeysWithValues: parents.keys.map { ($0, root($0)) })
  }

  private static func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path
  }
}
