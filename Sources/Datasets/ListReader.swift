import Glibc

/// Reads a CSV manifest (`filepath,label[,start,end,split,group]`) or a text list
/// (`path label-or-index`); paths are relative to the file that lists them.
enum ListReader {
  static func read(path: String, classesFile: String?) throws(DatasetError) -> FoundClips {
    var reader = try CSVReader(path: path)
    guard let header = try reader.next() else {
      throw DatasetError(
        .empty, path: path, "empty; expected a header filepath,label and a line for each clip")
    }
    if let columns = ManifestColumns(header: header.fields) {
      if let classesFile {
        throw DatasetError(
          .format, path: classesFile,
          "--classes names the indices of a text list; \(path) is a CSV manifest")
      }
      return try manifest(path: path, columns: columns, reader: &reader)
    }
    if let tabbed = try tabSeparatedColumns(path: path) {
      var reader = try CSVReader(path: path, separator: UInt8(ascii: "\t"))
      _ = try reader.next()
      return try manifest(path: path, columns: tabbed, reader: &reader)
    }
    // Some lists of "path label" lines are called .csv; then the first line names a file.
    if path.lowercased().hasSuffix(".csv") || path.lowercased().hasSuffix(".tsv") {
      let words = header.fields[0].split(whereSeparator: { " \t".contains($0) })
      guard let first = words.first, ListCollector(listPath: path).exists(String(first)) else {
        throw DatasetError(
          .format, path: path,
          "header \"\(header.fields.joined(separator: ",").prefix(80))\" has no filepath and label column; expected filepath,label[,start,end,split,group]"
        )
      }
    }
    return try TextList(path: path, classesFile: classesFile).read()
  }

  private static func tabSeparatedColumns(path: String) throws(DatasetError) -> ManifestColumns? {
    var reader = try CSVReader(path: path, separator: UInt8(ascii: "\t"))
    guard let header = try reader.next() else { return nil }
    return ManifestColumns(header: header.fields)
  }

  private static func manifest(
    path: String, columns: ManifestColumns, reader: inout CSVReader
  ) throws(DatasetError) -> FoundClips {
    var collector = ListCollector(listPath: path)
    collector.found.hasGroupColumn = columns.group != nil
    while let record = try reader.next() {
      func field(_ column: Int?) -> String {
        guard let column, column < record.fields.count else { return "" }
        return trimmed(record.fields[column])
      }
      func fail(_ text: String) -> DatasetError {
        DatasetError(.format, path: path, "line \(record.line): \(text)")
      }
      func seconds(_ column: Int?, _ name: String) throws(DatasetError) -> Double? {
        let text = field(column)
        if text.isEmpty { return nil }
        guard let value = Double(text), value.isFinite, value >= 0 else {
          throw fail("\(name) is \"\(text)\"; expected seconds, such as 1.5")
        }
        return value
      }
      let file = field(columns.path)
      let label = field(columns.label)
      if file.isEmpty { throw fail("no filepath; every line needs filepath and label") }
      if label.isEmpty { throw fail("no label for \(file); every line needs filepath and label") }
      let start = try seconds(columns.start, "start")
      let end = try seconds(columns.end, "end")
      if let end, end <= start ?? 0 {
        throw fail("end \(end) is not after start \(start ?? 0)")
      }
      var split: Split?
      let splitText = field(columns.split)
      if !splitText.isEmpty {
        split = Split(name: splitText)
        if split == nil { throw fail("split is \"\(splitText)\"; expected train, val or test") }
      }
      collector.add(
        path: file, label: label, start: start, end: end, split: split,
        group: field(columns.group), line: record.line)
    }
    return collector.finish()
  }
}

/// Where the columns of a manifest are.
struct ManifestColumns {
  let path: Int
  let label: Int
  let start: Int?
  let end: Int?
  let split: Int?
  let group: Int?

  /// Nil when the header has no path or no label column.
  init?(header: [String]) {
    let names = header.map { trimmed($0).lowercased() }
    func find(_ spellings: String...) -> Int? {
      for spelling in spellings {
        if let index = names.firstIndex(of: spelling) { return index }
      }
      return nil
    }
    guard let path = find("filepath", "file_path", "path", "file", "filename", "video"),
      let label = find("label", "class")
    else { return nil }
    self.path = path
    self.label = label
    start = find("start")
    end = find("end")
    split = find("split")
    group = find("group")
  }
}

/// Without spaces and tabs at either end.
func trimmed(_ text: String) -> String {
  var view = Substring(text)
  while let first = view.first, first == " " || first == "\t" { view.removeFirst() }
  while let last = view.last, last == " " || last == "\t" { view.removeLast() }
  return String(view)
}

/// Gathers listed clips: finds their files, drops repeated and contradicting lines.
struct ListCollector {
  private struct Key: Hashable {
    let path: String
    let start: Double?
    let end: Double?
  }

  private let listPath: String
  private let folder: String
  var found = FoundClips()
  private var seen: [Key: (position: Int, line: Int)] = [:]
  private var repeated: [(path: String, line: Int, first: Int)] = []
  private var conflicts: [(path: String, line: Int, first: Int)] = []
  private var missing: [(path: String, line: Int)] = []
  private var conflicting = Set<Int>()

  init(listPath: String) {
    self.listPath = listPath
    if let slash = listPath.utf8.lastIndex(of: UInt8(ascii: "/")) {
      folder = slash == listPath.startIndex ? "/" : String(listPath[..<slash])
    } else {
      folder = "."
    }
  }

  /// The path to open for a listed path.
  func file(for path: String) -> String {
    path.hasPrefix("/") ? path : (folder == "." ? path : "\(folder)/\(path)")
  }

  func exists(_ path: String) -> Bool { access(file(for: path), F_OK) == 0 }

  mutating func add(
    path listed: String, label: String, start: Double?, end: Double?, split: Split?, group: String,
    line: Int
  ) {
    // Two spellings of one path are one clip.
    let path = listed.hasPrefix("./") ? String(listed.dropFirst(2)) : listed
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
    guard exists(path) else {
      missing.append((path, line))
      found.ignored.append(IgnoredFile(path: path, reason: .missing))
      return
    }
    seen[key] = (found.clips.count, line)
    found.clips.append(
      Clip(
        path: path, file: file(for: path), start: start, end: end, label: label, group: group,
        split: split))
  }

  /// The clips, with a warning for each kind of line that was left out.
  consuming func finish() -> FoundClips {
    if let first = missing.first {
      found.warnings.append(
        "\(listPath): \(missing.count) listed \(missing.count == 1 ? "file does" : "files do") not exist, the first is \(first.path) (line \(first.line)); left out, paths are relative to the list"
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
