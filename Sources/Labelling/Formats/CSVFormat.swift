/// A row for each movie, a column for each class: what zamba writes and ecologists' scripts read.
enum CSVFormat {
  /// Movies without an answer have empty cells, never zeros.
  static func render(_ records: [LabelRecord]) -> String {
    let classes = LabelRecord.classNames(in: records)
    var text = (["filepath"] + classes).map(quoted).joined(separator: ",") + "\n"
    for record in records {
      let scores = Dictionary(
        record.scores.map { ($0.label, $0.score) }, uniquingKeysWith: { first, _ in first })
      let cells = classes.map { name in
        scores[name].map { Decimal.rounded($0, 6).description } ?? ""
      }
      text += ([quoted(record.path.text)] + cells).joined(separator: ",") + "\n"
    }
    return text
  }

  /// RFC 4180: quotes around what would break a row, doubled inside.
  static func quoted(_ cell: String) -> String {
    let needsQuotes = cell.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
    guard needsQuotes else { return cell }
    var out = "\""
    for scalar in cell.unicodeScalars {
      if scalar == "\"" { out += "\"" }
      out.unicodeScalars.append(scalar)
    }
    return out + "\""
  }
}
