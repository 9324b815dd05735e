import FileStore
import Foundation

extension LabelRecord {
  /// The record as one JSON object; the order of its keys is fixed.
  public var json: JSONValue {
    var members: [JSONValue.Member] = []
    func add(_ key: String, _ value: JSONValue?) {
      if let value { members.append(.init(key, value)) }
    }
    add("path", .string(path.text))
    if !path.isText { add("path_bytes", .string(Data(path.bytes).base64EncodedString())) }
    add("status", .string(status.rawValue))
    if let failure {
      let error: [JSONValue.Member] = [
        .init("code", .string(failure.code)), .init("message", .string(failure.message)),
      ]
      add("error", .object(error))
    } else {
      add("label", label.map { .string($0) })
      add("score", score.map { .number(Decimal.rounded($0, 6)) })
      add("scores", .object(scores.map { .init($0.label, .number(Decimal.rounded($0.score, 6))) }))
      if let topCount { add("top", .array(best(topCount).map(\.json))) }
      add("duration", duration.map { .number(Decimal.rounded($0, 3)) })
      add("fps", framesPerSecond.map { .number(Decimal.rounded($0, 3)) })
      add("frames", frames.map { .integer($0) })
      add("timecode", timecode.map { .string($0) })
      add("segments", .array(segments.map(\.json)))
      add("decoded_until", decodedUntil.map { .number(Decimal.rounded($0, 3)) })
      add("warnings", .array(warnings.map { .string($0) }))
    }
    add("model", model.map { .string($0) })
    add("settings", settings.map { .string($0) })
    add("size", .integer(Int(size)))
    add("mtime", .number(Decimal.rounded(modified, 3)))
    return .object(members)
  }

  /// What a record's text may hold: as many segments as a movie can have.
  private static let bounds = JSONBounds(depth: 16, values: 1 << 23, string: 1 << 20)

  /// Reads a record from its text; nil where that is no JSON.
  ///
  /// - Throws: as `init(json:)` does.
  init?(parsing text: [UInt8]) throws(LabelError) {
    if let flaw = LabelRecord.bounds.flaw(in: text) {
      throw LabelError(.record, "no record, since it \(flaw)")
    }
    guard let json = try? JSONValue(parsing: text) else { return nil }
    try self.init(json: json)
  }

  /// Reads what `json` wrote; unknown keys are ignored.
  ///
  /// - Throws: `LabelError` with code `record` that names the missing or wrong key, or the value
  ///   that it cannot have.
  public init(json: JSONValue) throws(LabelError) {
    guard let text = json["path"]?.stringValue else { throw LabelRecord.missing("path") }
    guard let status = json["status"]?.stringValue.flatMap(Status.init(rawValue:)) else {
      throw LabelRecord.missing("status")
    }
    var path = MediaPath(text)
    if let encoded = json["path_bytes"]?.stringValue {
      guard let bytes = Data(base64Encoded: encoded) else {
        throw LabelRecord.missing("path_bytes")
      }
      path = MediaPath(bytes: Array(bytes))
    }
    self.init(path: path, status: status)
    if status == .error {
      guard let code = json["error"]?["code"]?.stringValue,
        let message = json["error"]?["message"]?.stringValue
      else { throw LabelRecord.missing("error") }
      failure = Failure(code: code, message: message)
    } else {
      guard let label = json["label"]?.stringValue else { throw LabelRecord.missing("label") }
      self.label = label
      score = try json.number("score", in: RecordRange.share)
      for member in json["scores"]?.members ?? [] {
        guard let share = member.value.doubleValue, RecordRange.share.contains(share) else {
          throw LabelError(.record, "\"scores\" has no share from 0 to 1 for \"\(member.key)\"")
        }
        scores.append(ClassScore(label: member.key, score: share))
      }
      topCount = json["top"]?.arrayValue?.count
      duration = try json.number("duration", in: RecordRange.duration)
      framesPerSecond = try json.number("fps", in: RecordRange.framesPerSecond)
      frames = try json.integer("frames", in: RecordRange.frames)
      if let text = json["timecode"]?.stringValue {
        guard Timecode(text) != nil else { throw LabelRecord.missing("timecode") }
        timecode = text
      }
      for (index, segment) in (json["segments"]?.arrayValue ?? []).enumerated() {
        do throws(LabelError) {
          segments.append(try Segment(json: segment))
        } catch {
          throw LabelError(.record, "segment \(index + 1): \(error.message)")
        }
      }
      decodedUntil = try json.number("decoded_until", in: RecordRange.seconds)
      warnings = (json["warnings"]?.arrayValue ?? []).compactMap(\.stringValue)
    }
    model = json["model"]?.stringValue
    settings = json["settings"]?.stringValue
    size = Int64(try json.integer("size", in: RecordRange.bytes) ?? 0)
    modified = try json.number("mtime", in: RecordRange.modified) ?? 0
  }

  private static func missing(_ key: String) -> LabelError {
    LabelError(.record, "no usable \"\(key)\" in a record")
  }
}

extension LabelRecord.ClassScore {
  fileprivate var json: JSONValue {
    .object([.init("label", .string(label)), .init("score", .number(Decimal.rounded(score, 6)))])
  }
}

extension LabelRecord.Segment {
  fileprivate var json: JSONValue {
    .object([
      .init("start", .number(Decimal.rounded(start, 3))),
      .init("end", .number(Decimal.rounded(end, 3))),
      .init("label", .string(label)), .init("score", .number(Decimal.rounded(score, 6))),
    ])
  }

  fileprivate init(json: JSONValue) throws(LabelError) {
    guard let start = try json.number("start", in: RecordRange.seconds),
      let end = try json.number("end", in: RecordRange.seconds),
      let label = json["label"]?.stringValue,
      let score = try json.number("score", in: RecordRange.share)
    else {
      throw LabelError(.record, "lacks one of \"start\", \"end\", \"label\" and \"score\"")
    }
    guard start <= end else {
      throw LabelError(.record, "ends at \(end), before its start at \(start)")
    }
    self.init(start: start, end: end, label: label, score: score)
  }
}
