import Foundation
import TestSupport
import Testing

@testable import Labelling

/// Numbers in records that are valid JSON and that no movie can have.
@Suite("Record ranges")
struct RecordRangeTests {
  private let folder = ScratchFolder()

  private static func line(_ path: String, _ change: String = "") -> String {
    let sound =
      #"{"path":"\#(path)","status":"ok","label":"x","score":0.9,"scores":{"x":0.9,"y":0.1},"#
      + #""duration":12.5,"fps":25,"frames":312,"segments":[{"start":0,"end":7,"label":"x","#
      + #""score":0.9}],"decoded_until":7,"warnings":[],"size":8,"mtime":1760000000.1}"#
    let key = change.prefix { $0 != ":" }
    guard !key.isEmpty, let place = sound.range(of: "\(key):") else { return sound }
    let end = sound[place.upperBound...].firstIndex { ",}".contains($0) } ?? sound.endIndex
    return sound.replacingCharacters(in: place.lowerBound..<end, with: change)
  }

  @Test(
    "A record with such a number is refused by line and key, the others are read",
    arguments: [
      (#""score":-1e300"#, "score"), (#""score":1.5"#, "score"), (#""x":7"#, "scores"),
      (#""duration":1e300"#, "duration"), (#""duration":-1"#, "duration"), (#""fps":1e300"#, "fps"),
      (#""frames":312.5"#, "frames"), (#""frames":1e300"#, "frames"), (#""frames":-1"#, "frames"),
      (#""start":-1e300"#, "segment 1: \"start\""), (#""end":1e300"#, "segment 1: \"end\""),
      (#""end":-1"#, "segment 1"), (#""start":"a""#, "segment 1: \"start\""),
      (#""decoded_until":1e11"#, "decoded_until"), (#""size":-1"#, "size"),
      (#""size":1e300"#, "size"), (#""mtime":1e300"#, "mtime"),
    ])
  func refused(change: String, key: String) throws {
    let path = folder("records.jsonl")
    try [Self.line("a.mp4"), Self.line("b.mp4", change), "", Self.line("c.mp4")]
      .joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let content = try RecordFile.read(path)
    #expect(content.records.map(\.path.text) == ["a.mp4", "c.mp4"])
    #expect(content.badLines == 0)
    #expect(content.refused.count == 1)
    let reason = try #require(content.refused.first)
    #expect(reason.hasPrefix("\(path): line 2: ") && reason.contains(key))
  }

  @Test("A file of nothing else is an error that names the first such number")
  func nothingLeft() throws {
    let path = folder("records.jsonl")
    try Self.line("b.mp4", #""fps":1e300"#)
      .write(toFile: path, atomically: true, encoding: .utf8)
    #expect {
      try RecordFile.read(path)
    } throws: {
      "\($0)".contains("line 1: \"fps\" is 1e+300; expected 0.0 to 1000000.0")
    }
  }

  @Test("Every format renders the largest numbers that are taken", arguments: OutputFormat.allCases)
  func extremes(format: OutputFormat) throws {
    let path = folder("records.jsonl")
    try [
      Self.line("a.mp4", #""duration":3.6e10"#), Self.line("b.mp4", #""fps":1e6"#),
      Self.line("c.mp4", #""end":3.6e10"#), Self.line("d.mp4", #""start":-3.6e10"#),
      Self.line("e.mp4", #""fps":0"#), Self.line("f.mp4", #""frames":999999999999999"#),
      Self.line("g.mp4", #""duration":0"#), Self.line("h.mp4", #""mtime":-1e12"#),
    ].joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let records = try RecordFile.read(path).records
    #expect(records.count == 8)
    for record in records { #expect(!format.render([record]).isEmpty) }
  }
}
