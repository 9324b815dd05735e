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
    let bytes = try RegularFile.read(path, maximumBytes: 1 << 34)
    var content = Content()
    if case .array(let values)? = try? JSONValue(parsing: bytes) {
      for (index, value) in values.enumerated() {
        content.take(value, at: "\(path): record \(index + 1)")
      }
    } else {
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() {
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
        if let json = try? JSONValue(parsing: line) {
          content.take(json, at: "\(path): line \(index + 1)")
        } else {
          content.badLines += 1
        }
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
}

extension RecordFile.Content {
  fileprivate mutating func take(_ json: JSONValue, at place: String) {
    do throws(LabelError) {
      records.append(try LabelRecord(json: json))
    } catch {
      refused.append("\(place): \(error.message)")
    }
  }
}
