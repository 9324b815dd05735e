import VideoDecoding

/// A list with `path label-or-index` on each line, as UCF101, Kinetics and mmaction2 have them.
///
/// The label is the last word, so paths may hold spaces. A count of frames between the two
/// (mmaction2's frame folders) is skipped; a line with a path alone (UCF101's test lists) takes the
/// folder above the clip as its label.
struct TextList {
  private let path: String
  private let classesFile: String?
  private let names: ClassNames?

  init(path: String, classesFile: String?) throws(DatasetError) {
    self.path = path
    self.classesFile = classesFile
    if let classesFile { names = try ClassNames(file: classesFile) } else { names = nil }
  }

  func read() throws(DatasetError) -> FoundClips {
    var source = try ByteSource(path: path)
    var collector = ListCollector(listPath: path)
    var decoding = TextDecoding()
    var number = 0
    while let bytes = try source.line() {
      number += 1
      guard let raw = decoding.text(bytes, line: number) else {
        throw DatasetError(
          .format, path: path,
          "line \(number): not text; expected a CSV manifest with filepath,label or lines of \"path label\""
        )
      }
      let line = trimmed(raw)
      if line.isEmpty || line.hasPrefix("#") { continue }
      let entry = try parse(line, number: number, collector: &collector)
      try collector.add(
        path: entry.path, label: entry.label, start: nil, end: nil, split: nil, group: "",
        line: number)
    }
    if let warning = decoding.warning(path: path) { collector.found.warnings.append(warning) }
    return collector.finish()
  }

  private func parse(
    _ line: String, number: Int, collector: inout ListCollector
  ) throws(DatasetError) -> (path: String, label: String) {
    let separators: [Character] = [" ", "\t", ",", ";"]
    guard let cut = line.lastIndex(where: { separators.contains($0) }) else {
      return try pathAlone(line, number: number)
    }
    let word = String(line[line.index(after: cut)...])
    var head = Substring(line[..<cut])
    while let last = head.last, separators.contains(last) { head.removeLast() }
    if MediaKind.isVideo(word), collector.exists(line) {
      return try pathAlone(line, number: number)
    }
    let label = try name(of: word, number: number)
    if !collector.exists(String(head)),
      let inner = head.lastIndex(where: { separators.contains($0) }),
      Int(head[head.index(after: inner)...]) != nil, collector.exists(String(head[..<inner]))
    {
      return (String(head[..<inner]), label)
    }
    return (String(head), label)
  }

  private func pathAlone(_ line: String, number: Int) throws(DatasetError) -> (
    path: String, label: String
  ) {
    let parts = line.split(separator: "/")
    guard parts.count >= 2, MediaKind.isVideo(line) else {
      throw DatasetError(
        .format, path: path,
        "line \(number): \"\(line.prefix(60))\" has no label; expected a CSV manifest with filepath,label or lines of \"path label\""
      )
    }
    return (line, String(parts[parts.count - 2]))
  }

  private func name(of word: String, number: Int) throws(DatasetError) -> String {
    guard let names else { return word }
    if let index = Int(word) {
      if let name = names.byIndex[index] { return name }
      throw DatasetError(
        .format, path: path,
        "line \(number): index \(index) is not in \(classesFile ?? ""), which names \(names.rangeText)"
      )
    }
    if names.all.contains(word) { return word }
    throw DatasetError(
      .format, path: path, "line \(number): label \"\(word)\" is not in \(classesFile ?? "")")
  }
}

/// The names of class indices: one name a line, counted from 0, or `index name` (UCF101's
/// `classInd.txt`), or `name index`.
struct ClassNames {
  private(set) var byIndex: [Int: String] = [:]
  private(set) var all: Set<String> = []

  init(file: String) throws(DatasetError) {
    var source = try ByteSource(path: file)
    var decoding = TextDecoding()
    var lines: [String] = []
    while let bytes = try source.line() {
      guard let text = decoding.text(bytes, line: lines.count + 1) else {
        throw DatasetError(.format, path: file, "line \(lines.count + 1): not UTF-8")
      }
      let line = trimmed(text)
      if !line.isEmpty { lines.append(line) }
    }
    guard !lines.isEmpty else {
      throw DatasetError(.empty, path: file, "empty; expected a class name on each line")
    }
    let words = lines.map { $0.split(whereSeparator: { " \t,;".contains($0) }).map(String.init) }
    let leading = words.allSatisfy { $0.count >= 2 && Int($0[0]) != nil }
    let trailing = words.allSatisfy { $0.count >= 2 && Int($0[$0.count - 1]) != nil }
    for (position, parts) in words.enumerated() {
      let index: Int
      let name: String
      if leading {
        index = Int(parts[0]) ?? 0
        name = parts.dropFirst().joined(separator: " ")
      } else if trailing {
        index = Int(parts[parts.count - 1]) ?? 0
        name = parts.dropLast().joined(separator: " ")
      } else {
        index = position
        name = lines[position]
      }
      guard byIndex.updateValue(name, forKey: index) == nil else {
        throw DatasetError(
          .format, path: file, "index \(index) is named twice; keep one line of each")
      }
      all.insert(name)
    }
  }

  var rangeText: String {
    "\(byIndex.keys.min() ?? 0) to \(byIndex.keys.max() ?? 0)"
  }
}
