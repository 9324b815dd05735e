import Datasets

/// A row for each movie, a column for each class: what zamba writes and ecologists' scripts read.
enum CSVFormat {
  /// Movies without an answer have empty cells, never zeros.
  static func render(_ records: [LabelRecord]) -> String {
    let classes = LabelRecord.classNames(in: records)
    var text = CSV.line(["filepath"] + classes) + "\n"
    for record in records {
      let scores = Dictionary(
        record.scores.map { ($0.label, $0.score) }, uniquingKeysWith: { first, _ in first })
      let cells = classes.map { name in
        scores[name].map { Decimal.rounded($0, 6).description } ?? ""
      }
      text += CSV.line([record.path.text] + cells) + "\n"
    }
    return text
  }
}
