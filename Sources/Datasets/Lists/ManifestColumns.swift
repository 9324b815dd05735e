/// Where the columns of a manifest are, by the names that this and other programs give them.
///
/// Upper and lower case, and spaces, hyphens or underscores between words, are the same.
struct ManifestColumns {
  let path: Int
  /// Nil when every class has a column of its own.
  let label: Int?
  let start: Int?
  let end: Int?
  let split: Int?
  let group: Int?
  /// Whether a program for labelling wrote the table: paths are those of another machine, and
  /// events without a length may be among the clips.
  let isExport: Bool
  /// Whether the path is that of a video on the web, of which clips may have been cut.
  let isVideoID: Bool
  /// What the header calls the group column.
  let groupName: String
  /// Without a label column: the other columns that have a name, each perhaps a class of its own.
  let others: [(column: Int, name: String)]

  static let pathNames = [
    "filepath", "file_path", "path", "file", "filename", "file_name", "video", "video_path",
    "video_file", "video_name", "video_id", "clip", "clip_path", "clip_name", "name", "id",
    "youtube_id", "media_file_name", "media_file",
  ]
  static let labelNames = [
    "label", "class", "target", "category", "label_name", "class_name", "action", "activity",
    "behavior", "behaviour", "species", "annotation",
  ]
  private static let startNames = [
    "start", "start_time", "time_start", "start_s", "start_sec", "start_seconds", "begin",
    "begin_time", "from", "onset", "start_(s)", "begin_time_hh:mm:ss.ms", "begin_time_ss.msec",
  ]
  private static let endNames = [
    "end", "end_time", "time_end", "end_s", "end_sec", "end_seconds", "stop", "stop_time", "to",
    "offset", "stop_(s)", "end_time_hh:mm:ss.ms", "end_time_ss.msec",
  ]
  private static let splitNames = ["split", "subset", "set", "partition", "usage"]
  private static let groupNames = ["group", "group_id", "site"]

  /// Nil when the header has no path column, or nothing that may be a label.
  init?(header: [String]) {
    let names = header.map(ManifestColumns.normalized)
    func find(_ spellings: [String]) -> Int? {
      for spelling in spellings {
        if let index = names.firstIndex(of: spelling) { return index }
      }
      return nil
    }
    guard let path = find(ManifestColumns.pathNames) else { return nil }
    self.path = path
    label = find(ManifestColumns.labelNames)
    start = find(ManifestColumns.startNames)
    end = find(ManifestColumns.endNames)
    split = find(ManifestColumns.splitNames)
    group = find(ManifestColumns.groupNames)
    isExport = ["observation_id", "media_file_name", "annotation"].contains { names.contains($0) }
    isVideoID = ["youtube_id", "video_id", "id"].contains(names[path])
    groupName = group.map { trimmed(header[$0]) } ?? ""
    let known = [path, start, end, split, group]
    others =
      label != nil
      ? []
      : header.indices.filter { !known.contains($0) && !names[$0].isEmpty }
        .map { ($0, trimmed(header[$0])) }
    if label == nil, others.count < 2 { return nil }
  }

  /// What a header may say, for messages.
  static var expectation: String {
    "expected a column for the path (\(pathNames.joined(separator: ", "))) and one for the label "
      + "(\(labelNames.joined(separator: ", ")), or a column of 0 and 1 for each class), and "
      + "optionally start, end, split and group"
  }

  static func normalized(_ name: String) -> String {
    trimmed(name).lowercased().split { " -_".contains($0) }.joined(separator: "_")
  }
}

/// Without spaces and tabs at either end.
func trimmed(_ text: String) -> String {
  var view = Substring(text)
  while let first = view.first, first == " " || first == "\t" { view.removeFirst() }
  while let last = view.last, last == " " || last == "\t" { view.removeLast() }
  return String(view)
}
