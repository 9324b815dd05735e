/// A JSON value whose objects keep the order of their members, so that records read well and equal
/// input gives equal bytes.
public enum JSONValue: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without a fraction or exponent that an `Int` holds.
  case integer(Int)
  /// Any other number; finite.
  case number(Double)
  /// Text without quotes and escapes.
  case string(String)
  /// Values in their order.
  case array([JSONValue])
  /// Members in their order.
  case object([Member])

  /// One `"key": value` of an object.
  public struct Member: Sendable, Equatable {
    /// The name, without quotes.
    public let key: String
    /// What stands behind the colon.
    public let value: JSONValue

    /// A member that is to be written.
    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The value of the first member of that name; nil for anything but an object that has it.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// The text; nil for values of another kind.
  public var stringValue: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  /// The number, whole ones included; nil for values of another kind.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    default: return nil
    }
  }

  /// The number where it is whole and an `Int` holds it; nil for other values.
  public var integerValue: Int? {
    switch self {
    case .integer(let value): return value
    case .number(let value): return Int(exactly: value)
    default: return nil
    }
  }

  /// The values; nil for values of another kind.
  public var arrayValue: [JSONValue]? {
    if case .array(let values) = self { return values }
    return nil
  }

  /// The members of an object; nil for values of another kind.
  public var members: [Member]? {
    if case .object(let members) = self { return members }
    return nil
  }

  /// The value on one line, without spaces.
  public var text: String {
    var out = ""
    write(to: &out)
    return out
  }

  private func write(to out: inout String) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .integer(let value): out += String(value)
    case .number(let value):
      precondition(value.isFinite, "JSON has no infinities and no NaN")
      out += value.description
    case .string(let text): out += JSONText.quoted(text, keepsOneLine: true)
    case .array(let values):
      out += "["
      for (index, value) in values.enumerated() {
        if index > 0 { out += "," }
        value.write(to: &out)
      }
      out += "]"
    case .object(let members):
      out += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { out += "," }
        out += JSONText.quoted(member.key, keepsOneLine: true)
        out += ":"
        member.value.write(to: &out)
      }
      out += "}"
    }
  }
}
