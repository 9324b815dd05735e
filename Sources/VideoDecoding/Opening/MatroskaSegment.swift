import Foundation

/// Where the contents of a Matroska file should end.
///
/// FFmpeg reports the end of a file that was cut off as it reports any end; the duration in the
/// header tells, but there are files without it (live recordings, streams without timestamps).
enum MatroskaSegment {
  /// The end that the file states for its first segment, in bytes from its start; nil where it
  /// states none (live recordings), or is no Matroska file.
  static func end(descriptor: Int32) -> Int64? {
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    var reader = Reader(bytes: bytes[..<count])
    guard reader.identifier() == 0x1a45_dfa3, let header = reader.size(),
      header <= Int64(count)
    else { return nil }
    reader.place += Int(header)
    guard reader.identifier() == 0x1853_8067, let segment = reader.size() else { return nil }
    let (end, overflow) = Int64(reader.place).addingReportingOverflow(segment)
    return overflow ? nil : end
  }

  /// EBML's numbers: the position of the first 1 tells how many bytes there are.
  private struct Reader {
    let bytes: ArraySlice<UInt8>
    var place = 0

    /// Four bytes, as both identifiers have.
    mutating func identifier() -> UInt32? {
      guard place + 4 <= bytes.count else { return nil }
      defer { place += 4 }
      return bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Nil when it does not fit, and for "unknown", which is all ones.
    mutating func size() -> Int64? {
      guard place < bytes.count else { return nil }
      let length = bytes[place].leadingZeroBitCount + 1
      guard length <= 8, place + length <= bytes.count else { return nil }
      defer { place += length }
      let mask = Int64(1) << (7 * length) - 1
      let value = bytes[place..<place + length].reduce(Int64(0)) { $0 << 8 | Int64($1) } & mask
      return value == mask ? nil : value
    }
  }
}
