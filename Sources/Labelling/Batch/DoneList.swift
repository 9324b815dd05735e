import FileStore

/// What earlier runs have labelled, from their records.
public struct DoneList: Sendable {
  /// What is known of a movie.
  public enum State: Sendable, Equatable {
    /// Never labelled, or the file, the model or the settings changed since.
    case new
    /// Labelled, in whole or from what could be decoded.
    case done(LabelRecord)
    /// Tried in vain.
    case failed(LabelRecord)
  }

  private var records: [MediaPath: LabelRecord] = [:]
  /// Lines that are no records and were passed over.
  public private(set) var unreadableLines = 0

  /// Of no run.
  public init() {}

  /// Takes one line of JSON Lines; a later record of a path replaces an earlier one.
  public mutating func add(line: some StringProtocol) {
    if line.allSatisfy(\.isWhitespace) { return }
    guard let record = try? LabelRecord(parsing: Array(line.utf8)) else {
      unreadableLines += 1
      return
    }
    add(record)
  }

  /// Takes one record; it replaces an earlier one of its path.
  public mutating func add(_ record: LabelRecord) { records[record.path] = record }

  /// Takes all of another list; its records replace those of the same paths here.
  public mutating func add(_ other: DoneList) {
    records.merge(other.records) { _, new in new }
    unreadableLines += other.unreadableLines
  }

  /// Whether there is no record at all.
  public var isEmpty: Bool { records.isEmpty }

  /// What is known of the movie at `path`, if it is still the same file under the same model and
  /// settings.
  public func state(
    of path: MediaPath, identity: FileIdentity?, model: String, settings: String
  ) -> State {
    guard let record = records[path], record.model == model, record.settings == settings,
      record.size == identity?.size ?? 0,
      (record.modified - (identity?.modified ?? 0)).magnitude < 0.0005
    else { return .new }
    return record.status == .error ? .failed(record) : .done(record)
  }
}
