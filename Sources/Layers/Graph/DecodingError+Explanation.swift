extension DecodingError {
  /// What is wrong and where, for people: `layers[2].kernel: …`.
  ///
  /// - Parameter depth: so many parts of the path are known already.
  package func explanation(below depth: Int = 0) -> String {
    switch self {
    case .keyNotFound(let key, let context):
      DecodingError.place(context.codingPath, depth) + "\"\(key.stringValue)\" is missing"
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      DecodingError.place(context.codingPath, depth) + "must be " + DecodingError.noun(type)
    case .dataCorrupted(let context):
      DecodingError.place(context.codingPath, depth) + context.debugDescription
    @unknown default: "it cannot be read"
    }
  }

  /// What JSON calls a type of ours.
  private static func noun(_ type: any Any.Type) -> String {
    switch type {
    case is Int.Type, is UInt64.Type: "a whole number"
    case is Double.Type, is Float.Type: "a number"
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is any Collection.Type where !(type is any ExpressibleByDictionaryLiteral.Type): "a list"
    default: "an object"
    }
  }

  private static func place(_ path: [any CodingKey], _ depth: Int) -> String {
    var text = ""
    for key in path.dropFirst(depth) {
      text +=
        key.intValue.map { "[\($0)]" } ?? (text.isEmpty ? "" : ".") + key.stringValue.prefix(80)
    }
    return text.isEmpty ? "" : text + ": "
  }
}
