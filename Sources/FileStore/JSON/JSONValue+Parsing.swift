extension JSONValue {
  /// Reads one value that fills `bytes`, white space around it allowed.
  ///
  /// - Throws: `JSONError` with the offset of the first byte that does not fit; nesting deeper than
  ///   64 is refused.
  public init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
    var reader = JSONReader(Array(bytes), replacesHalfPairs: true)
    self = try JSONValue.read(from: &reader, depth: 0)
    reader.skipSpace()
    if reader.current != nil { throw reader.error("text after the value") }
  }

  private static func read(
    from reader: inout JSONReader, depth: Int
  ) throws(JSONError) -> JSONValue {
    if depth > 64 { throw reader.error("nested deeper than 64") }
    reader.skipSpace()
    switch reader.current {
    case UInt8(ascii: "{"):
      var members: [Member] = []
      try reader.object { (reader, key) throws(JSONError) in
        members.append(Member(key, try read(from: &reader, depth: depth + 1)))
      }
      return .object(members)
    case UInt8(ascii: "["):
      var values: [JSONValue] = []
      try reader.array { (reader) throws(JSONError) in
        values.append(try read(from: &reader, depth: depth + 1))
      }
      return .array(values)
    case UInt8(ascii: "\""): return .string(try reader.string())
    case UInt8(ascii: "t") where reader.take(word: "true"): return .bool(true)
    case UInt8(ascii: "f") where reader.take(word: "false"): return .bool(false)
    case UInt8(ascii: "n") where reader.take(word: "null"): return .null
    default: return try number(from: &reader)
    }
  }

  private static func number(from reader: inout JSONReader) throws(JSONError) -> JSONValue {
    let failure = reader.error("a JSON value expected")
    let text = reader.run { byte in
      switch byte {
      case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
        UInt8(ascii: "E"):
        true
      default: false
      }
    }
    let isPlain = text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
    if isPlain, let integer = Int(text) { return .integer(integer) }
    guard text.utf8.first != UInt8(ascii: "+"), let number = Double(text), number.isFinite else {
      throw failure
    }
    return .number(number)
  }
}
