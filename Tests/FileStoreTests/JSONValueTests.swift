import FileStore
import Testing

@Suite struct JSONValueTests {
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
}
