import ClipSampling
import FileStore

/// Label Studio pre-annotations: tasks with timeline labels, to be corrected by people.
public enum LabelStudioFormat {
  /// The frame rate Label Studio assumes for videos that do not say theirs.
  private static let assumedFrameRate = 24.0

  static func render(_ records: [LabelRecord], _ settings: RenderSettings) -> String {
    JSONLayout.list(records.map { task($0, settings) })
  }

  /// The labelling configuration the predictions refer to.
  public static func configuration(for records: [LabelRecord]) -> String {
    let rates = Set(records.compactMap(\.usableFrameRate).map { Decimal.rounded($0, 3) })
    let rate = rates.count == 1 ? rates.first! : assumedFrameRate
    let labels = LabelRecord.labels(in: records).map {
      "<Label value=\"\(XMLText.escaped($0))\"/>"
    }
    return "<View><TimelineLabels name=\"timelineLabels\" toName=\"video\">" + labels.joined()
      + "</TimelineLabels><Video name=\"video\" value=\"$video\" frameRate=\"\(rate)\"/></View>"
  }

  private static func task(_ record: LabelRecord, _ settings: RenderSettings) -> JSONValue {
    let url = "/data/local-files/?d=" + PercentEncoding.text(location(of: record.path, settings))
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

  /// Where Label Studio's local storage has the movie: below its root, where that is known.
  private static func location(of path: MediaPath, _ settings: RenderSettings) -> [UInt8] {
    guard let root = settings.labelStudioRoot else { return path.bytes }
    return MediaLocation(path, in: settings.workingFolder).below(root) ?? path.bytes
  }

  /// Refuses movies that Label Studio could not serve.
  ///
  /// - Throws: `LabelError` with code `output` that names the first one outside of the root.
  public static func requireInside(
    _ paths: [MediaPath], _ settings: RenderSettings
  ) throws(LabelError) {
    guard let root = settings.labelStudioRoot else { return }
    for path in paths where MediaLocation(path, in: settings.workingFolder).below(root) == nil {
      throw LabelError(
        .output,
        "\(path.text): is not below the `labelStudioRoot`, \(root); Label Studio serves nothing else"
      )
    }
  }

  /// Whether a labelling configuration is as `configuration` writes it, and not one that somebody
  /// has worked on.
  public static func isOurs(_ configuration: String) -> Bool {
    let head = "<View><TimelineLabels name=\"timelineLabels\" toName=\"video\">"
    guard configuration.hasPrefix(head) else { return false }
    let rest =
      /(<Label value="[^"<]*"\/>)*<\/TimelineLabels><Video [^<]*frameRate="[0-9.]+"\/><\/View>\s*/
    return configuration.dropFirst(head.count).wholeMatch(of: rest) != nil
  }
}
