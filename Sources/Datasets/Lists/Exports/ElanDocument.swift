/// ELAN's own file (`.eaf`): annotations between time slots on tiers, all of which are read.
struct ElanDocument {
  private let path: String

  init(path: String) { self.path = path }

  func read() throws(DatasetError) -> FoundClips {
    var slots: [String: Double] = [:]
    var movie: String?
    var open: (from: String, to: String)?
    var value: String?
    var annotations: [(from: String, to: String, label: String)] = []
    var scanner = try TagScanner(path: path)
    var isDocument = false
    while let tag = try scanner.next() {
      switch tag.name {
      case "ANNOTATION_DOCUMENT": isDocument = true
      case "MEDIA_DESCRIPTOR" where movie == nil:
        let named = [tag.attributes["RELATIVE_MEDIA_URL"], tag.attributes["MEDIA_URL"]]
        movie = named.compactMap { $0 }.first { !$0.isEmpty }
      case "TIME_SLOT":
        // ELAN leaves the value out where nobody has said when.
        if let id = tag.attributes["TIME_SLOT_ID"], let text = tag.attributes["TIME_VALUE"] {
          guard let time = Double(text) else {
            throw DatasetError(
              .format, path: path,
              "time slot \(id) is at \"\(text.prefix(40))\"; expected milliseconds, such as 1500")
          }
          slots[id] = time / 1000
        }
      case "ALIGNABLE_ANNOTATION":
        open = tag.attributes["TIME_SLOT_REF1"].flatMap { from in
          tag.attributes["TIME_SLOT_REF2"].map { (from, $0) }
        }
        value = nil
      case "ANNOTATION_VALUE": value = trimmed(tag.text)
      case "/ALIGNABLE_ANNOTATION":
        if let open, let value { annotations.append((open.from, open.to, value)) }
        open = nil
      default: break
      }
    }
    guard isDocument else {
      throw DatasetError(.format, path: path, "not an ELAN document; expected ANNOTATION_DOCUMENT")
    }
    var list = IntervalList(path: path)
    let name = movie.map { $0.hasPrefix("file:") ? String($0.drop { $0 != "/" }) : $0 }
    for (number, annotation) in annotations.enumerated() {
      guard let start = slots[annotation.from], let end = slots[annotation.to] else {
        list.leaveOutPoint()
        continue
      }
      try list.add(
        name ?? list.namesake(), label: annotation.label, start: start, end: end, line: number + 1)
    }
    return list.finish()
  }
}

/// The tags of an XML file one after another, each with the text behind it.
private struct TagScanner: ~Copyable {
  struct Tag {
    /// Begins with `/` where the tag ends an element.
    var name: String
    var attributes: [String: String]
    var text: String
  }

  private var source: ByteSource
  private var isAtStart = true

  init(path: String) throws(DatasetError) { source = try ByteSource(path: path) }

  mutating func next() throws(DatasetError) -> Tag? {
    if isAtStart { _ = try text(until: UInt8(ascii: "<")) }
    isAtStart = false
    guard let inside = try text(until: UInt8(ascii: ">")) else { return nil }
    let behind = try text(until: UInt8(ascii: "<")) ?? ""
    let name = inside.prefix { !$0.isWhitespace && ($0 != "/" || inside.first == "/") }
    var attributes: [String: String] = [:]
    // NAME="value" NAME='value'
    var rest = inside.dropFirst(name.count)
    while let equals = rest.firstIndex(of: "=") {
      let key = rest[..<equals].filter { !$0.isWhitespace }
      rest = rest[rest.index(after: equals)...].drop(while: \.isWhitespace)
      guard let quote = rest.first, quote == "\"" || quote == "'" else { break }
      rest.removeFirst()
      guard let end = rest.firstIndex(of: quote) else { break }
      attributes[key] = TagScanner.plain(rest[..<end])
      rest = rest[rest.index(after: end)...]
    }
    let isElement = name.hasSuffix("/") && name.count > 1
    return Tag(
      name: String(isElement ? name.dropLast() : name), attributes: attributes,
      text: TagScanner.plain(Substring(behind)))
  }

  /// Nil at the end of the file.
  private mutating func text(until mark: UInt8) throws(DatasetError) -> String? {
    var bytes: [UInt8] = []
    while let byte = try source.next() {
      if byte == mark { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
      if bytes.count > ByteSource.longestRecord { throw source.tooLong(line: source.lineNumber) }
    }
    return nil
  }

  private static func plain(_ text: Substring) -> String {
    guard text.contains("&") else { return String(text) }
    var result = ""
    for (position, piece) in text.split(separator: "&", omittingEmptySubsequences: false)
      .enumerated()
    {
      guard position > 0, let end = piece.firstIndex(of: ";") else {
        result += position > 0 ? "&" + piece : piece
        continue
      }
      let name = piece[..<end]
      let number =
        name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
      let known = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"][String(name)]
      result +=
        known ?? number.flatMap(Unicode.Scalar.init).map { String(Character($0)) } ?? "&\(name);"
      result += piece[piece.index(after: end)...]
    }
    return result
  }
}
