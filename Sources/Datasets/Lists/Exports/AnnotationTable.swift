/// Tables of other programs that are no manifests: what their columns mean is known, not written.
struct AnnotationTable {
  private enum Form {
    /// VGG's annotator: `metadata_id,file_list,flags,temporal_coordinates,…,metadata`.
    case via
    /// DeepEthogram: a line for each frame, a column of 0 and 1 for each class.
    case perFrame
    /// ELAN's tab-delimited text without a header.
    case elan
    /// `video,seconds,x1,y1,x2,y2,action[,person]`.
    case ava
  }

  private let path: String
  private let form: Form
  private let background: String?

  /// Nil when the table is none of them.
  init?(path: String, background: String?) throws(DatasetError) {
    self.path = path
    self.background = background
    var commas = try CSVReader(path: path)
    guard let first = try commas.next()?.fields.map(trimmed) else { return nil }
    if first[0].hasPrefix("# Exported using VGG") || first.contains("temporal_coordinates") {
      form = .via
    } else if first.count > 2, ["", "frame", "frames"].contains(first[0].lowercased()),
      first.contains("background")
    {
      form = .perFrame
    } else if (7...8).contains(first.count),
      first[1...5].allSatisfy({ Double($0) != nil }),
      first[2...5].allSatisfy({ (0...1).contains(Double($0) ?? 2) })
    {
      form = .ava
    } else {
      var tabs = try CSVReader(path: path, separator: 9)
      guard let row = try tabs.next()?.fields, AnnotationTable.elan(row) != nil else { return nil }
      form = .elan
    }
  }

  func read() throws(DatasetError) -> FoundClips {
    var list = IntervalList(path: path)
    var reader = try CSVReader(path: path, separator: form == .elan ? 9 : UInt8(ascii: ","))
    if form == .perFrame {
      try readFrames(&reader, into: &list)
      return list.finish()
    }
    while let record = try reader.next() {
      let row = record.fields.map(trimmed)
      func fail(_ text: String) -> DatasetError {
        DatasetError(.format, path: path, "line \(record.line): \(text)")
      }
      switch form {
      case .via:
        if row[0].hasPrefix("#") || row.contains("temporal_coordinates") { continue }
        guard row.count >= 6 else { throw fail("expected the 6 fields of a VIA export") }
        let items = AnnotationTable.items(row[3])
        let times = items.compactMap(Double.init)
        guard times.count == items.count else {
          throw fail("times are \(shown(row[3])); expected seconds, such as [1.5,3]")
        }
        let movie = AnnotationTable.items(row[1]).first ?? ""
        // {"1":"walk"}: an attribute and its value.
        let label = AnnotationTable.items(row[5]).dropFirst().first ?? ""
        guard times.count >= 2 else {
          // Without any, it is a region of a picture.
          if !times.isEmpty { list.leaveOutPoint() }
          continue
        }
        try list.add(movie, label: label, start: times[0], end: times[1], line: record.line)
      case .ava:
        guard row.count >= 7, let middle = Double(row[1]) else {
          throw fail(
            "\(shown(row.joined(separator: ","))) is no video, seconds, box of four numbers and action; "
              + "expected such as v1,902.5,0.1,0.2,0.8,0.9,12")
        }
        try list.add(
          row[0], label: row[6], start: max(0, middle - 0.5), end: middle + 0.5, line: record.line)
      case .elan:
        guard let (start, end, label, file) = AnnotationTable.elan(row) else {
          throw fail(
            "\(shown(row.joined(separator: " "))) is no tier, begin time, end time and annotation between "
              + "tabs; export with times such as 00:00:01.500")
        }
        try list.add(
          file ?? list.namesake(), label: label, start: start, end: end, line: record.line)
      case .perFrame: break
      }
    }
    return list.finish()
  }

  /// What stands there, for an error.
  private func shown(_ text: String) -> String { "\"\(text.prefix(60))\"" }

  /// Frames of one class in a row are a clip; those of several classes or none are not.
  private func readFrames(
    _ reader: inout CSVReader, into list: inout IntervalList
  ) throws(DatasetError) {
    let movie = list.namesake(endings: ["_labels"])
    guard let header = try reader.next()?.fields.map(trimmed) else { return }
    guard let rate = try list.rate(of: movie, line: 1) else {
      throw DatasetError(
        .format, path: path,
        "a label for each frame of \"\(movie)\", which is not beside it; put the movie of that name there"
      )
    }
    var run: (label: String, first: Int)?
    var frame = 0
    func close(_ list: inout IntervalList) throws(DatasetError) {
      guard let run else { return }
      try list.add(
        movie, label: run.label, start: Double(run.first) / rate, end: Double(frame) / rate,
        line: run.first + 2)
    }
    while let record = try reader.next() {
      var labels: [String] = []
      for (name, value) in zip(header, record.fields).dropFirst() {
        guard let number = Double(trimmed(value)), number == 0 || number == 1 else {
          throw DatasetError(
            .format, path: path, "line \(record.line): \(name) is \"\(value)\"; expected 0 or 1")
        }
        if number == 1 { labels.append(name == "background" ? background ?? "" : name) }
      }
      let label = labels.count == 1 ? labels[0] : ""
      if label != run?.label {
        try close(&list)
        run = (label, frame)
      }
      frame += 1
    }
    try close(&list)
  }

  /// The strings and numbers of a flat JSON list or object, in order.
  private static func items(_ text: String) -> [String] {
    var items: [String] = []
    var item = ""
    var isQuoted = false
    var isEscaped = false
    for character in text {
      if isEscaped {
        item.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
      } else if !isQuoted, "[]{},: ".contains(character) {
        if !item.isEmpty { items.append(item) }
        item = ""
      } else {
        item.append(character)
      }
    }
    return items
  }

  /// Begin, end, label and file of a line in which the times are the first things that look like
  /// times, and the label follows the last of them.
  private static func elan(
    _ row: [String]
  ) -> (start: Double, end: Double, label: String, file: String?)? {
    let isTime = row.map { text in
      text.split(separator: ":").count == 3 && ClockTime.seconds(text, decimalComma: false) != nil
    }
    let clocks = row.indices.filter { isTime[$0] }
    guard row.count >= 4, clocks.count >= 2, clocks[0] > 0, let last = clocks.last,
      last + 1 < row.count, let start = ClockTime.seconds(row[clocks[0]], decimalComma: false),
      let end = ClockTime.seconds(row[clocks[1]], decimalComma: false)
    else { return nil }
    var rest = row[(last + 1)...].map(trimmed)
    // The same times again, in seconds or milliseconds.
    while rest.count > 1, Double(rest[0]) != nil { rest.removeFirst() }
    return (start, end, rest[0], rest.dropFirst().first { !$0.isEmpty })
  }
}
