/// Why a file is not read as a zip archive.
package struct ZipFlaw: Error {
  /// Whether it is cut short rather than wrong.
  package let isTruncated: Bool
  /// What is wrong, as a part of a sentence.
  package let reason: String
}

/// The entries of a zip archive, of which nothing is believed that is not said twice.
///
/// Note [Zip]: the central directory counts (APPNOTE.TXT of PKWARE, with zip64). It has to end
/// where its end record begins; every entry's local header must say the same as it; entries may not
/// share bytes with each other or with the directory, so that no entry can be something else for
/// another reader and none can be read many times over.
package struct ZipDirectory {
  enum Limit {
    static let entries = 1 << 18
    /// Bytes of the central directory.
    static let size = 1 << 26
  }

  /// A file in the archive.
  package struct Entry: Sendable {
    /// As it stands there, with folders; nothing is ever written by it.
    package let name: String
    /// 0 for stored, 8 for deflated.
    package let method: Int
    /// Where its bytes are in the archive.
    package let range: Range<Int>
    /// Bytes once unpacked, as the archive says.
    package let size: Int
    /// CRC-32 of them, as the archive says.
    package let checksum: UInt32
  }

  private struct Record {
    var name: String
    var flags: Int
    var method: Int
    var checksum: UInt64
    var stored: UInt64
    var size: UInt64
    var header: UInt64
  }

  private struct End {
    var entries: UInt64
    var size: UInt64
    var offset: UInt64
    /// Where the first of the end records begins.
    var position: Int
  }

  /// In the order of their bytes.
  package let entries: [Entry]

  /// - Parameters:
  ///   - size: bytes of the archive.
  ///   - read: so many bytes from an offset, all of which the archive has.
  /// - Throws: `ZipFlaw`, and what `read` throws.
  package init(size: Int, read: @escaping (_ count: Int, _ offset: Int) throws -> [UInt8]) throws {
    entries = try Parser(size: size, bytes: read).entries()
  }

  private struct Parser {
    let size: Int
    let bytes: (_ count: Int, _ offset: Int) throws -> [UInt8]

    func entries() throws -> [Entry] {
      let end = try findEnd()
      guard end.entries <= UInt64(Limit.entries), end.size <= UInt64(Limit.size),
        end.size <= UInt64(end.position), end.offset == UInt64(end.position) - end.size,
        end.size >= 46 * end.entries
      else {
        throw broken(
          "its directory of \(end.entries) entries would be \(end.size) bytes at \(end.offset) "
            + "and must end at \(end.position)")
      }
      let directory = try bytes(Int(end.size), Int(end.offset))
      let records = try parse(directory, count: Int(end.entries)).sorted { $0.header < $1.header }
      var free = 0
      var names: Set<String> = []
      return try records.map { record in
        guard record.header >= UInt64(free), record.header <= end.offset else {
          throw broken("the entry \(shown(record)) lies over another or outside of the file")
        }
        let range = try locate(record, before: Int(end.offset))
        free = range.upperBound
        guard names.insert(record.name).inserted else {
          throw broken("it has the entry \(shown(record)) twice")
        }
        return Entry(
          name: record.name, method: record.method, range: range, size: Int(record.size),
          checksum: UInt32(truncatingIfNeeded: record.checksum))
      }
    }

    // MARK: End records

    private func findEnd() throws -> End {
      let length = min(size, 22 + 0xFFFF)
      let tail = try bytes(length, size - length)
      // Backwards, so that a comment with such a record in it counts as a comment.
      var start = length - 22
      while start >= 0 {
        let record = tail[start...]
        if record.starts(with: [0x50, 0x4B, 5, 6]),
          field(record, 20, 2) == UInt64(length - start - 22)
        {
          return try end(record, at: size - length + start)
        }
        start -= 1
      }
      throw ZipFlaw(isTruncated: true, reason: "a zip archive without its directory")
    }

    private func end(_ record: ArraySlice<UInt8>, at position: Int) throws -> End {
      guard field(record, 4, 2) == 0, field(record, 6, 2) == 0,
        field(record, 8, 2) == field(record, 10, 2)
      else { throw broken("it is a part of an archive of several files") }
      let short = End(
        entries: field(record, 10, 2), size: field(record, 12, 4), offset: field(record, 16, 4),
        position: position)
      let needsWide =
        short.entries == 0xFFFF || short.size == 0xFFFF_FFFF
        || short.offset == 0xFFFF_FFFF
      let locator = position >= 76 ? try bytes(20, position - 20) : []
      guard locator.starts(with: [0x50, 0x4B, 6, 7]) else {
        if needsWide { throw broken("its zip64 end record is missing") }
        return short
      }
      let widePosition = position - 76
      let wide = try bytes(56, widePosition)
      guard wide.starts(with: [0x50, 0x4B, 6, 6]), field(wide[...], 4, 8) == 44,
        field(locator[...], 4, 4) == 0, field(locator[...], 8, 8) == UInt64(widePosition),
        field(wide[...], 16, 8) == 0, field(wide[...], 24, 8) == field(wide[...], 32, 8)
      else { throw broken("its zip64 end record is not where it should be") }
      let long = End(
        entries: field(wide[...], 32, 8), size: field(wide[...], 40, 8),
        offset: field(wide[...], 48, 8), position: widePosition)
      guard short.entries == 0xFFFF || short.entries == long.entries,
        short.size == 0xFFFF_FFFF || short.size == long.size,
        short.offset == 0xFFFF_FFFF || short.offset == long.offset
      else { throw broken("its two end records contradict each other") }
      return long
    }

    // MARK: Entries

    private func parse(_ directory: [UInt8], count: Int) throws -> [Record] {
      var entries: [Record] = []
      entries.reserveCapacity(count)
      var position = 0
      while entries.count < count {
        let record = directory[position...]
        guard record.count >= 46, record.starts(with: [0x50, 0x4B, 1, 2]) else {
          throw broken("entry \(entries.count) of its directory is none")
        }
        let nameLength = Int(field(record, 28, 2))
        let extraLength = Int(field(record, 30, 2))
        let length = 46 + nameLength + extraLength + Int(field(record, 32, 2))
        guard length <= record.count,
          let name = String(
            validating: record.dropFirst(46).prefix(nameLength), as: UTF8.self)
        else { throw broken("entry \(entries.count) of its directory has no proper name") }
        var entry = Record(
          name: name, flags: Int(field(record, 8, 2)), method: Int(field(record, 10, 2)),
          checksum: field(record, 16, 4), stored: field(record, 20, 4), size: field(record, 24, 4),
          header: field(record, 42, 4))
        // Zip64 sizes stand in this order, each only where the short field is full.
        var wide = wideFields(record.dropFirst(46 + nameLength).prefix(extraLength))
        if entry.size == 0xFFFF_FFFF { entry.size = try takeWide(&wide) }
        if entry.stored == 0xFFFF_FFFF { entry.stored = try takeWide(&wide) }
        if entry.header == 0xFFFF_FFFF { entry.header = try takeWide(&wide) }
        guard entry.flags & 1 == 0 else { throw broken("the entry \(shown(entry)) is encrypted") }
        guard [0, 8].contains(entry.method) else {
          throw broken("the entry \(shown(entry)) is packed by method \(entry.method)")
        }
        guard entry.method != 0 || entry.stored == entry.size else {
          throw broken("the entry \(shown(entry)) has two sizes")
        }
        guard entry.size <= UInt64(Int.max) else {
          throw broken("the entry \(shown(entry)) of \(entry.size) bytes lies outside of the file")
        }
        entries.append(entry)
        position += length
      }
      guard position == directory.count else { throw broken("its directory has bytes left over") }
      return entries
    }

    /// The bytes of an entry, from its local header.
    private func locate(_ entry: Record, before limit: Int) throws -> Range<Int> {
      let start = Int(entry.header)
      guard limit - start >= 30 else {
        throw broken("the entry \(shown(entry)) lies outside of the file")
      }
      let header = try bytes(30, start)[...]
      let nameLength = Int(field(header, 26, 2))
      let extraLength = Int(field(header, 28, 2))
      let data = start + 30 + nameLength + extraLength
      guard data <= limit else {
        throw broken("the entry \(shown(entry)) lies outside of the file")
      }
      let name = try bytes(nameLength, start + 30)
      var size = field(header, 22, 4)
      var stored = field(header, 18, 4)
      if size == 0xFFFF_FFFF || stored == 0xFFFF_FFFF {
        let extra = try bytes(extraLength, start + 30 + nameLength)
        var wide = wideFields(extra[...])
        if size == 0xFFFF_FFFF { size = try takeWide(&wide) }
        if stored == 0xFFFF_FFFF { stored = try takeWide(&wide) }
      }
      // With bit 3 the sizes follow the data and may be zero here.
      let isLater = entry.flags & 8 != 0 && size == 0 && stored == 0
      guard header.starts(with: [0x50, 0x4B, 3, 4]), name.elementsEqual(entry.name.utf8),
        Int(field(header, 6, 2)) == entry.flags, Int(field(header, 8, 2)) == entry.method,
        isLater || (size == entry.size && stored == entry.stored)
      else {
        throw broken("the entry \(shown(entry)) contradicts its own header at byte \(start)")
      }
      guard entry.stored <= UInt64(limit - data) else {
        throw broken("the entry \(shown(entry)) of \(entry.stored) bytes lies outside of the file")
      }
      return data..<data + Int(entry.stored)
    }

    /// The field of kind 1 (zip64) of an extra field.
    private func wideFields(_ extra: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      var rest = extra
      while rest.count >= 4 {
        let length = Int(field(rest, 2, 2))
        guard length <= rest.count - 4 else { break }
        if field(rest, 0, 2) == 1 { return rest.dropFirst(4).prefix(length) }
        rest = rest.dropFirst(4 + length)
      }
      return []
    }

    private func takeWide(_ fields: inout ArraySlice<UInt8>) throws -> UInt64 {
      guard fields.count >= 8 else { throw broken("an entry lacks its zip64 sizes") }
      let value = field(fields, 0, 8)
      fields = fields.dropFirst(8)
      return value
    }

    private func field(_ record: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> UInt64 {
      littleEndian(record.dropFirst(offset).prefix(count))
    }

    private func shown(_ entry: Record) -> String { PathText.brief(entry.name, limit: 60) }

    private func broken(_ what: String) -> ZipFlaw { ZipFlaw(isTruncated: false, reason: what) }
  }
}
