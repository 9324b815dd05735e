import ClipSampling
import Datasets
import FileStore
import Foundation
import ModelFiles
import Networks
import Tensors

/// One `train` of a network whose trunk stays as it is: features of every clip once, then a head fitted
/// to all of them at a time.
///
/// Not thread-safe. Call in order: `extract`, then `finish` or `crossValidate`. Interrupted, it goes on
/// from the features that the run folder keeps.
public final class FeatureTraining {
  /// What is trained; clips that cannot be decoded are taken out by `extract`.
  public internal(set) var plan: TrainingPlan
  /// Where features and reports lie.
  public let folder: RunFolder
  /// Clips of which damage leaves only a part.
  public internal(set) var partial: [Clip] = []
  let head: FittedHead
  let pool: WorkerPool
  let programVersion: String
  private let writes: Bool
  private let cache: FeatureCache
  var clipRecord: ClipRecord
  var table = FeatureTable()
  private(set) var copies: SplitCopies?
  private var likeness: GroupLikeness?
  private var extractor: FeatureExtractor?

  /// - Parameters:
  ///   - writes: false when nothing may be written (a dry run).
  ///   - looking: as with `TrainingSession`.
  public convenience init(
    _ request: TrainingRequest, threads: Int, programVersion: String, writes: Bool = true,
    looking: @Sendable (_ done: Int, _ total: Int) -> Bool = { _, _ in true }
  ) throws {
    let pool = WorkerPool(threads: threads)
    try self.init(
      request, index: try request.loadIndex(pool: pool, looking: looking), pool: pool,
      programVersion: programVersion, writes: writes)
  }

  /// Of a data set that was read already, on a pool of its own.
  init(
    _ request: TrainingRequest, index: DatasetIndex, pool: WorkerPool, programVersion: String,
    writes: Bool
  ) throws {
    folder = RunFolder(model: request.modelPath)
    self.pool = pool
    self.programVersion = programVersion
    self.writes = writes
    var plan = try TrainingPlan(request, index: index)
    head = try FeatureTraining.head(of: plan)
    if writes { try folder.prepare() }
    let hash = try FeatureExtractor.hash(head, of: plan.network)
    cache = FeatureCache(
      folder: folder.path + "/features",
      settings: [
        hash, StableJSON.text(plan.preprocessing), (plan.settings.precision ?? .fp32).rawValue,
        "\(plan.settings.exactConvolution ?? false)", InstructionSet.name,
        request.limits.stream.map { "\($0)" } ?? "",
      ].joined(separator: "\n"))
    clipRecord = ClipRecord(plan, pool: pool)
    plan.identity.content = clipRecord.hash
    self.plan = plan
  }

  deinit { pool.shutDown() }

  /// Throws unless all of the trunk came from the file to start from.
  private static func head(of plan: TrainingPlan) throws(TrainingError) -> FittedHead {
    let network = plan.network.architecture
    guard let head = FittedHead(network) else {
      preconditionFailure("\(network.name) has no head that could be fitted")
    }
    if let new = plan.firstNewNode, new < head.firstNode {
      let name = network.layers[new].name.map { PathText.display($0) } ?? "layer \(new + 1)"
      throw TrainingError(
        .settings,
        "\(PathText.display(plan.request.initialModel ?? "")): lacks weights of the trunk of "
          + "\(network.name), \(name) the first; a trunk that stays as it is needs all of them")
    }
    return head
  }

  /// Of the pool that all parts share.
  public var threads: Int { pool.threads }

  /// All clips that features are needed of.
  var clips: [Clip] { plan.train + plan.validation + plan.held }

  // MARK: Features

  /// Values that the fit decides: weights and bias of the classifier.
  public var fittedParameters: Int {
    plan.network.entries.filter { plan.network.headNames.contains($0.name) }
      .reduce(0) { $0 + $1.range.count }
  }

  /// Seconds that the features of a clip take on this machine, without decoding.
  public func measure() throws -> Double { try makeExtractor().measure() }

  /// Bytes of the trunk's work.
  public func plannedBytes() throws -> Int {
    try makeExtractor().peakBytes + plan.network.parameters.count * MemoryLayout<Float>.size
  }

  private func makeExtractor() throws -> FeatureExtractor {
    if let extractor { return extractor }
    let made = try FeatureExtractor(
      head, weights: plan.network,
      exactConvolution: plan.settings.exactConvolution ?? false,
      precision: plan.settings.precision ?? .fp32, pool: pool)
    extractor = made
    return made
  }

  /// Computes the features of every clip, or takes them from the run folder.
  ///
  /// - Parameter progress: gets the clips done and to do; false stops.
  /// - Returns: false when stopped; what was computed until then is kept.
  /// - Throws: when too few clips can be decoded, or the run folder cannot be written.
  public func extract(progress: (_ done: Int, _ total: Int) -> Bool) throws -> Bool {
    let clips = clips
    let paths = zip(clips, clipRecord.entries).map { cache.path(of: $0, content: $1.content) }
    guard let missing = findKnown(clips, paths, progress: progress) else { return false }
    let failures = try compute(missing.map { clips[$0] }) { [writes] number, features in
      if writes, let path = paths[missing[number]] { try cache.write(features, to: path) }
      return progress(clips.count - missing.count + number + 1, clips.count)
    }
    guard let failures else { return false }
    clipRecord.markUnusable(Set(failures.map(\.clip.name)))
    plan.identity.content = clipRecord.hash
    inspect(clips, learned: plan.train.count)
    try plan.leaveOut(failures)
    extractor = nil
    return true
  }

  private func inspect(_ clips: [Clip], learned: Int) {
    let fingerprints = clips.map { table[$0]?.facts.fingerprint }
    partial = clips.filter { table[$0]?.facts.isPartial == true }
    copies = SplitCopies(clips, learned: learned, fingerprints: fingerprints)
    if plan.index.groupRule.kind != .none {
      likeness = GroupLikeness(fingerprints, of: clips)
    }
  }

  /// Takes the features that are there.
  ///
  /// - Returns: the numbers of the other clips; nil when stopped.
  private func findKnown(
    _ clips: [Clip], _ paths: [String?], progress: (_ done: Int, _ total: Int) -> Bool
  ) -> [Int]? {
    let (cache, seed) = (cache, plan.settings.seed)
    var missing: [Int] = []
    for first in stride(from: 0, to: clips.count, by: 64) {
      let part = first..<min(first + 64, clips.count)
      var rows = [FeatureTable.Row?](repeating: nil, count: part.count)
      rows.withUnsafeMutableBufferPointer { rows in
        // Each task writes an element of its own.
        nonisolated(unsafe) let rows = rows
        pool.parallelFor(part.count) { index in
          let number = first + index
          rows[index] = paths[number].flatMap { cache.read($0) }.map {
            FeatureTable.Row($0, of: clips[number], seed: seed)
          }
        }
      }
      for (number, row) in zip(part, rows) {
        if let row { table[clips[number]] = row } else { missing.append(number) }
      }
      guard progress(part.upperBound - missing.count, clips.count) else { return nil }
    }
    return missing
  }

  /// Decodes clips and runs the trunk over them, one after the other.
  ///
  /// - Parameter done: gets the position and features of each; false stops.
  /// - Returns: clips that could not be decoded; nil when stopped.
  private func compute(
    _ clips: [Clip], done: (Int, ClipFeatures) throws -> Bool
  ) throws -> [ClipFailure]? {
    if clips.isEmpty { return [] }
    let extractor = try makeExtractor()
    let source = WatchedClips(
      ClipStore(preprocessing: plan.preprocessing, cache: .none, limits: plan.request.limits))
    let loader = BatchLoader(
      clips: clips, source: source, preprocessing: plan.preprocessing,
      options: .evaluation(batchSize: 1, workers: pool.threads))
    loader.start(epoch: 0)
    defer { loader.stop() }
    while let batch = loader.next() {
      let number = batch.clipIndices[0]
      let clip = clips[number]
      let values = extractor.features(of: batch.input(at: 0))
      guard values.allSatisfy(\.isFinite) else {
        throw TrainingError(
          .settings,
          "\(PathText.display(plan.request.initialModel ?? "")): its features of "
            + "\(PathText.display(clip.name)) are not finite; give other weights")
      }
      let facts = source.facts(of: clip)
      let features = ClipFeatures(
        facts: ClipFeatures.Facts(
          steps: values.count / head.features, features: head.features,
          duration: facts?.facts.duration ?? 0, isPartial: facts?.facts.isPartial ?? false,
          fingerprint: facts?.fingerprint), values: values)
      table[clip] = FeatureTable.Row(features, of: clip, seed: plan.settings.seed)
      guard try done(number, features) else { return nil }
    }
    return loader.takeFailures()
  }

  // MARK: What is told

  /// What the user should know about the decoded clips, a line each.
  public var clipWarnings: [String] {
    plan.emptiedClasses + (copies?.warnings ?? []) + (likeness?.warnings(for: plan) ?? [])
  }

  /// Whether something of the data set could not be used.
  public var isIncomplete: Bool {
    !plan.index.unusable.isEmpty || !plan.leftOut.isEmpty || !partial.isEmpty
  }
}
