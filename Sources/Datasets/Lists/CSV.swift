/// Comma-separated values as RFC 4180 has them: quoted fields, doubled quotes, line breaks inside
/// quotes; a byte order mark and CR LF line ends are accepted.
public enum CSV {
  /// One record without its line end; fields are quoted where they must be.
  public static func line(_ fields: [String]) -> String {
    fields.map { field in
      let needsQuotes = field.utf8.contains {
        $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13
      }
      guard needsQuotes else { return field }
      let doubled = field.split(separator: "\"", omittingEmptySubsequences: false)
        .joined(separator: "\"\"")
      return "\"" + doubled + "\""
    }.joined(separator: ",")
  }

  /// Calls `body` with the fields of every record and the 1-based line on which it begins; empty
  /// lines are left out. Memory does not grow with the file.
  public static func forEachRecord(
    path: String, _ body: (_ fields: [String], _ line: Int) throws -> Void
  ) throws {
    var reader = try CSVReader(path: path)
    while let record = try reader.next() { try body(record.fields, record.line) }
  }
}

/// Reads one record after another; memory does not grow with the file.
struct CSVReader: ~Copyable {
  struct Record {
    var fields: [String]
    /// 1-based line on which the record begins.
    var line: Int
  }

  private let path: String
  private var source: ByteSource
  private let separator: UInt8
  private var line = 1
  private(set) var decoding = TextDecoding()

  init(path: String, separator: UInt8 = UInt8(ascii: ",")) throws(DatasetError) {
    self.path = path
    self.separator = separator
    source = try ByteSource(path: path)
  }

  /// The next record that is not an empty line, or nil at the end.
  mutating func next() throws(DatasetError) -> Record? {
    while true {
      guard let record = try record() else { return nil }
      if record.fields.count > 1 || record.fields[0] != "" { return record }
    }
  }

  private mutating func record() throws(DatasetError) -> Record? {
    guard var byte = try source.next() else { return nil }
    let firstLine = line
    var fields: [String] = []
    var field: [UInt8] = []
    var quoted = false
    var length = 0
    while true {
      length += 1
      if length > ByteSource.longestRecord { throw source.tooLong(line: firstLine) }
      if quoted {
        if byte == UInt8(ascii: "\"") {
          guard let after = try source.next() else { break }
          if after == UInt8(ascii: "\"") {
            field.append(after)
          } else {
            quoted = false
            byte = after
            continue
          }
        } else {
          if byte == 10 { line += 1 }
          field.append(byte)
        }
      } else if byte == separator {
        fields.append(try text(field, line: firstLine))
        field.removeAll(keepingCapacity: true)
      } else if byte == 10 {
        line += 1
        if field.last == 13 { field.removeLast() }
        break
      } else if byte == UInt8(ascii: "\""), field.isEmpty {
        quoted = true
      } else {
        field.append(byte)
      }
      guard let following = try source.next() else {
        if quoted {
          throw DatasetError(
            .format, path: path, "line \(firstLine): a quote is opened and never closed; close it")
        }
        break
      }
      byte = following
    }
    fields.append(try text(field, line: firstLine))
    return Record(fields: fields, line: firstLine)
  }

  private mutating func text(_ bytes: [UInt8], line: Int) throws(DatasetError) -> String {
    guard let text = decoding.text(bytes, line: line) else {
      throw DatasetError(.format, path: path, "line \(line): not UTF-8; save the file as UTF-8")
    }
    return text
  }
}
