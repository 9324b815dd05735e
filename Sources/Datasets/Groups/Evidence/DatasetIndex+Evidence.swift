import FileStore
import Synchronization
import Tensors
import VideoDecoding

extension DatasetIndex {
  /// The most clips that are looked into for groups, which takes about a second for thirty.
  public static let mostForEvidence = 5000

  /// Whether groups are to be told by what clips hold: names, folders and lists said nothing, and
  /// the data set does not come divided.
  public var needsEvidence: Bool {
    groupRule.kind == .none && (8...DatasetIndex.mostForEvidence).contains(clips.count)
      && clips.allSatisfy { $0.split == nil }
  }

  /// The same clips with groups told by what they hold; as they are where that tells nothing.
  ///
  /// Decodes the first seconds of each clip in small pictures.
  ///
  /// - Parameter progress: called from any thread with the clips done; false stops.
  /// - Returns: nil where `progress` stopped it.
  public func groupedByEvidence(
    pool: WorkerPool, limits: DecodeLimits = .standard,
    progress: @Sendable (_ done: Int) -> Bool = { _ in true }
  ) -> DatasetIndex? {
    let evidence = Mutex([ClipEvidence?](repeating: nil, count: clips.count))
    let done = Atomic<Int>(0)
    let isStopped = Atomic<Bool>(false)
    pool.parallelFor(clips.count) { index in
      if isStopped.load(ordering: .relaxed) { return }
      let found = try? ClipEvidence(clips[index], limits: limits)
      evidence.withLock { $0[index] = found }
      if !progress(done.add(1, ordering: .relaxed).newValue) {
        isStopped.store(true, ordering: .relaxed)
      }
    }
    if isStopped.load(ordering: .relaxed) { return nil }
    guard let groups = EvidenceGroups(evidence.withLock { $0 }, of: clips) else { return self }
    return grouped(groups)
  }

  /// The same clips in these groups.
  func grouped(_ groups: EvidenceGroups) -> DatasetIndex {
    var index = self
    for (clip, root) in groups.roots.enumerated() {
      index.clips[clip].group = clips[root].path
    }
    let pair = groups.roots.indices.first { groups.roots[$0] != $0 }
    let example = pair.map {
      " (\(PathText.display(clips[$0].path)) is of one with "
        + "\(PathText.display(clips[groups.roots[$0]].path)))"
    }
    let kinds = groups.joins.map { "\($0.kind.rawValue) (\($0.count) joins)" }
    index.groupRule = GroupRule(
      kind: .evidence, groupCount: groups.count,
      sentence: "\(groups.count) groups, told by what the clips hold, as their names tell none: "
        + "\(kinds.joined(separator: ", "))\(example ?? ""); likely, not certain: where you know "
        + "better, override with `groupBy` REGEX or a group column in a manifest")
    return index
  }
}
