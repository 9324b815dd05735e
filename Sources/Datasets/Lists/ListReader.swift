import ClipSampling

/// Reads a CSV manifest (`filepath,label[,start,end,split,group]`) or a text list
/// (`path label-or-index`); paths are relative to the file that lists them.
enum ListReader {
  static func read(
    path: String, classesFile: String?, background: String? = nil
  ) throws(DatasetError) -> FoundClips {
    if path.lowercased().hasSuffix(".json") { return try LabelStudioTasks.read(path: path) }
    if path.lowercased().hasSuffix(".eaf") { return try ElanDocument(path: path).read() }
    if let manifest = try Manifest(path: path) {
      if let classesFile {
        throw DatasetError(
          .format, path: classesFile,
          "`classes` names the indices of a text list; \(path) is a CSV manifest")
      }
      return try manifest.read()
    }
    if let table = try AnnotationTable(path: path, background: background) {
      return try table.read()
    }
    var reader = try CSVReader(path: path)
    guard let header = try reader.next() else {
      throw DatasetError(
        .empty, path: path, "empty; expected a header filepath,label and a line for each clip")
    }
    // Some lists of "path label" lines are called .csv; then the first line names a file.
    if path.lowercased().hasSuffix(".csv") || path.lowercased().hasSuffix(".tsv") {
      var files = ListedFiles(listPath: path)
      let words = header.fields[0].split(whereSeparator: { " \t;".contains($0) })
      guard let first = words.first, files.names(String(first)) else {
        throw DatasetError(
          .format, path: path,
          "header \"\(header.fields.joined(separator: ",").prefix(80))\" has no filepath and label column; \(ManifestColumns.expectation)"
        )
      }
    }
    return try TextList(path: path, classesFile: classesFile).read()
  }
}

/// A table with a header: fields between commas, semicolons or tabs, as the header line shows.
struct Manifest {
  private let path: String
  private let separator: UInt8
  /// Lines before the header: Excel's `sep=;`.
  private let hasSeparatorLine: Bool
  private let columns: ManifestColumns

  /// Nil when the file has no header with the columns of a manifest.
  init?(path: String) throws(DatasetError) {
    self.path = path
    for separator in [",", ";", "\t"] as [Unicode.Scalar] {
      var reader = try CSVReader(path: path, separator: UInt8(ascii: separator))
      guard var header = try reader.next() else { return nil }
      let leads = header.fields[0].lowercased().hasPrefix("sep=")
      if leads, let second = try reader.next() { header = second }
      if let columns = ManifestColumns(header: header.fields) {
        self.separator = UInt8(ascii: separator)
        self.columns = columns
        hasSeparatorLine = leads
        return
      }
    }
    return nil
  }

  func read() throws(DatasetError) -> FoundClips {
    var reader = try CSVReader(path: path, separator: separator)
    for _ in 0..<(hasSeparatorLine ? 2 : 1) { _ = try reader.next() }
    var collector = ListCollector(
      listPath: path, looksBeside: columns.isExport, looksHere: true)
    var oneHot = OneHotLabels(columns: columns.others)
    collector.found.groupColumn = columns.group == nil ? nil : columns.groupName
    while let record = try reader.next() {
      let row = ManifestRow(
        record: record, path: path, decimalComma: separator != UInt8(ascii: ","))
      var file = row.field(columns.path)
      if file.isEmpty { throw row.failure("no filepath; every line needs filepath and label") }
      let label =
        columns.label == nil ? try oneHot.label(of: row, file: file) : row.field(columns.label)
      if label.isEmpty {
        throw row.failure("no label for \(file); every line needs filepath and label")
      }
      var start = try row.seconds(columns.start, "start")
      var end = try row.seconds(columns.end, "end")
      if columns.isExport, let first = start, end == nil || end == first {
        collector.leaveOutPoint()
        continue
      }
      if columns.isVideoID, let first = start, let last = end,
        let cut = Manifest.cutVideo(file, label: label, from: first, to: last, in: &collector)
      {
        (file, start, end) = (cut, nil, nil)
      }
      if let end, end <= start ?? 0 {
        throw row.failure("end \(end) is not after start \(start ?? 0)")
      }
      try collector.add(
        path: file, label: label, start: start, end: end, split: try row.split(columns.split),
        group: row.field(columns.group), line: record.line)
    }
    if let warning = reader.decoding.warning(path: path) {
      collector.found.warnings.append(warning)
    }
    return collector.finish()
  }
}

extension Manifest {
  /// Kinetics' clips as they are downloaded: `<video>_000010_000020.mp4`, perhaps in a folder of
  /// their class; nil when there is no such file.
  fileprivate static func cutVideo(
    _ video: String, label: String, from start: Double, to end: Double,
    in collector: inout ListCollector
  ) -> String? {
    guard start < 1e6, end < 1e6 else { return nil }
    func padded(_ seconds: Double) -> String {
      let digits = String(Int(clamping: seconds))
      return String(repeating: "0", count: 6 - digits.count) + digits
    }
    let name = "\(video)_\(padded(start))_\(padded(end))"
    return [name, "\(label)/\(name)"].first { collector.exists($0) }
  }
}

/// One line of a manifest.
struct ManifestRow {
  let record: CSVReader.Record
  let path: String
  /// Whether `1,5` is one and a half: where commas do not separate fields.
  let decimalComma: Bool

  /// Empty where the line has no such column.
  func field(_ column: Int?) -> String {
    guard let column, column < record.fields.count else { return "" }
    return trimmed(record.fields[column])
  }

  func failure(_ text: String) -> DatasetError {
    DatasetError(.format, path: path, "line \(record.line): \(text)")
  }

  func seconds(_ column: Int?, _ name: String) throws(DatasetError) -> Double? {
    let text = field(column)
    if text.isEmpty { return nil }
    guard let value = ClockTime.seconds(text, decimalComma: decimalComma) else {
      throw failure("\(name) is \"\(text)\"; expected seconds, such as 1.5, or 0:01.5 or 0:00:01.5")
    }
    return value
  }

  func split(_ column: Int?) throws(DatasetError) -> Split? {
    let text = field(column)
    if text.isEmpty { return nil }
    guard let split = Split(name: text) else {
      throw failure(
        "split is \"\(text)\"; expected train, val or test (or training, validation, testing)")
    }
    return split
  }
}

/// Labels of a table with a column for each class, 1 where the clip is of it and 0 elsewhere.
struct OneHotLabels {
  private let candidates: [(column: Int, name: String)]
  /// Those of the candidates that hold 0 or 1 in the first line; notes and numbers do not.
  private var classes: [(column: Int, name: String)] = []

  init(columns: [(column: Int, name: String)]) { candidates = columns }

  /// - Throws: `DatasetError` unless exactly one column says 1.
  mutating func label(of row: ManifestRow, file: String) throws(DatasetError) -> String {
    if classes.isEmpty {
      classes = candidates.filter { OneHotLabels.value(row.field($0.column)) != nil }
      guard classes.count >= 2 else {
        throw row.failure(
          "no label column, and no columns of 0 and 1 for the classes; \(ManifestColumns.expectation)"
        )
      }
    }
    var chosen: [String] = []
    for (column, name) in classes {
      guard let value = OneHotLabels.value(row.field(column)) else {
        throw row.failure(
          "\(name) is \"\(row.field(column))\"; expected 0 or 1, as in a column for each class")
      }
      if value { chosen.append(name) }
    }
    guard chosen.count == 1 else {
      throw row.failure(
        chosen.isEmpty
          ? "\(file) has 0 for every class; a clip has exactly one label: leave the line out, or add a column for what it shows"
          : "\(file) has 1 for \(chosen.joined(separator: " and ")); a clip has exactly one label: keep one, or cut the clip with start and end"
      )
    }
    return chosen[0]
  }

  private static func value(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "1", "1.0", "true": true
    case "0", "0.0", "false": false
    default: nil
    }
  }
}
