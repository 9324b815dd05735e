import ClipSampling
import Datasets
import Evaluation
import FileStore
import Foundation
import ModelFiles
import Tensors

/// One `train` from its request to its model: plan, decode, announce, train, calibrate, save.
///
/// Not thread-safe. Call in order: `decode`, `makeTrainer`, then with the trainer `outlook`,
/// `run`, `finish`.
public final class TrainingSession {
  /// Where decoded frames are kept while training.
  public enum CacheRequest: String, Sendable, CaseIterable {
    /// In memory if they fit, else on disk.
    case auto
    /// As asked, whether they fit or not.
    case ram
    /// In the run folder; they outlive the run.
    case disk
    /// Clips are decoded anew in each epoch.
    case none
  }

  /// What is trained; clips that cannot be decoded are taken out by `decode`.
  public private(set) var plan: TrainingPlan
  /// Where the training's state and reports lie.
  public let folder: RunFolder
  /// Clips of which damage leaves only a part.
  public private(set) var partial: [Clip] = []
  /// Clips that could be decoded before training and not in one of its parts.
  private(set) var lost: [ClipFailure] = []
  private var likeness: GroupLikeness?
  private(set) var copies: SplitCopies?
  let store: ClipStore
  private let pool: WorkerPool
  /// Bytes of decoded frames in memory.
  private var keptBytes = 0
  /// Where decoded frames are kept, in a sentence.
  public let cacheSentence: String
  private(set) var clipSeconds: Double?
  let programVersion: String
  private let writes: Bool
  /// What the clips' files are now.
  private var clipRecord: ClipRecord
  private var isDecoded = false

  /// - Parameters:
  ///   - writes: false when nothing may be written (a dry run).
  ///   - looking: called from any thread while clips are looked into, because their names tell no
  ///     groups, with those done and all; false stops.
  public init(
    _ request: TrainingRequest, cache: CacheRequest, threads: Int, programVersion: String,
    writes: Bool = true,
    looking: @Sendable (_ done: Int, _ total: Int) -> Bool = { _, _ in true }
  ) throws {
    folder = RunFolder(model: request.modelPath)
    var request = request
    if request.precision == .auto, let begun = TrainingSession.begunPrecision(in: folder) {
      // On another kind of processor the same command goes on as it began.
      request.precision = begun
    }
    let pool = WorkerPool(threads: threads)
    self.pool = pool
    let index = try request.loadIndex(pool: pool, looking: looking)
    plan = try TrainingPlan(request, index: index)
    if request.resume, let begun = TrainingSession.begun(in: folder)?.identity,
      begun.dataset != plan.identity.dataset
    {
      // Of other clips other numbers would be chosen; those of the training that goes on stay.
      request.keepChoices(of: begun)
      plan = try TrainingPlan(request, index: index)
    }
    self.programVersion = programVersion
    self.writes = writes
    if request.resume, folder.hasCheckpoint {
      // Told before the clips are decoded, which may take long; what changed of them is asked for.
      let begun = try Checkpoint(reading: folder.checkpoint)
      try begun.requireIdentity(plan.identity, accepting: true)
    }
    if writes { try folder.prepare() }
    let clips = plan.train.count + plan.validation.count + plan.held.count
    let disk = folder.path + "/cache"
    var chosen: ClipStore.Cache
    var sentence: String
    switch cache {
    case .auto:
      (chosen, sentence) = Datasets.CacheChoice.automatic(
        clips: clips, preprocessing: plan.preprocessing, folder: disk,
        reserved: try TrainingMemory(planning: plan, pool: pool).total)
      if !writes, case .disk = chosen { chosen = .none }
    case .ram:
      chosen = .ram(maximumBytes: .max)
      sentence = "decoded clips are kept in memory, as asked"
    case .disk:
      chosen = writes ? .disk(folder: disk) : .none
      sentence = "decoded clips are kept in \(disk), as asked"
    case .none:
      chosen = .none
      sentence = "clips are decoded anew in each epoch, as asked"
    }
    cacheSentence = sentence
    store = ClipStore(
      preprocessing: plan.preprocessing, cache: chosen, limits: request.limits)
    if case .ram = chosen { keptBytes = clips * SourceFrames.stackBytes(plan.preprocessing) }
    clipRecord = ClipRecord(plan, pool: pool)
    plan.identity.content = clipRecord.hash
  }

  deinit { pool.shutDown() }

  /// Decodes every clip once, so that damaged ones are known before the first step.
  ///
  /// - Parameter progress: gets the clips done and to do; false stops.
  /// - Returns: false when stopped.
  /// - Throws: when too few clips can be decoded.
  public func decode(progress: (_ done: Int, _ total: Int) -> Bool) throws -> Bool {
    let clips = plan.train + plan.validation + plan.held
    let learned = plan.train.count
    let fingerprintList = FingerprintList(count: clips.count)
    let report = store.prepare(
      clips, workers: pool.threads, progress: progress,
      look: { fingerprintList.put(ClipFingerprint(stack: $1), at: $0) })
    if report.isCancelled { return false }
    let fingerprints = fingerprintList.all
    copies = SplitCopies(clips, learned: learned, fingerprints: fingerprints)
    if plan.index.groupRule.kind != .none {
      likeness = GroupLikeness(fingerprints, of: clips)
    }
    clipRecord.markUnusable(Set(report.failures.map(\.clip.name)))
    plan.identity.content = clipRecord.hash
    try plan.leaveOut(report.failures)
    partial = report.partial
    clipSeconds = store.medianDuration(of: plan.train)
    isDecoded = true
    return true
  }

  /// Size and rate of the frames in a clip's file; nil before it was decoded.
  func form(of clip: Clip) -> String? { store.facts(of: clip)?.form }

  /// Of the pool that all parts of the session share.
  public var threads: Int { pool.threads }

  /// The trainer of the session's own plan.
  public func makeTrainer(observer: Trainer.Observer) throws -> Trainer {
    try makeTrainer(plan, in: folder, observer: observer)
  }

  /// A trainer for a plan of the same clips, in a folder of its own inside of this training's.
  public func makeTrainer(_ plan: TrainingPlan, part: String, observer: Trainer.Observer) throws
    -> Trainer
  {
    try makeTrainer(plan, in: folder.part(part), observer: observer)
  }

  func makeTrainer(_ plan: TrainingPlan, in folder: RunFolder, observer: Trainer.Observer)
    throws -> Trainer
  {
    if writes { try Folder.create(folder.path) }
    var observer = observer
    let tell = observer.lost
    observer.lost = { [weak self] failures in
      self?.lost += failures
      tell(failures)
    }
    return try Trainer(plan: plan, folder: folder, source: store, pool: pool, observer: observer)
  }

  /// The precision of a training, or of a cross-validation, that was begun in a run folder and not
  /// ended.
  private static func begunPrecision(in folder: RunFolder) -> Precision? {
    // Of folds and members the first may have ended while others go on.
    for (folder, ended) in [(folder, false)] + firstParts(of: folder).map({ ($0, true) }) {
      guard folder.hasCheckpoint, let old = try? Checkpoint(reading: folder.checkpoint),
        ended || !old.state.hasEnded(in: folder)
      else { continue }
      return old.identity.settings.precision ?? .fp32
    }
    return nil
  }

  /// Where the first training of a study lies.
  private static func firstParts(of folder: RunFolder) -> [RunFolder] {
    [RunFolder.fold(1), RunFolder.member(1)].map(folder.part)
  }

  /// The state of a training, or of the first part of a study, in a run folder.
  private static func begun(in folder: RunFolder) -> Checkpoint? {
    ([folder] + firstParts(of: folder)).lazy.compactMap {
      try? Checkpoint(reading: $0.checkpoint)
    }.first
  }

  /// What changed of clips and processor since the training was begun whose state lies in the run
  /// folder, a line each; nothing where none was begun.
  ///
  /// Which clips can be decoded is known after `decode`; until then it counts as unchanged.
  public var changesSinceBegun: [String] {
    guard let there = TrainingSession.begun(in: folder)?.identity else { return [] }
    let here = plan.identity
    var lines: [String] = []
    if let recorded = there.content {
      if let old = ClipRecord(reading: folder.clips), old.hash == recorded {
        let now = isDecoded ? clipRecord : clipRecord.asUsable(as: old)
        lines = now.changes(since: old)
      } else if recorded != here.content {
        lines = [
          "clips changed; which ones is not known, as \(folder.clips) is not of that training"
        ]
      }
    } else if there.dataset != here.dataset || there.split != here.split {
      lines = ["clips changed; which ones an earlier version did not write down"]
    }
    if let before = there.kernels, let now = here.kernels, before != now {
      lines.append("the processor has \(now) kernels, which round otherwise than \(before)")
    }
    return lines
  }

  /// Whether an earlier version began the training that lies in the run folder, and did not write
  /// down what clips held: it cannot be told then whether they are the same.
  public var beganUnrecorded: Bool {
    TrainingSession.begun(in: folder).map { $0.identity.content == nil } ?? false
  }

  /// Writes down what the clips are, for whoever goes on with this training.
  public func writeClips() throws { try AtomicFile.write(clipRecord.text, to: folder.clips) }

  /// What differs between these trainings, each in its part of the run folder, and those begun there,
  /// whose state would be replaced; nothing where none were begun.
  ///
  /// - Parameters:
  ///   - ended: also looks at trainings that all came to their end.
  ///   - changes: whether other clips and another processor are accepted.
  public func differences(
    _ plans: [TrainingPlan], fromBegun part: (Int) -> String, ended: Bool, accepting changes: Bool
  ) -> [String] {
    let begun = plans.enumerated().compactMap { index, plan in
      let folder = folder.part(part(index))
      return (try? Checkpoint(reading: folder.checkpoint)).map {
        (plan: plan, checkpoint: $0, hasEnded: $0.state.hasEnded(in: folder))
      }
    }
    let allEnded = begun.count == plans.count && begun.allSatisfy(\.hasEnded)
    guard let first = begun.first, ended || !allEnded else { return [] }
    let there = first.checkpoint.identity
    return changes
      ? first.plan.identity.settingDifferences(from: there)
      : first.plan.identity.differences(from: there)
  }

  /// Whether these very trainings, each in its part of the run folder, were begun and not ended.
  public func wasInterrupted(_ plans: [TrainingPlan], part: (Int) -> String) -> Bool {
    let ended = plans.enumerated().map { index, plan -> Bool? in
      let folder = folder.part(part(index))
      return Checkpoint.state(in: folder, of: plan.identity, accepting: false)?
        .hasEnded(in: folder)
    }
    return ended.contains { $0 != nil } && !ended.allSatisfy { $0 == true }
  }

  /// What the user should know about the decoded clips, a line each.
  public var clipWarnings: [String] {
    plan.emptiedClasses + (copies?.warnings ?? []) + (likeness?.warnings(for: plan) ?? [])
      + [store.cacheWarning].compactMap { $0 }
  }

  /// Whether something of the data set could not be used: files that are missing, or clips that
  /// cannot be decoded, or only in part, or not any more.
  public var isIncomplete: Bool {
    !plan.index.unusable.isEmpty || !plan.leftOut.isEmpty || !partial.isEmpty || !lost.isEmpty
  }

  /// What the training comes to; measures a step for it.
  public func outlook(_ trainer: Trainer) throws -> TrainingOutlook {
    try TrainingOutlook(
      plan, model: folder.model, trainer: trainer, keptBytes: keptBytes,
      timing: try trainer.measure())
  }

  /// Writes what stays beside the model whatever happens: which clip was on which side.
  public func writeSplit() throws {
    try folder.write(plan.division)
  }
}
