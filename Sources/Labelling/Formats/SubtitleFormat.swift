import FileStore

/// Segments as subtitles, to be seen in any player beside the movie.
enum SubtitleFormat {
  static func webVTT(_ records: [LabelRecord]) -> String {
    var text = "WEBVTT\n"
    for record in records {
      if let failure = record.failure {
        // A note must not contain the arrow of a cue's times.
        text += "\nNOTE " + MarkupText.escaped(oneLine(failure.message), quotes: false) + "\n"
      }
      for (number, segment) in cues(record) {
        let times = "\(Decimal.clock(segment.start)) --> \(Decimal.clock(segment.end))"
        let caption = MarkupText.escaped(caption(segment), quotes: false)
        text += "\n\(number)\n\(times)\n\(caption)\n"
      }
    }
    return text
  }

  static func subRip(_ records: [LabelRecord]) -> String {
    var blocks: [String] = []
    for record in records {
      for (number, segment) in cues(record) {
        let start = Decimal.clock(segment.start, separator: ",")
        let end = Decimal.clock(segment.end, separator: ",")
        blocks.append("\(number)\n\(start) --> \(end)\n\(caption(segment))\n")
      }
    }
    return blocks.joined(separator: "\n")
  }

  /// Whether a text has the form in which this program writes subtitles: each cue of one line, a
  /// label and its score.
  static func isOurs(_ text: String, _ format: OutputFormat) -> Bool {
    var blocks = text.split(separator: "\n\n").map { $0.split(separator: "\n") }
    if format == .vtt {
      guard blocks.first == ["WEBVTT"] else { return false }
      blocks.removeFirst()
    }
    return blocks.allSatisfy { lines in
      lines.count == 3 && lines[0].allSatisfy(\.isNumber) && lines[1].contains(" --> ")
        && lines[2].wholeMatch(of: /.* [01]\.[0-9]{2}/) != nil
    }
  }

  /// Numbered from 1; both formats want an end after the start, in milliseconds.
  private static func cues(_ record: LabelRecord) -> [(Int, LabelRecord.Segment)] {
    let long = record.shownSegments.filter { $0.end - $0.start >= 0.001 }
    return long.enumerated().map { ($0 + 1, $1) }
  }

  private static func caption(_ segment: LabelRecord.Segment) -> String {
    oneLine(segment.label) + " " + Decimal.fixed(segment.score, 2)
  }

  private static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }
}
