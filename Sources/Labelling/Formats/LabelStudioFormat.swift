import ClipSampling
import FileStore

/// Label Studio pre-annotations: tasks with timeline labels, to be corrected by people.
public enum LabelStudioFormat {
  /// The frame rate Label Studio assumes for videos that do not say theirs.
  private static let assumedFrameRate = 24.0

  static func render(_ records: [LabelRecord]) -> String {
    JSONLayout.list(records.map(task))
  }

  /// The labelling configuration the predictions refer to.
  public static func configuration(for records: [LabelRecord]) -> String {
    let rates = Set(records.compactMap(\.usableFrameRate).map { Decimal.rounded($0, 3) })
    let rate = rates.count == 1 ? rates.first! : assumedFrameRate
    let labels = LabelRecord.classNames(in: records).map { "<Label value=\"\(attribute($0))\"/>" }
    return "<View><TimelineLabels name=\"timelineLabels\" toName=\"video\">" + labels.joined()
      + "</TimelineLabels><Video name=\"video\" value=\"$video\" frameRate=\"\(rate)\"/></View>"
  }

  private static func task(_ record: LabelRecord) -> JSONValue {
    let url = "/data/local-files/?d=" + percentEncoded(record.path.bytes)
    var task: [JSONValue.Member] = [.init("data", .object([.init("video", .string(url))]))]
    guard record.failure == nil else {
      return .object(task + [.init("predictions", .array([]))])
    }
    let version = "vidclass-" + (record.model ?? "")
    let results = record.shownSegments.enumerated().map { result($1, number: $0, in: record) }
    let prediction: JSONValue = .object([
      .init("model_version", .string(version)),
      .init("score", .number(Decimal.rounded(record.score ?? 0, 6))),
      .init("result", .array(results)),
    ])
    task.append(.init("predictions", .array([prediction])))
    return .object(task)
  }

  /// Frames count from 1, the last one belongs to the range.
  private static func result(
    _ segment: LabelRecord.Segment, number: Int, in record: LabelRecord
  ) -> JSONValue {
    let rate = record.usableFrameRate ?? assumedFrameRate
    let start = Int(clamping: (segment.start * rate).rounded()) + 1
    let end = max(start, Int(clamping: (segment.end * rate).rounded()))
    let range: JSONValue = .object([.init("start", .integer(start)), .init("end", .integer(end))])
    return .object([
      .init("id", .string("\(number)_\(start)_\(end)")), .init("type", .string("timelinelabels")),
      .init("from_name", .string("timelineLabels")), .init("to_name", .string("video")),
      .init("score", .number(Decimal.rounded(segment.score, 6))),
      .init(
        "value",
        .object([
          .init("ranges", .array([range])),
          .init("timelinelabels", .array([.string(segment.label)])),
        ])),
    ])
  }

  private static func percentEncoded(_ bytes: [UInt8]) -> String {
    let plain = Set(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
    var out = ""
    for byte in bytes {
      if plain.contains(byte) {
        out.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let hex = String(byte, radix: 16, uppercase: true)
        out += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
      }
    }
    return out
  }

  private static func attribute(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case "\"": out += "&quot;"
      default: out.append(character)
      }
    }
    return out
  }
}
