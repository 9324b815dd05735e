import FileStore

/// Reads files of records, JSON Lines or a JSON list, as `label` writes them.
public enum RecordFile {
  /// The records in `path`, in order, and how many lines are none (torn by a crash, or foreign).
  ///
  /// - Throws: `FileStoreError` when it cannot be read, `LabelError` when it holds no record though
  ///   it is not empty.
  public static func read(_ path: String) throws -> (records: [LabelRecord], badLines: Int) {
    let bytes = try RegularFile.read(path, maximumBytes: 1 << 34)
    if case .array(let values)? = try? JSONValue(parsing: bytes) {
      do {
        return (try values.map { value throws(LabelError) in try LabelRecord(json: value) }, 0)
      } catch {
        throw LabelError(.record, "\(path): \(error.message); expected what vidclass label wrote")
      }
    }
    var records: [LabelRecord] = []
    var badLines = 0
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
      guard let json = try? JSONValue(parsing: line), let record = try? LabelRecord(json: json)
      else {
        badLines += 1
        continue
      }
      records.append(record)
    }
    if records.isEmpty && badLines > 0 {
      throw LabelError(
        .record, "\(path): holds no label records; expected what vidclass label wrote")
    }
    return (records, badLines)
  }
}
