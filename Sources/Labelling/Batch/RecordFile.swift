import FileStore

/// Reads files of records, JSON Lines or a JSON list, as `label` writes them.
public enum RecordFile {
  /// What a file holds.
  public struct Content: Sendable {
    /// In order.
    public var records: [LabelRecord] = []
    /// Lines that are no JSON: torn by a crash, or foreign.
    public var badLines = 0
    /// Why others were refused, each with its place in the file.
    public var refused: [String] = []
  }

  /// The records in `path` and what in it is none.
  ///
  /// - Throws: `FileStoreError` when it cannot be read, `LabelError` when it holds no record though
  ///   it is not empty.
  public static func read(_ path: String) throws -> Content {
    var content = Content()
    if let list = try elements(ofListIn: path) {
      for (index, element) in list.ranges.enumerated() {
        content.take(list.bytes[element], at: "\(path): record \(index + 1)")
      }
    } else {
      var lines = try LineReader(path, longest: JournalFile.longestLine)
      while let line = try lines.next() {
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
        content.take(line[...], at: "\(path): line \(lines.number)")
      }
    }
    if content.records.isEmpty, content.badLines > 0 || !content.refused.isEmpty {
      throw LabelError(
        .record,
        content.refused.first.map { "\($0); there is no sound record in the file" }
          ?? "\(path): holds no label records; expected what vidclass label wrote")
    }
    return content
  }

  /// Bytes of a JSON list, which is held in memory.
  private static let longestList = 1 << 29

  /// A JSON list and where its elements are; nil when the file is none.
  private static func elements(
    ofListIn path: String
  ) throws(FileStoreError) -> (bytes: [UInt8], ranges: [Range<Int>])? {
    var reader = try FileReader(path)
    let isSpace: (UInt8) -> Bool = { [0x20, 0x0A, 0x0D, 0x09].contains($0) }
    guard try reader.read(1 << 12).first(where: { !isSpace($0) }) == UInt8(ascii: "[") else {
      return nil
    }
    let bytes = try RegularFile.read(path, maximumBytes: longestList)
    var ranges: [Range<Int>] = []
    var depth = 0
    var start: Int?
    var isList = true
    bytes.withUnsafeBufferPointer { bytes in
      JSONTokens.forEach(bytes) { kind, range in
        // Nothing follows the bracket that closes the list.
        if depth == 0, start != nil { isList = false }
        if kind == .close { depth -= 1 }
        if depth == 1, kind != .close { start = range.lowerBound }
        if depth == 1, kind != .open, let start { ranges.append(start..<range.upperBound) }
        if kind == .open { depth += 1 }
        start = start ?? range.lowerBound
        isList = isList && depth >= 0
        return isList
      }
    }
    return isList && depth == 0 ? (bytes, ranges) : nil
  }
}

extension RecordFile.Content {
  /// Takes one line, or one element of a list.
  fileprivate mutating func take(_ text: ArraySlice<UInt8>, at place: String) {
    do throws(LabelError) {
      if let record = try LabelRecord(parsing: Array(text)) {
        records.append(record)
      } else {
        badLines += 1
      }
    } catch {
      refused.append("\(place): \(error.message)")
    }
  }
}
