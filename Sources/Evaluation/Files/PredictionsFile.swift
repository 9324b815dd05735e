import Datasets
import FileStore

/// Predictions as CSV: `filepath,label,<class>…`, a score in every class column.
public enum PredictionsFile {
  /// Shares, or votes, whose sum stays a number.
  private static let scores: ClosedRange<Float> = 0...1e9

  /// Writes the scores of every clip in one step.
  public static func write(_ clips: ScoredClips, to path: String) throws(FileStoreError) {
    var lines = [CSV.line(["filepath", "label"] + clips.classes)]
    for index in 0..<clips.count {
      lines.append(
        CSV.line(
          [clips.names[index], clips.classes[clips.labels[index]]]
            + clips.row(index).map { "\($0)" }))
    }
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
  }

  /// Reads such a file, from this program or another; every clip is a group of its own.
  ///
  /// - Parameter warn: takes a sentence where lines were left out because an earlier one has the same
  ///   clip: counted twice, it would flatter or blame twice.
  /// - Throws: an error that names the line that cannot be read.
  public static func read(
    _ path: String, warn: (String) -> Void = { _ in }
  ) throws -> ScoredClips {
    var result: ScoredClips?
    var seen: Set<String> = []
    var repeated: [(name: String, line: Int)] = []
    try CSV.forEachRecord(path: path) { fields, line in
      guard var clips = result else {
        result = ScoredClips(classes: try classes(header: fields, path))
        return
      }
      func fail(_ what: String) -> EvaluationError {
        EvaluationError(.format, path: path, "line \(line): \(what)")
      }
      guard fields.count == clips.classes.count + 2 else {
        throw fail("\(fields.count) columns where the first line has \(clips.classes.count + 2)")
      }
      guard let label = clips.classes.firstIndex(of: fields[1]) else {
        throw fail("the label \"\(fields[1])\" is not among the class columns")
      }
      guard seen.insert(fields[0]).inserted else {
        repeated.append((fields[0], line))
        return
      }
      var row: [Float] = []
      for (name, field) in zip(clips.classes, fields.dropFirst(2)) {
        guard let score = Float(field), scores.contains(score) else {
          throw fail(
            "the score \"\(field)\" of \(name) is not a number from 0 to \(scores.upperBound)")
        }
        row.append(score)
      }
      let sum = row.reduce(0, +)
      guard sum > 0 else { throw fail("all scores are 0") }
      // Rounded scores, or votes, become probabilities.
      if abs(sum - 1) > 1e-3 { row = row.map { $0 / sum } }
      result = nil
      clips.append(scores: row, label: label, name: fields[0])
      result = clips
    }
    guard let result, result.count > 0 else {
      throw EvaluationError(
        .format, path: path,
        "holds no predictions; expected filepath,label,<class>… and a line "
          + "for every clip")
    }
    if let first = repeated.first {
      warn(
        "\(path): \(repeated.count == 1 ? "a line is" : "\(repeated.count) lines are") left out whose "
          + "clip an earlier line has, the first is \(PathText.display(first.name)) (line "
          + "\(first.line))")
    }
    return result
  }

  private static func classes(header: [String], _ path: String) throws(EvaluationError) -> [String]
  {
    let classes = Array(header.dropFirst(2))
    guard header.starts(with: ["filepath", "label"]), !classes.isEmpty else {
      throw EvaluationError(
        .format, path: path,
        "its first line is \"\(header.joined(separator: ",").prefix(80))\"; "
          + "expected filepath,label,<class>…")
    }
    guard Set(classes).count == classes.count else {
      throw EvaluationError(.format, path: path, "two class columns have the same name")
    }
    return classes
  }
}
