/// Records of several runs or shards joined into one list.
public struct MergedRecords: Sendable {
  /// One record for each path, in byte order of paths.
  public private(set) var records: [LabelRecord] = []
  /// Records that gave way to a better or later one of the same path.
  public private(set) var duplicateCount = 0
  /// Paths, each once, whose records are of files of different size or time: the movie was replaced
  /// meanwhile.
  public private(set) var replaced: [MediaPath] = []

  /// Keeps for each path the best record: one with an answer before one without, a whole one before
  /// a partial one, then the later one.
  public init(_ all: [LabelRecord]) {
    func rank(_ record: LabelRecord) -> Int {
      switch record.status {
      case .ok: 2
      case .partial: 1
      case .error: 0
      }
    }
    var best: [MediaPath: LabelRecord] = [:]
    var changed: Set<MediaPath> = []
    for record in all {
      if let known = best[record.path] {
        duplicateCount += 1
        let isSame =
          known.size == 0 || record.size == 0
          || (known.size == record.size && known.modified == record.modified)
        if !isSame { changed.insert(record.path) }
        if rank(known) > rank(record) { continue }
      }
      best[record.path] = record
    }
    records = best.values.sorted { MediaPath.precedes($0.path, $1.path) }
    replaced = changed.sorted(by: MediaPath.precedes)
  }

  /// Models that gave these answers; more than one is worth a warning.
  public var models: Set<String> { Set(records.compactMap(\.model)) }

  /// Paths of `expected` without a record, in their order, each once.
  public func missing(from expected: [MediaPath]) -> [MediaPath] {
    var known = Set(records.map(\.path))
    return expected.filter { known.insert($0).inserted }
  }

  /// Movies without an answer.
  public var failed: [LabelRecord] { records.filter { $0.status == .error } }

  /// Movies of which only a part could be decoded.
  public var partial: [LabelRecord] { records.filter { $0.status == .partial } }
}
