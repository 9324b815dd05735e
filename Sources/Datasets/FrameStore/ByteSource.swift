import Glibc

/// The bytes of a text file in order, through one fixed buffer, without its byte order mark.
///
/// A file in UTF-16 (told by its byte order mark, or by the zero beside its first letter) is given
/// as UTF-8. Control characters that no text holds end the reading with an error.
struct ByteSource: ~Copyable {
  private enum Encoding {
    case bytes
    case utf16(bigEndian: Bool)
  }

  private let path: String
  private let handle: Int32
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  private var position = 0
  private var filled = 0
  private var encoding = Encoding.bytes
  /// The UTF-8 of one UTF-16 character, last byte first.
  private var pending: [UInt8] = []
  private var lineNumber = 1

  init(path: String) throws(DatasetError) {
    self.path = path
    handle = open(path, O_RDONLY | O_CLOEXEC)
    guard handle >= 0 else {
      throw DatasetError(
        errno == EACCES ? .permission : .notFound, path: path, String(cString: strerror(errno)))
    }
    try fill()
    switch (filled, buffer[0], buffer[1], buffer[2]) {
    case (3..., 0xEF, 0xBB, 0xBF): position = 3
    case (2..., 0xFF, 0xFE, _): (position, encoding) = (2, .utf16(bigEndian: false))
    case (2..., 0xFE, 0xFF, _): (position, encoding) = (2, .utf16(bigEndian: true))
    case (2..., 1..., 0, _): encoding = .utf16(bigEndian: false)
    case (2..., 0, 1..., _): encoding = .utf16(bigEndian: true)
    default: break
    }
  }

  deinit { close(handle) }

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
      guard let following = try next() else { break }
      byte = following
    }
    if bytes.last == 13 { bytes.removeLast() }
    return bytes
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
