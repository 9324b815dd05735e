import FileStore
import Testing

@Suite struct JSONBoundsTests {
  private let bounds = JSONBounds(depth: 3, values: 10, string: 8, number: 6)

  @Test(arguments: [
    "", "{}", "[[[1]]]", #"{"a":{"b":[1,2]}}"#, #"["12345678"]"#, #"["\"\"\"\""]"#, "[-1.5e3]",
    #"["[[[[", "]"]"#, "[1,2,3,4,5,6,7,8,9]", "not JSON", #"["open"#, #"["\"#, "]]]]]",
  ])
  func letsPassWhatIsSmall(text: String) { #expect(bounds.flaw(in: text) == nil) }

  @Test(arguments: [
    ("[[[[1]]]]", "is nested deeper than 3, at byte 3"),
    (#"{"a":{"b":{"c":{}}}}"#, "is nested deeper than 3, at byte 15"),
    ("[1,2,3,4,5,6,7,8,9,10]", "holds more than 10 values"),
    (#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#, "holds more than 10 values"),
    (#"["123456789"]"#, "has a string of more than 8 bytes, at byte 1"),
    (#"["1234567890"#, "has a string of more than 8 bytes, at byte 1"),
    ("[1e10000]", "has a number of more than 6 bytes, at byte 1"),
    ("nonsense", "has a number of more than 6 bytes, at byte 0"),
  ])
  func refusesWhatIsNot(text: String, flaw: String) {
    #expect(bounds.flaw(in: text) == flaw)
    #expect(bounds.flaw(in: Array(text.utf8)) == flaw)
  }

  @Test func goesDownNoNesting() {
    let deep = String(repeating: "[", count: 10_000_000)
    #expect(JSONBounds().flaw(in: deep) == "is nested deeper than 32, at byte 32")
  }
}

@Suite struct BriefTextTests {
  @Test func keepsWhatIsShort() { #expect(PathText.brief("a\nb") == "a\\nb") }

  @Test func keepsBothEnds() {
    let text = "begin" + String(repeating: "n", count: 1 << 20) + "end"
    let brief = PathText.brief(text, limit: 100)
    #expect(brief.hasPrefix("begin") && brief.hasSuffix("end") && brief.contains(" … "))
    #expect(brief.unicodeScalars.count == 103)
  }
}
