import FileStore

/// A JSON Lines file that a batch appends to, and what earlier runs left in it.
public struct RecordJournal: Sendable {
  /// From this file and from other parts beside it.
  public private(set) var done = DoneList()
  private let file: JournalFile

  /// Opens or begins the file at `path`; nothing is written before the first record.
  ///
  /// - Parameter others: files of other shards, whose records count as done too; unreadable ones
  ///   are passed over.
  /// - Throws: `FileStoreError` when it cannot be written; `LabelError` with code `output` when it
  ///   exists and holds something else, so that a slip in `-o` destroys nothing.
  public init(path: String, others: [String] = []) throws {
    file = try JournalFile(path: path)
    var found = DoneList()
    try file.forEachLine { found.add(line: $0) }
    let isForeign =
      found.isEmpty && (found.unreadableLines > 0 || !RecordJournal.isTornOrEmpty(path))
    if isForeign {
      throw LabelError(
        .output, "\(path): exists and is not a file of label records; choose another output")
    }
    // The own file last: its records are the newest of what this run would write.
    for other in others where other != path {
      for record in (try? RecordFile.read(other))?.records ?? [] { done.add(record) }
    }
    done.add(found)
  }

  /// Appends a record; on return it is on the disk.
  public func append(_ record: LabelRecord) throws(FileStoreError) {
    try file.append(record.json.text)
  }

  /// Throws where the file was removed meanwhile.
  public func requireLinked() throws(FileStoreError) { try file.requireLinked() }

  /// Whether a file without a whole line is empty, a device, or one record torn by a crash.
  private static func isTornOrEmpty(_ path: String) -> Bool {
    guard let identity = FileIdentity(MediaPath(path)), identity.kind == .file, identity.size > 0
    else { return true }
    guard let bytes = try? RegularFile.read(path, maximumBytes: 1 << 24) else { return false }
    let opening = Array("{\"path\":".utf8)
    return bytes.starts(with: opening) || opening.starts(with: bytes)
  }
}
