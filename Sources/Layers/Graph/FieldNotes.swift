/// Which fields of an object its reader has asked for. Others are none that it knows: misspelt, most
/// often, and another network where they are passed over.
package final class FieldNotes {
  private(set) var asked: Set<String> = []

  func note(_ key: some CodingKey) { asked.insert(key.stringValue) }

  /// What is wrong with the fields of the object that `decoder` stands at; nil where all were asked
  /// for.
  func flaw(in decoder: any Decoder) throws -> String? {
    let names = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    guard let stranger = names.filter({ !asked.contains($0) }).min() else { return nil }
    return FieldNotes.flaw(stranger, known: asked.subtracting(["type", "name", "inputs"]))
  }

  /// Says that there is no such field, which there are, and which may be meant.
  package static func flaw(_ stranger: String, known: Set<String>) -> String {
    let fields = known.sorted()
    let near = fields.min { distance($0, stranger) < distance($1, stranger) }
    let meant = near.flatMap { distance($0, stranger) <= 3 ? "; did you mean \"\($0)\"?" : nil }
    return "has no field \"\(stranger.prefix(40))\""
      + (meant ?? (fields.isEmpty ? "" : "; it has \(fields.joined(separator: ", "))"))
  }

  /// Letters to be put in, taken out or replaced to come from one word to the other (Levenshtein).
  private static func distance(_ one: String, _ other: String) -> Int {
    let other = Array(other.unicodeScalars.prefix(40))
    var row = Array(0...other.count)
    for (index, scalar) in one.unicodeScalars.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in other.indices {
        let replaced = diagonal + (other[column] == scalar ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
      }
    }
    return row[other.count]
  }

  /// Any name of a field.
  struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension CodingUserInfoKey {
  /// Set to true where objects with unknown fields are refused: in files that people write.
  package static let refusesUnknownFields = CodingUserInfoKey(rawValue: "refusesUnknownFields")!
}

/// A decoder that notes which fields of its object are asked for.
struct NotingDecoder: Decoder {
  let base: any Decoder
  let notes: FieldNotes

  var codingPath: [any CodingKey] { base.codingPath }
  var userInfo: [CodingUserInfoKey: Any] { base.userInfo }

  func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(
      NotingContainer(base: try base.container(keyedBy: type), notes: notes))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try base.unkeyedContainer() }
  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    try base.singleValueContainer()
  }
}

private struct NotingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let base: KeyedDecodingContainer<Key>
  let notes: FieldNotes

  var codingPath: [any CodingKey] { base.codingPath }
  var allKeys: [Key] { base.allKeys }

  private func noted(_ key: Key) -> KeyedDecodingContainer<Key> {
    notes.note(key)
    return base
  }

  func contains(_ key: Key) -> Bool { noted(key).contains(key) }
  func decodeNil(forKey key: Key) throws -> Bool { try noted(key).decodeNil(forKey: key) }
  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try noted(key).decode(type, forKey: key)
  }

  func nestedContainer<Nested>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try noted(key).nestedContainer(keyedBy: type, forKey: key)
  }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try noted(key).nestedUnkeyedContainer(forKey: key)
  }
  func superDecoder() throws -> any Decoder { try base.superDecoder() }
  func superDecoder(forKey key: Key) throws -> any Decoder {
    try noted(key).superDecoder(forKey: key)
  }
}
