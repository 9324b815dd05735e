extension DecodingError {
  /// What is wrong and where, for people: `layers[2].kernel: …`.
  ///
  /// - Parameter depth: so many parts of the path are known already.
  package func explanation(below depth: Int = 0) -> String {
    switch self {
    case .keyNotFound(let key, let context):
      DecodingError.place(context.codingPath, depth) + "\"\(key.stringValue)\" is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      DecodingError.place(context.codingPath, depth) + context.debugDescription
    @unknown default: "it cannot be read"
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
