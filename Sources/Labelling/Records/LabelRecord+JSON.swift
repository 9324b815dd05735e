extension LabelRecord {
  /// The record as one JSON object; the order of its keys is fixed.
  public var json: JSONValue {
    var members: [JSONValue.Member] = []
    func add(_ key: String, _ value: JSONValue?) {
      if let value { members.append(.init(key, value)) }
    }
    add("path", .string(path.text))
    if !path.isText { add("path_bytes", .string(Base64.encode(path.bytes))) }
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

  /// Reads what `json` wrote; unknown keys are ignored.
  ///
  /// - Throws: `LabelError` with code `record` that names the missing or wrong key.
  public init(json: JSONValue) throws(LabelError) {
    guard let text = json["path"]?.stringValue else { throw LabelRecord.missing("path") }
    guard let status = json["status"]?.stringValue.flatMap(Status.init(rawValue:)) else {
      throw LabelRecord.missing("status")
    }
    var path = MediaPath(text)
    if let encoded = json["path_bytes"]?.stringValue {
      guard let bytes = Base64.decode(encoded) else { throw LabelRecord.missing("path_bytes") }
      path = MediaPath(bytes: bytes)
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
      score = json["score"]?.doubleValue
      scores = (json["scores"]?.members ?? []).compactMap { member in
        member.value.doubleValue.map { ClassScore(label: member.key, score: $0) }
      }
      topCount = json["top"]?.arrayValue?.count
      duration = json["duration"]?.doubleValue
      framesPerSecond = json["fps"]?.doubleValue
      frames = json["frames"]?.integerValue
      segments = (json["segments"]?.arrayValue ?? []).compactMap(Segment.init(json:))
      decodedUntil = json["decoded_until"]?.doubleValue
      warnings = (json["warnings"]?.arrayValue ?? []).compactMap(\.stringValue)
    }
    model = json["model"]?.stringValue
    settings = json["settings"]?.stringValue
    size = Int64(json["size"]?.integerValue ?? 0)
    modified = json["mtime"]?.doubleValue ?? 0
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

  fileprivate init?(json: JSONValue) {
    guard let start = json["start"]?.doubleValue, let end = json["end"]?.doubleValue,
      let label = json["label"]?.stringValue, let score = json["score"]?.doubleValue
    else { return nil }
    self.init(start: start, end: end, label: label, score: score)
  }
}
