import FileStore

/// The bytes of a text file in order, through one buffer, without its byte order mark.
///
/// A file in UTF-16 (told by its byte order mark, or by the zero beside its first letter) is given
/// as UTF-8. Control characters that no text holds end the reading with an error. Only regular files
/// are read, of a size that a list can have: a device would go on for ever.
struct ByteSource: ~Copyable {
  private enum Encoding {
    case bytes
    case utf16(bigEndian: Bool)
  }

  private let path: String
  private var file: FileReader
  private var buffer: [UInt8]
  private var position = 0
  private var filled: Int
  private var encoding = Encoding.bytes
  /// The UTF-8 of one UTF-16 character, last byte first.
  private var pending: [UInt8] = []
  private(set) var lineNumber = 1

  /// Bytes of a list or table: more than millions of clips take.
  private static let mostBytes = 1 << 28
  /// Bytes of a line, or of a record with line breaks in it.
  static let longestRecord = 1 << 22

  init(path: String) throws(DatasetError) {
    var file = try ByteSource.open(path)
    buffer = try ByteSource.piece(of: &file)
    filled = buffer.count
    self.path = path
    self.file = file
    let head = Array(buffer.prefix(3)) + [0, 0, 0]
    switch (filled, head[0], head[1], head[2]) {
    case (3..., 0xEF, 0xBB, 0xBF): position = 3
    case (2..., 0xFF, 0xFE, _): (position, encoding) = (2, .utf16(bigEndian: false))
    case (2..., 0xFE, 0xFF, _): (position, encoding) = (2, .utf16(bigEndian: true))
    case (2..., 1..., 0, _): encoding = .utf16(bigEndian: false)
    case (2..., 0, 1..., _): encoding = .utf16(bigEndian: true)
    default: break
    }
  }

  private static func open(_ path: String) throws(DatasetError) -> FileReader {
    do throws(FileStoreError) {
      let file = try FileReader(path)
      if file.size <= mostBytes { return file }
    } catch {
      throw DatasetError(file: error)
    }
    throw DatasetError(
      .format, path: path,
      "has more than the \(mostBytes) bytes of a list; is it the right file?")
  }

  mutating func next() throws(DatasetError) -> UInt8? {
    let byte: UInt8?
    if case .utf16(let bigEndian) = encoding {
      byte = try nextOfUTF16(bigEndian: bigEndian)
    } else {
      byte = try nextByte()
    }
    if let byte, byte < 32 {
      if byte == 10 { lineNumber += 1 }
      guard (9...13).contains(byte) else { throw notText() }
    }
    return byte
  }

  /// The next line without its line end, or nil at the end.
  mutating func line() throws(DatasetError) -> [UInt8]? {
    guard var byte = try next() else { return nil }
    var bytes: [UInt8] = []
    while byte != 10 {
      bytes.append(byte)
      if bytes.count > ByteSource.longestRecord { throw tooLong(line: lineNumber) }
      guard let following = try next() else { break }
      byte = following
    }
    if bytes.last == 13 { bytes.removeLast() }
    return bytes
  }

  func tooLong(line: Int) -> DatasetError {
    DatasetError(
      .format, path: path,
      "line \(line): goes on for more than \(ByteSource.longestRecord) bytes; is it the right file?"
    )
  }

  private func notText() -> DatasetError {
    DatasetError(
      .format, path: path,
      "line \(lineNumber): not text; expected a CSV manifest with filepath,label or lines of \"path label\""
    )
  }

  private mutating func nextByte() throws(DatasetError) -> UInt8? {
    if position == filled {
      try fill()
      if filled == 0 { return nil }
    }
    position += 1
    return buffer[position - 1]
  }

  private mutating func nextOfUTF16(bigEndian: Bool) throws(DatasetError) -> UInt8? {
    if let byte = pending.popLast() { return byte }
    guard let unit = try nextUnit(bigEndian: bigEndian) else { return nil }
    var units = [unit]
    if UTF16.isLeadSurrogate(unit), let trail = try nextUnit(bigEndian: bigEndian) {
      units.append(trail)
    }
    guard let text = String(validating: units, as: UTF16.self) else { throw notText() }
    pending = text.utf8.reversed()
    return pending.popLast()
  }

  private mutating func nextUnit(bigEndian: Bool) throws(DatasetError) -> UInt16? {
    guard let first = try nextByte() else { return nil }
    guard let second = try nextByte() else { throw notText() }
    return bigEndian
      ? UInt16(first) << 8 | UInt16(second) : UInt16(second) << 8 | UInt16(first)
  }

  private mutating func fill() throws(DatasetError) {
    position = 0
    buffer = try ByteSource.piece(of: &file)
    filled = buffer.count
  }

  private static func piece(of file: inout FileReader) throws(DatasetError) -> [UInt8] {
    do throws(FileStoreError) {
      return try file.read(1 << 16)
    } catch {
      throw DatasetError(file: error)
    }
  }
}
