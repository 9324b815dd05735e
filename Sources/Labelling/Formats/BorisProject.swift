import ClipSampling
import FileStore

/// A project of BORIS (`.boris`, project format 7.0): the classes as state events of the ethogram,
/// and for each movie an observation with a start and a stop for each segment.
///
/// Movies without an answer have no observation, since BORIS wants to know how long they last.
enum BorisProject {
  private static let players = (1...8).map(String.init)
  private static let keys = Array("abcdefghijklmnopqrstuvwxyz0123456789").map(String.init)

  static func render(_ records: [LabelRecord], _ settings: RenderSettings) -> String {
    let observed = records.filter { $0.failure == nil }
    let names = LabelRecord.labels(in: observed)
    let newest = observed.map(\.modified).max() ?? 0
    // What a reader of the text may look for comes first, then a line for each observation.
    let head: [JSONValue.Member] = [
      .init("time_format", .string("hh:mm:ss")),
      .init("project_date", .string(UTCDate.plain(newest))),
      .init("project_name", .string("vidclass")),
      .init("project_description", .string("labelled by vidclass\n" + FileSeal.open)),
      .init("project_format_version", .string("7.0")),
      .init("subjects_conf", .object([])),
      .init("behaviors_conf", .object(names.enumerated().map(behaviour))),
      .init("behavioral_categories", .array([])),
      .init("independent_variables", .object([])),
      .init("coding_map", .object([])),
      .init("behaviors_coding_map", .array([])),
      .init("converters", .object([])),
    ]
    let lines = head.map { "\(JSONValue.string($0.key).text):\($0.value.text)" }
    let observations = identifiers(of: observed).map { identifier, record in
      JSONValue.string(identifier).text + ":" + observation(of: record, settings).text
    }
    return FileSeal.sealed(
      "{\n" + lines.joined(separator: ",\n") + ",\n\"observations\":{\n"
        + observations.joined(separator: ",\n") + "\n}\n}\n")
  }

  /// The paths; of those that look alike, since their bytes are no text, all but the first numbered.
  private static func identifiers(of records: [LabelRecord]) -> [(String, LabelRecord)] {
    var used: Set<String> = []
    return records.map { record in
      var name = record.path.text
      var number = 1
      while !used.insert(name).inserted {
        number += 1
        name = "\(record.path.text) (\(number))"
      }
      return (name, record)
    }
  }

  private static func behaviour(_ number: Int, _ name: String) -> JSONValue.Member {
    .init(
      String(number),
      .object([
        .init("type", .string("State event")),
        .init("key", .string(number < keys.count ? keys[number] : "")),
        .init("code", .string(name)), .init("description", .string("")),
        .init("color", .string("")), .init("category", .string("")),
        .init("modifiers", .object([])), .init("excluded", .string("")),
        .init("coding map", .string("")),
      ]))
  }

  private static func observation(
    of record: LabelRecord, _ settings: RenderSettings
  ) -> JSONValue {
    let location = MediaLocation(record.path, in: settings.workingFolder)
    // BORIS looks for a relative path from the project's folder.
    let below = location.below(settings.outputFolder)
    let media = below.map { String(decoding: $0, as: UTF8.self) } ?? location.text
    func each(_ value: JSONValue) -> JSONValue { .object([.init(media, value)]) }
    let files = players.map { JSONValue.Member($0, .array($0 == "1" ? [.string(media)] : [])) }
    let information: JSONValue = .object([
      .init("length", each(.number(Decimal.rounded(record.duration ?? 0, 3)))),
      .init("fps", each(.number(Decimal.rounded(record.usableFrameRate ?? 0, 3)))),
      .init("hasVideo", each(.bool(true))),
      // Nobody has listened; BORIS asks only before it draws a spectrogram.
      .init("hasAudio", each(.bool(false))),
      .init("offset", .object([.init("1", .number(0))])),
    ])
    return .object([
      .init("file", .object(files)), .init("type", .string("MEDIA")),
      .init("date", .string(UTCDate.plain(record.modified))),
      .init("description", .string("labelled by vidclass")), .init("time offset", .number(0)),
      .init("events", .array(events(of: record))),
      .init("observation time interval", .array([.integer(0), .integer(0)])),
      .init("independent_variables", .object([])),
      .init("visualize_spectrogram", .bool(false)), .init("visualize_waveform", .bool(false)),
      .init("close_behaviors_between_videos", .bool(false)),
      .init("scan_sampling_time", .integer(0)), .init("image_display_duration", .integer(1)),
      .init("media_info", information),
    ])
  }

  /// Time, subject, behaviour, modifier, comment, frame.
  private static func events(of record: LabelRecord) -> [JSONValue] {
    let rate = record.usableFrameRate
    return record.shownSegments.flatMap { segment in
      [segment.start, segment.end].map { seconds in
        let time = Decimal.rounded(seconds, 3)
        return .array([
          .number(time), .string(""), .string(segment.label), .string(""),
          .string("score " + Decimal.fixed(segment.score, 3)),
          rate.map { .integer(Int(clamping: (time * $0).rounded())) } ?? .string("NA"),
        ])
      }
    }
  }
}
