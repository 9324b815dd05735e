import FileStore
import ModelFiles
import TestSupport
import Testing

@Suite struct ThresholdFileTests {
  let folder = ScratchFolder()

  @Test func isReadAsItWasWritten() throws {
    let thresholds = ClassThresholds(
      [
        .init(name: "a \"b\"\n", threshold: 0.1 + 0.2), .init(name: "日本", threshold: nil),
        .init(name: "c", threshold: 0),
      ], model: "sha256:ab", goal: "precision=0.95")
    try thresholds.write(to: folder("t.json"))
    let read = try ClassThresholds(reading: folder("t.json"))
    #expect(read == thresholds)
    let values = try read.values(
      for: ["c", "x", "日本", "a \"b\"\n"], otherwise: 0.5, path: folder("t.json"))
    #expect(values == [0, 0.5, .infinity, 0.1 + 0.2])
  }

  @Test func peopleMayWriteThem() throws {
    try AtomicFile.write(#"{"thresholds": {"a": 1, "b": null}, "note": [1]}"#, to: folder("t.json"))
    let read = try ClassThresholds(reading: folder("t.json"))
    #expect(read.entries.map(\.threshold) == [1, nil])
    #expect(read.model == nil && read.goal == nil)
  }

  @Test(arguments: [
    ("", "byte 0: "), ("{", "byte 1: "), ("[0.5]", "is not an object with \"thresholds\""),
    ("{\"thresholds\": {\"a\": NaN}}", "byte 21: "),
    ("{\"thresholds\": 0.5}", "has no \"thresholds\""),
    ("{\"thresholds\": {}}", "has no \"thresholds\""),
    ("{\"thresholds\": {\"a\": 1.5}}", "thresholds: \"a\" is 1.5; expected a number from 0 to 1"),
    ("{\"thresholds\": {\"a\": -0.1}}", "thresholds: \"a\" is -0.1"),
    ("{\"thresholds\": {\"a\": \"0.5\"}}", "thresholds: \"a\" is \"0.5\""),
    ("{\"thresholds\": {\"a\": 1e999}}", "byte 21: "),
    ("{\"thresholds\": {\"a\": 0.5, \"a\": 0.6}}", "the class \"a\" stands there twice"),
    (
      "{\"thresholds\": {\"a\": 0.5}, \"thresholds\": {\"a\": 0.6}}",
      "\"thresholds\" stands there twice"
    ),
    ("{\"thresholds\": {\"a\": 0.5}} x", "text after the value"),
  ])
  func saysWhatIsWrong(text: String, finding: String) throws {
    try AtomicFile.write(text, to: folder("t.json"))
    let error = #expect(throws: ModelFileError.self) {
      try ClassThresholds(reading: folder("t.json"))
    }
    #expect(error?.message.contains(finding) == true, "\(error?.message ?? "")")
    #expect(error?.message.hasPrefix(folder("t.json") + ": ") == true)
  }

  @Test func deepNestingAndHugeNumbersAreRefused() throws {
    let deep = String(repeating: "{\"thresholds\":", count: 5000)
    try AtomicFile.write(deep, to: folder("t.json"))
    let error = #expect(throws: ModelFileError.self) {
      try ClassThresholds(reading: folder("t.json"))
    }
    #expect(error?.message.contains("nested deeper than 64") == true)
    let missing = #expect(throws: ModelFileError.self) {
      try ClassThresholds(reading: folder("none"))
    }
    #expect(missing?.code == .file)
  }

  @Test func aClassThatTheModelLacksIsRefused() throws {
    let thresholds = ClassThresholds([.init(name: "z", threshold: 0.5)])
    let error = #expect(throws: ModelFileError.self) {
      try thresholds.values(for: ["a", "b"], otherwise: 0, path: "t.json")
    }
    #expect(error?.message == "t.json: thresholds: \"z\" is not a class of the model (a, b)")
    #expect(error?.code == .mismatch)
  }
}
