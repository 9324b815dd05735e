import ClipSampling

/// Tab-separated tables for the tools of behaviour science.
enum BehaviourTables {
  /// For ELAN's import of tab-delimited text, which asks what each column is.
  static func elan(_ records: [LabelRecord]) -> String {
    var rows = [["Tier", "Begin time", "End time", "Duration", "Annotation", "Score", "File"]]
    for record in records {
      for segment in record.shownSegments {
        // The duration of what is written: differences of rounded times, so that columns agree.
        let start = Decimal.rounded(segment.start, 3)
        let end = Decimal.rounded(segment.end, 3)
        rows.append([
          "vidclass", Decimal.clock(start), Decimal.clock(end), Decimal.clock(end - start),
          segment.label, Decimal.fixed(segment.score, 3), record.path.text,
        ])
      }
    }
    return text(rows)
  }

  /// BORIS's aggregated events.
  static func boris(_ records: [LabelRecord]) -> String {
    var rows = [
      [
        "Observation id", "Observation date", "Description", "Observation type", "Source",
        "Time offset (s)", "Coding duration", "Media duration (s)", "FPS (frame/s)", "Subject",
        "Observation duration by subject by observation", "Behavior", "Behavioral category",
        "Behavior type", "Start (s)", "Stop (s)", "Duration (s)", "Media file name",
        "Image index start", "Image index stop", "Image file path start", "Image file path stop",
        "Comment start", "Comment stop",
      ]
    ]
    for record in records {
      let duration = Decimal.fixed(record.duration ?? 0, 3)
      let rate = record.usableFrameRate
      let path = record.path.text
      for segment in record.shownSegments {
        let start = Decimal.rounded(segment.start, 3)
        let end = Decimal.rounded(segment.end, 3)
        func frame(_ seconds: Double) -> String {
          rate.map { String(Int(clamping: (seconds * $0).rounded())) } ?? ""
        }
        rows.append([
          record.path.name.text, "", "labelled by vidclass", "Media file(s)", "player #1:" + path,
          "0.000", duration, duration, rate.map { Decimal.fixed($0, 3) } ?? "", "No focal subject",
          duration, segment.label, "", "STATE", Decimal.fixed(start, 3), Decimal.fixed(end, 3),
          Decimal.fixed(end - start, 3), path, frame(start), frame(end), "", "",
          "score " + Decimal.fixed(segment.score, 3), "",
        ])
      }
    }
    return text(rows)
  }

  /// Tabs and line breaks in a cell would shift columns; neither tool knows quotes.
  private static func text(_ rows: [[String]]) -> String {
    rows.map { row in
      row.map { cell in String(cell.map { $0 == "\t" || $0.isNewline ? " " : $0 }) }
        .joined(separator: "\t") + "\n"
    }.joined()
  }
}
