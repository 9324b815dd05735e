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

  @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
  func base64IsReversible(text: String) {
    let known = [
      "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
      "foobar": "Zm9vYmFy",
    ]
    #expect(Base64.encode(Array(text.utf8)) == known[text])
    #expect(Base64.decode(known[text]!) == Array(text.utf8))
  }

  @Test(arguments: ["Zg", "Zg=", "Z===", "Zg==Zg==", "Z*=="])
  func brokenBase64IsRefused(text: String) { #expect(Base64.decode(text) == nil) }

  @Test(arguments: [
    #"{"a":1,"b":[true,false,null,-2.5e3,"x\n\u00e9\ud83d\ude00"],"c":{}}"#, "[]", "\"\\\\\"", "0",
  ])
  func jsonIsUnderstood(text: String) throws {
    let value = try JSONValue(parsing: text.utf8)
    #expect(try JSONValue(parsing: value.text.utf8) == value)
    #expect(try JSONValue(parsing: " \(text)\n".utf8) == value)
  }

  @Test(arguments: [
    "", "{", "{\"a\"}", "[1,]", "nul", "+1", "1 2", "\"a", "\"\\x\"", "\"\\u12g4\"", "NaN", "1e999",
    "\"\u{1}\"", String(repeating: "[", count: 1000),
  ])
  func brokenJSONIsRefused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text.utf8) }
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
