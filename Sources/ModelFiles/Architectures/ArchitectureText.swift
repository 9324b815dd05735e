import FileStore

/// The part of a JSON file that is an architecture, and what no decoder would say of it: where a text
/// stops being JSON, and which field stands there twice.
struct ArchitectureText {
  /// JSON in UTF-8.
  let bytes: [UInt8]

  /// - Throws: what is wrong, as the end of a sentence that begins with "it".
  init(_ bytes: [UInt8]) throws(BoundedJSON.Failure) {
    // Before any value is made: the bounds keep the parser's memory and depth in hand.
    try BoundedJSON.requireBounds(bytes)
    let value: JSONValue
    do {
      value = try JSONValue(parsing: bytes)
    } catch {
      throw BoundedJSON.Failure(
        reason: "is not JSON at \(ArchitectureText.place(of: error.offset, in: bytes)): "
          + error.message)
    }
    if let flaw = ArchitectureText.repetition(in: value) { throw BoundedJSON.Failure(reason: flaw) }
    // All that `info --json` prints of a model holds its architecture.
    let isWhole = value["layers"] != nil && value["input"] != nil
    if !isWhole, value["architectures"] != nil {
      throw BoundedJSON.Failure(
        reason: "is a list of networks without their layers: a listed one is asked for by its name")
    }
    let part = isWhole ? nil : value["model"]?["architecture"] ?? value["architecture"]
    self.bytes = part.map { Array($0.text.utf8) } ?? bytes
  }

  /// `line 3, column 14`, both counted from 1, columns in bytes.
  private static func place(of offset: Int, in bytes: [UInt8]) -> String {
    let before = bytes[..<min(offset, bytes.count)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return "line \(line), column \(before.count - start + 1)"
  }

  /// Which field an object has twice; a decoder would take one of them in silence.
  private static func repetition(in value: JSONValue, path: String = "") -> String? {
    switch value {
    case .object(let members):
      var seen: Set<String> = []
      for member in members {
        let place = path.isEmpty ? member.key : "\(path).\(member.key)"
        guard seen.insert(member.key).inserted else {
          return "gives \(PathText.brief(place, limit: 200)) twice"
        }
        if let flaw = repetition(in: member.value, path: place) { return flaw }
      }
      return nil
    case .array(let values):
      return values.enumerated().lazy.compactMap {
        repetition(in: $0.element, path: "\(path)[\($0.offset)]")
      }.first
    default: return nil
    }
  }
}
