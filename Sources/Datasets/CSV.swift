import Glibc

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
    while true {
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

  private func text(_ bytes: [UInt8], line: Int) throws(DatasetError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw DatasetError(.format, path: path, "line \(line): not UTF-8; save the file as UTF-8")
    }
    return text
  }
}

/// The bytes of a file in order, through one fixed buffer, without its byte order mark.
struct ByteSource: ~Copyable {
  private let path: String
  private let handle: Int32
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var position = 0
  private var filled = 0

  init(path: String) throws(DatasetError) {
    self.path = path
    handle = open(path, O_RDONLY | O_CLOEXEC)
    guard handle >= 0 else {
      throw DatasetError(
        errno == EACCES ? .permission : .notFound, path: path, String(cString: strerror(errno)))
    }
    try fill()
    if filled >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF { position = 3 }
  }

  deinit { close(handle) }

  mutating func next() throws(DatasetError) -> UInt8? {
    if position == filled {
      try fill()
      if filled == 0 { return nil }
    }
    position += 1
    return buffer[position - 1]
  }

  /// The next line without its line end, or nil at the end.
  mutating func line() throws(DatasetError) -> [UInt8]? {
    guard var byte = try next() else { return nil }
    var bytes: [UInt8] = []
    while byte != 10 {
      bytes.append(byte)
      guard let following = try next() else { break }
      byte = following
    }
    if bytes.last == 13 { bytes.removeLast() }
    return bytes
  }

  private mutating func fill() throws(DatasetError) {
    position = 0
    filled = 0
    while true {
      let got = read(handle, &buffer, buffer.count)
      if got >= 0 {
        filled = got
        return
      }
      guard errno == EINTR else {
        throw DatasetError(.io, path: path, "cannot be read: \(String(cString: strerror(errno)))")
      }
    }
  }
}
