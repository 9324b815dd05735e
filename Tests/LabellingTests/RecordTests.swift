import FileStore
import Foundation
import Testing

@testable import Labelling

/// Records the tests of formats share.
enum Example {
  static var walk: LabelRecord {
    var record = LabelRecord(path: MediaPath("a.mp4"), status: .ok)
    record.label = "walk"
    record.score = 0.93
    record.scores = [.init(label: "run", score: 0.07), .init(label: "walk", score: 0.93)]
    record.duration = 12.48
    record.framesPerSecond = 25
    record.frames = 312
    record.segments = [
      .init(start: 0, end: 7.2, label: "walk", score: 0.95),
      .init(start: 7.2, end: 12.48, label: "run", score: 0.812_345_67),
    ]
    record.model = "sha256:ab"
    record.settings = "cd"
    record.size = 81234
    record.modified = 1_760_000_000.123
    return record
  }

  static var broken: LabelRecord {
    var record = LabelRecord(path: MediaPath("b, \"x\".mp4"), status: .error)
    record.failure = .init(code: "FORMAT", message: "b, \"x\".mp4: not a video")
    record.model = "sha256:ab"
    record.settings = "cd"
    return record
  }

  static var both: [LabelRecord] { [walk, broken] }
}

@Suite struct RecordTests {
  @Test func aRecordIsOneLineWithTheContractsKeys() {
    #expect(
      Example.walk.json.text
        == #"{"path":"a.mp4","status":"ok","label":"walk","score":0.93,"#
        + #""scores":{"run":0.07,"walk":0.93},"duration":12.48,"fps":25.0,"frames":312,"#
        + #""segments":[{"start":0.0,"end":7.2,"label":"walk","score":0.95},"#
        + #"{"start":7.2,"end":12.48,"label":"run","score":0.812346}],"warnings":[],"#
        + #""model":"sha256:ab","settings":"cd","size":81234,"mtime":1760000000.123}"#)
    #expect(
      Example.broken.json.text
        == #"{"path":"b, \"x\".mp4","status":"error","#
        + #""error":{"code":"FORMAT","message":"b, \"x\".mp4: not a video"},"#
        + #""model":"sha256:ab","settings":"cd","size":0,"mtime":0.0}"#)
  }

  @Test func partialRecordsSayHowFar() {
    var record = Example.walk
    record.status = .partial
    record.decodedUntil = 3.25
    record.warnings = ["a.mp4: damaged after 3.25 s"]
    record.topCount = 1
    let json = record.json
    #expect(json["decoded_until"] == .number(3.25))
    #expect(json["warnings"] == .array([.string("a.mp4: damaged after 3.25 s")]))
    #expect(json["top"]?.text == #"[{"label":"walk","score":0.93}]"#)
  }

  @Test func recordsSurviveTheWayThroughText() throws {
    var rounded = Example.walk
    rounded.segments[1].score = 0.812346
    rounded.status = .partial
    rounded.decodedUntil = 9
    rounded.warnings = ["cut\u{2028}off"]
    for record in [rounded, Example.broken] {
      let text = record.json.text
      #expect(try LabelRecord(json: JSONValue(parsing: text.utf8)) == record)
    }
  }

  @Test func namesThatAreNoTextCarryTheirBytes() throws {
    let bytes: [UInt8] = Array("caf".utf8) + [0xE9] + Array(".mp4".utf8)
    var record = Example.walk
    record.path = MediaPath(bytes: bytes)
    let json = try JSONValue(parsing: record.json.text.utf8)
    #expect(json["path"] == .string("caf\u{FFFD}.mp4"))
    #expect(json["path_bytes"] == .string("Y2Fm6S5tcDQ="))
    #expect(try LabelRecord(json: json).path.bytes == bytes)
  }

  @Test(arguments: ["Zg", "Zg=", "Z===", "Zg==Zg==", "Z*=="])
  func brokenPathBytesAreRefused(text: String) throws {
    var record = Example.walk
    record.path = MediaPath(bytes: [0x66, 0xFF])
    let line = record.json.text.replacingOccurrences(of: "\"Zv8=\"", with: "\"\(text)\"")
    #expect(line.contains(text))
    #expect(throws: LabelError.self) { try LabelRecord(json: try JSONValue(parsing: line.utf8)) }
  }

  @Test func bestClassesComeFirst() {
    var record = Example.walk
    record.scores = ["a", "b", "c", "d"].enumerated().map {
      .init(label: $1, score: [0.1, 0.4, 0.4, 0.1][$0])
    }
    #expect(record.best(3).map(\.label) == ["b", "c", "a"])
    #expect(record.best(9).count == 4)
  }

  @Test func decimalsAreTheSameEverywhere() {
    #expect(Decimal.fixed(0.005, 2) == "0.01" && Decimal.fixed(-1.5, 0) == "-2")
    #expect(Decimal.fixed(12.3, 3) == "12.300" && Decimal.fixed(0.07, 2) == "0.07")
    #expect(Decimal.clock(3_723.0456) == "01:02:03.046")
    #expect(Decimal.clock(360_000) == "100:00:00.000")
    #expect(Decimal.rounded(0.1 + 0.2, 6) == 0.3)
  }
}
