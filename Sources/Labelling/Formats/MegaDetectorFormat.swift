import ClipSampling
import FileStore

/// MegaDetector's batch output, version 1.6, which camera-trap tools such as Timelapse read.
///
/// A segment is a detection of the whole frame at the segment's first frame. Movies labelled
/// `blank`, `empty`, `background` or `unknown` have no detections; movies that failed say so.
enum MegaDetectorFormat {
  private static let blanks: Set<String> = [
    "blank", "empty", "background", "nothing", LabelRecord.unknown,
  ]

  static func render(_ records: [LabelRecord]) -> String {
    let classes = LabelRecord.classNames(in: records)
    var numbers: [String: String] = [:]
    for (index, name) in classes.enumerated() { numbers[name] = String(index) }
    let model = records.lazy.compactMap(\.model).first ?? ""
    let info: JSONValue = .object([
      .init("format_version", .string("1.6")), .init("detector", .string("vidclass")),
      .init("classifier", .string(model)),
    ])
    let categories: JSONValue = .object(
      classes.enumerated().map { .init(String($0), .string($1)) })
    let images = records.map { image($0, numbers: numbers) }
    return "{\"info\":\(info.text),\n\"detection_categories\":{\"1\":\"animal\"},\n"
      + "\"classification_categories\":\(categories.text),\n\"images\":"
      + JSONLayout.list(images).dropLast() + "}\n"
  }

  private static func image(_ record: LabelRecord, numbers: [String: String]) -> JSONValue {
    var members: [JSONValue.Member] = [.init("file", .string(record.path.text))]
    if record.failure != nil {
      members.append(.init("failure", .string("Failure video access")))
      members.append(.init("detections", .null))
      // Its checker wants both of every video, also of one that could not be opened.
      members.append(.init("frame_rate", .number(-1)))
      members.append(.init("frames_processed", .array([])))
      return .object(members)
    }
    let rate = record.usableFrameRate ?? 1
    let detections = record.shownSegments.filter { !blanks.contains($0.label.lowercased()) }
    let frames = record.shownSegments.map { frame(at: $0.start, rate: rate) }
    members.append(.init("frame_rate", .number(Decimal.rounded(rate, 3))))
    members.append(.init("frames_processed", .array(frames.map { .integer($0) })))
    members.append(
      .init(
        "detections",
        .array(
          detections.map { segment in
            let score = JSONValue.number(Decimal.rounded(segment.score, 6))
            let pairs = classifications(of: segment, in: record, numbers: numbers)
            return .object([
              .init("category", .string("1")), .init("conf", score),
              .init("bbox", .array([.integer(0), .integer(0), .integer(1), .integer(1)])),
              .init("frame_number", .integer(frame(at: segment.start, rate: rate))),
              .init("classifications", .array(pairs)),
            ])
          })))
    return .object(members)
  }

  private static func frame(at seconds: Double, rate: Double) -> Int {
    Int(clamping: (seconds * rate).rounded())
  }

  /// Descending; a segment among several knows only its own class's score.
  private static func classifications(
    of segment: LabelRecord.Segment, in record: LabelRecord, numbers: [String: String]
  ) -> [JSONValue] {
    let isWhole = record.segments.count <= 1
    let entries =
      isWhole
      ? record.best(record.scores.count)
      : [LabelRecord.ClassScore(label: segment.label, score: segment.score)]
    return entries.compactMap { entry in
      numbers[entry.label].map {
        .array([.string($0), .number(Decimal.rounded(entry.score, 6))])
      }
    }
  }
}
