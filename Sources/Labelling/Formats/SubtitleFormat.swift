/// Segments as subtitles, to be seen in any player beside the movie.
enum SubtitleFormat {
  static func webVTT(_ records: [LabelRecord]) -> String {
    var text = "WEBVTT\n"
    for record in records {
      if let failure = record.failure {
        text += "\nNOTE " + escaped(oneLine(failure.message)) + "\n"
      }
      for (number, segment) in cues(record) {
        let times = "\(Decimal.clock(segment.start)) --> \(Decimal.clock(segment.end))"
        text += "\n\(number)\n\(times)\n\(escaped(caption(segment)))\n"
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

  /// WebVTT's characters with a meaning, and the arrow a note must not contain.
  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      default: out.append(character)
      }
    }
    return out
  }
}
