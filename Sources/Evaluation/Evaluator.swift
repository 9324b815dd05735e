import ClipSampling
import Datasets
import ModelFiles
import Tensors
public import VideoDecoding

/// What a model said of a set of clips.
public struct Evaluation: Sendable {
  /// All frames in their order: the model's own answer.
  public var scored: ScoredClips
  /// The same clips, each shown as its middle frame repeated.
  public var singleFrame: ScoredClips?
  /// The same clips with their frames in a random order.
  public var shuffledFrames: ScoredClips?
  /// The same clips by the form of their files alone; nil where that was not taken, or tells nothing.
  public var byForm: ScoredClips?
  /// What each network of an ensemble says alone; empty for a single one.
  public var members: [ScoredClips] = []
  /// Clips that could not be read.
  public var failures: [ClipFailure]
  /// Clips decoded and scored a second, with all views and without the baselines.
  public var clipsPerSecond: Double?

  /// From scores that are there already; nil for baselines that were not taken.
  public init(
    scored: ScoredClips, singleFrame: ScoredClips? = nil, shuffledFrames: ScoredClips? = nil,
    failures: [ClipFailure] = [], clipsPerSecond: Double? = nil
  ) {
    self.scored = scored
    self.singleFrame = singleFrame
    self.shuffledFrames = shuffledFrames
    self.failures = failures
    self.clipsPerSecond = clipsPerSecond
  }
}

/// Runs a model over labelled clips the way labelling does: centre crop, even frames, calibrated
/// scores; decoding ahead on threads of its own. Not thread-safe.
public final class Evaluator {
  private let classifier: Classifier
  /// Of an ensemble.
  private let members: [Classifier]
  private let preprocessing: Preprocessing
  private let classes: [String]
  private let threads: Int

  /// Takes all memory for batches of this size; `pool` helps the calling thread.
  public init(
    model: Model, batchSize: Int, precision: Precision = .auto, pool: WorkerPool
  ) throws {
    classifier = try Classifier(
      model: model, batch: batchSize, precision: precision, pool: pool)
    members = try model.members().map {
      try Classifier(model: $0, batch: batchSize, precision: precision, pool: pool)
    }
    preprocessing = model.metadata.preprocessing
    classes = model.metadata.classes
    threads = pool.threads
  }

  /// Bytes of activations and packed weights.
  public var peakBytes: Int { classifier.peakBytes }

  /// Decodes what the views need, and keeps it in memory as far as that goes.
  public func makeStore(
    views: EvaluationViews = .one, limits: DecodeLimits = .standard
  ) -> ClipStore {
    ClipStore(
      preprocessing: views.sourcePreprocessing(preprocessing),
      cache: .ram(maximumBytes: CacheChoice.availableBytes() / 2), limits: limits)
  }

  /// Scores every clip, and each again as the baselines show it.
  ///
  /// - Parameters:
  ///   - clips: labelled with classes of the model.
  ///   - baselines: also score single frames and shuffled frames.
  ///   - seed: of the shuffling.
  ///   - source: gives stacks as `makeStore` does; nil makes such a store.
  ///   - limits: of decoding, where there is no source.
  ///   - progress: called with views scored and to be scored.
  /// - Throws: `EvaluationError` where a label is not a class of the model or no clip is readable.
  public func evaluate(
    _ clips: [Clip], views: EvaluationViews = .one, baselines: Bool = true, seed: UInt64 = 0,
    source: (any ClipSource)? = nil, limits: DecodeLimits = .standard,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> Evaluation {
    let labels = try labels(of: clips)
    let store = source ?? makeStore(views: views, limits: limits)
    var passes = Passes(
      clips: clips, store: store, seed: seed,
      total: clips.count * (views.count + members.count + (baselines ? 2 : 0)))
    let clock = ContinuousClock()
    let begin = clock.now
    let rows = try score(&passes, Array(0..<views.count), of: views, .normal, progress)
    let seconds = begin.duration(to: clock.now) / .seconds(1)
    let scored = scoredClips(clips, labels, rows)
    if scored.count == 0 {
      let first = passes.failed.values.min { $0.clip.path < $1.clip.path }
      throw EvaluationError(
        .empty, path: first?.clip.path ?? "",
        "no clip could be read; check the files (the first: \(first?.message ?? "nothing to read"))"
      )
    }
    var evaluation = Evaluation(
      scored: scored, clipsPerSecond: seconds > 0 ? Double(scored.count) / seconds : nil)
    for member in members {
      evaluation.members.append(
        scoredClips(
          clips, labels,
          try score(&passes, [0], of: .one, .normal, with: member, progress)))
    }
    if baselines {
      // The centre of the same stacks: nothing is decoded again that is still in memory.
      let centre = EvaluationViews.one
      evaluation.singleFrame = scoredClips(
        clips, labels, try score(&passes, [0], of: centre, .singleFrame, progress))
      evaluation.shuffledFrames = scoredClips(
        clips, labels, try score(&passes, [0], of: centre, .shuffledFrames, progress))
    }
    evaluation.failures = passes.failed.values.sorted {
      $0.clip.path.unicodeScalars.lexicographicallyPrecedes($1.clip.path.unicodeScalars)
    }
    return evaluation
  }

  /// What the passes over one list of clips share.
  private struct Passes {
    let clips: [Clip]
    let store: any ClipSource
    let seed: UInt64
    /// Views to be scored in all.
    let total: Int
    var done = 0
    var failed: [UInt64: ClipFailure] = [:]
  }

  /// Mean scores of each clip over these views of it; nil where it could not be read.
  private func score(
    _ passes: inout Passes, _ numbers: [Int], of views: EvaluationViews,
    _ variant: LoaderOptions.Variant, with other: Classifier? = nil,
    _ progress: (_ done: Int, _ total: Int) -> Void
  ) throws -> [[Float]?] {
    let classifier = other ?? self.classifier
    var sums = [[Double]?](repeating: nil, count: passes.clips.count)
    for number in numbers {
      let loader = BatchLoader(
        clips: passes.clips,
        source: ViewSource(
          passes.store, views: views, number: number, preprocessing: preprocessing),
        preprocessing: preprocessing,
        options: .evaluation(
          batchSize: classifier.batch, variant: variant, seed: passes.seed, workers: threads))
      loader.start(epoch: 0)
      defer { loader.stop() }
      while let batch = loader.next() {
        try add(batch, scoredBy: classifier, to: &sums)
        passes.done += batch.count
        progress(passes.done, passes.total)
      }
      for failure in loader.takeFailures() { passes.failed[failure.clip.identity] = failure }
    }
    return sums.map { $0?.map { Float($0 / Double(numbers.count)) } }
  }

  /// Adds the scores of a batch to the sums of its clips.
  private func add(
    _ batch: Batch, scoredBy classifier: Classifier, to sums: inout [[Double]?]
  ) throws {
    let values = batch.count * batch.inputSize
    classifier.input.baseAddress!.update(from: batch.inputs.baseAddress!, count: values)
    let scores = try classifier.scores(count: batch.count)
    for row in 0..<batch.count {
      let clip = batch.clipIndices[row]
      var sum = sums[clip] ?? [Double](repeating: 0, count: classes.count)
      for index in classes.indices {
        sum[index] += Double(scores[row * classes.count + index])
      }
      sums[clip] = sum
    }
  }

  /// Positions in the model's classes.
  private func labels(of clips: [Clip]) throws(EvaluationError) -> [Int] {
    let positions = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    var labels: [Int] = []
    for clip in clips {
      guard let label = positions[clip.label] else {
        throw EvaluationError(
          .classes, path: clip.path, "its label \"\(clip.label)\" is not a class of the model")
      }
      labels.append(label)
    }
    return labels
  }

  private func scoredClips(
    _ clips: [Clip], _ labels: [Int], _ rows: [[Float]?]
  ) -> ScoredClips {
    var scored = ScoredClips(classes: classes)
    for (index, clip) in clips.enumerated() {
      guard let row = rows[index] else { continue }
      scored.append(
        scores: row, label: labels[index], name: clip.name, group: clip.group, video: clip.path)
    }
    return scored
  }
}
