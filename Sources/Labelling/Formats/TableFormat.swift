import ClipSampling
import FileStore

/// A table for people: a line for each movie, below it a line for each segment with its place in
/// the movie as a bar.
public struct TableFormat: Sendable {
  /// Columns of text given to paths and labels; longer ones push the rest of their line.
  public var pathWidth: Int
  /// Characters given to labels.
  public var labelWidth: Int
  /// Characters of the bar that shows a segment's place.
  public var barWidth: Int
  /// Turns a label or bar into coloured text; the identity by default.
  public var emphasis: @Sendable (String) -> String = { $0 }

  /// - Parameter columns: of the terminal.
  public init(paths: [MediaPath], labels: [String], columns: Int = 100) {
    let longestLabel = (labels + ["error"]).map { PathText.display($0).count }.max() ?? 0
    labelWidth = min(longestLabel, 32)
    let longestPath = paths.map { PathText.display($0.text).count }.max() ?? 0
    pathWidth = min(longestPath, max(16, columns - labelWidth - 40))
    barWidth = max(10, min(50, columns - labelWidth - 31))
  }

  /// Widths that suit these records.
  public init(records: [LabelRecord]) {
    let labels = records.flatMap { record in
      [record.label].compactMap { $0 } + record.segments.map(\.label)
    }
    self.init(paths: records.map(\.path), labels: labels)
  }

  /// The lines of one movie.
  public func render(_ record: LabelRecord) -> String {
    let path = TableFormat.padded(record.path.text, pathWidth)
    if let failure = record.failure {
      let label = TableFormat.padded("error", labelWidth)
      return "\(path)  \(label)  \(failure.code)\n"
    }
    var line = path + "  " + emphasis(TableFormat.padded(record.label ?? "", labelWidth))
    if let score = record.score { line += "  " + Decimal.fixed(score, 2) }
    if let duration = record.duration { line += "  " + Decimal.fixed(duration, 2) + " s" }
    if record.status == .partial {
      let until = record.decodedUntil.map { " until " + Decimal.fixed($0, 2) + " s" } ?? ""
      line += "  partial: decoded\(until)"
    }
    line += "\n"
    if let count = record.topCount {
      for entry in record.best(count) {
        line +=
          "  \(TableFormat.padded(entry.label, labelWidth))  \(Decimal.fixed(entry.score, 2))\n"
      }
    }
    guard record.segments.count > 1, let duration = record.duration else { return line }
    for segment in record.segments {
      let start = TableFormat.padded(Decimal.fixed(segment.start, 2), 8, onLeft: true)
      let end = TableFormat.padded(Decimal.fixed(segment.end, 2), 8, onLeft: true)
      let label = TableFormat.padded(segment.label, labelWidth)
      let score = Decimal.fixed(segment.score, 2)
      line += "  \(start) \(end)  \(label)  \(score)  \(emphasis(bar(segment, of: duration)))\n"
    }
    return line
  }

  /// The segment's place in the movie: at least one full cell.
  func bar(_ segment: LabelRecord.Segment, of duration: Double) -> String {
    func cell(_ seconds: Double) -> Int {
      min(barWidth, max(0, Int(clamping: (seconds / duration * Double(barWidth)).rounded())))
    }
    let start = min(cell(segment.start), barWidth - 1)
    let end = max(start + 1, cell(segment.end))
    return String(repeating: "·", count: start) + String(repeating: "█", count: end - start)
      + String(repeating: "·", count: barWidth - end)
  }

  private static func padded(_ text: String, _ width: Int, onLeft: Bool = false) -> String {
    let text = PathText.display(text)
    let spaces = String(repeating: " ", count: max(0, width - text.count))
    return onLeft ? spaces + text : text + spaces
  }
}
