import ClipSampling
import Datasets
import FileStore
import Foundation
import ModelFiles
import Networks
import Tensors

/// Turns a plan into trained weights: the loop over epochs and steps, with its checkpoints.
///
/// A step is: batch → forward → loss → backward → clip → update → average. The state after a step
/// is a function of the plan alone; threads, time and interruptions leave no trace in it. Not
/// thread-safe.
public final class Trainer {
  let plan: TrainingPlan
  let folder: RunFolder
  private let observer: Observer
  private let schedule: LearningRateSchedule
  private let loss: SoftmaxCrossEntropy
  private let groups: [ParameterGroup]
  private let optimizer: any ResumableOptimizer
  private var average: WeightAverage
  private let bestParameters: FloatBuffer
  private let bestBuffers: FloatBuffer
  private let loader: BatchLoader
  private let executor: Executor
  private let scorer: ClipScorer
  private(set) var state = TrainingState()
  private let secondsBetweenCheckpoints: Double
  private var lastCheckpoint = ContinuousClock.now
  /// Clips that could be read before training and cannot any more.
  public private(set) var lost: [ClipFailure] = []

  private var network: Network { plan.network }
  /// The weights that are scored and saved: the moving average, in the end the best of them.
  let averaged: Network
  private var settings: TrainingSettings { plan.identity.settings }

  /// - Parameter source: gives the clips' frames; the plan's clips must be readable from it.
  public init(
    plan: TrainingPlan, folder: RunFolder, source: any ClipSource, pool: WorkerPool,
    secondsBetweenCheckpoints: Double = 60, observer: Observer = Observer()
  ) throws {
    self.plan = plan
    self.folder = folder
    self.observer = observer
    self.secondsBetweenCheckpoints = secondsBetweenCheckpoints
    let settings = plan.identity.settings
    let network = plan.network
    loader = BatchLoader(
      clips: plan.train, source: source, preprocessing: plan.identity.preprocessing,
      options: .training(
        batchSize: settings.batchSize,
        augmentation: settings.variation,
        seed: settings.seed, viewsPerClip: settings.clipsPerVideo ?? 1, workers: pool.threads))
    let exact = settings.exactConvolution ?? false
    let precision = settings.precision ?? .fp32
    executor = try Executor(
      network: network, batch: settings.batchSize, mode: .training, exactConvolution: exact,
      precision: precision, frozen: plan.frozenNodes, pool: pool
    )
    averaged = try Network(architecture: network.architecture, seed: settings.seed)
    scorer = try ClipScorer(
      network: averaged, batchSize: settings.batchSize, exactConvolution: exact,
      precision: precision, pool: pool, source: source,
      preprocessing: plan.identity.preprocessing)
    let steps = plan.identity.refit?.stepsPerEpoch ?? loader.batchesPerEpoch
    schedule = LearningRateSchedule(
      course: settings.schedule, peak: settings.learningRate,
      warmupSteps: Int(clamping: (settings.warmup * Double(steps)).rounded()),
      totalSteps: max(1, steps * settings.epochs))
    loss = SoftmaxCrossEntropy(
      classes: plan.identity.classes.count, labelSmoothing: settings.labelSmoothing,
      classWeights: settings.classWeights.weights(counts: plan.trainingCounts))
    groups = plan.parameterGroups(stepsPerEpoch: steps)
    let count = network.parameters.count
    optimizer =
      switch settings.optimizer {
      case .adamw:
        AdamW(
          count: count, groups: groups, options: .init(weightDecay: settings.weightDecay),
          pool: pool)
      case .sgd:
        SGD(
          count: count, groups: groups, options: .init(weightDecay: settings.weightDecay),
          pool: pool)
      }
    average = WeightAverage(decay: settings.averageDecay)
    bestParameters = FloatBuffer(count: count)
    bestBuffers = FloatBuffer(count: network.buffers.count)
    averaged.copyValues(from: network)
    state.batchesTracked = network.batchesTracked
  }

  /// Clips to learn from.
  public var clips: Int { plan.train.count }
  /// Steps of an epoch.
  public var stepsPerEpoch: Int { loader.batchesPerEpoch }
  /// Epochs finished, those before a resume included.
  public var epochsDone: Int { state.epoch }
  /// Mean training loss of the last epoch.
  var lastLoss: Double? { state.records.last?.trainingLoss }
  /// Steps finished, those before a resume included.
  public var stepsDone: Int { state.totalSteps }
  /// Steps of all epochs.
  public var totalSteps: Int { plan.identity.refit?.steps ?? stepsPerEpoch * settings.epochs }
  /// Epochs at most; the last one of a training on all clips may be broken.
  public var epochs: Int { (totalSteps - 1) / stepsPerEpoch + 1 }

  /// The epoch whose weights are kept; nil when nothing is held out.
  public var bestEpoch: Int? { state.best?.epoch }

  /// Values that learn; the others are frozen.
  public var trainedParameters: Int { groups.reduce(0) { $0 + $1.range.count } }

  /// Bytes of weights, optimiser state, activations and batches.
  public var plannedBytes: Int {
    TrainingMemory(
      plan, work: executor.peakBytes + scorer.peakBytes, slots: optimizer.slots.count,
      prefetch: loader.options.prefetch
    ).total
  }

  // MARK: Going on

  /// Puts everything back to where the checkpoint in the run folder stood.
  ///
  /// - Throws: when it is damaged or belongs to another training; it is not to be used then.
  public func resume(acceptingChanges: Bool = false) throws {
    let checkpoint = try Checkpoint(reading: folder.checkpoint)
    try checkpoint.requireIdentity(plan.identity, accepting: acceptingChanges)
    var state = checkpoint.state
    if acceptingChanges {
      // An epoch of fewer clips may have ended already.
      state.step = min(state.step, stepsPerEpoch)
    }
    try state.requirePosition(
      epochs: epochs, stepsPerEpoch: stepsPerEpoch, folder.checkpoint)
    try checkpoint.restore(buffers)
    self.state = state
    optimizer.steps = state.totalSteps
    average.steps = state.totalSteps
    network.batchesTracked = state.batchesTracked
    averaged.batchesTracked = state.batchesTracked
    executor.parametersChanged()
    scorer.parametersChanged()
  }

  /// Where a resumed training stands, for people.
  public var position: String {
    state.isFinished
      ? "all epochs done" : "epoch \(state.epoch + 1) of \(epochs), step \(state.step)"
  }

  private func saveCheckpoint() throws {
    try Checkpoint.write(
      to: folder.checkpoint, identity: plan.identity, state: state, buffers: buffers)
    lastCheckpoint = .now
  }

  /// All that changes in training.
  private var buffers: [Checkpoint.Buffer] {
    func trained(_ name: String, _ values: UnsafeMutableBufferPointer<Float>) -> Checkpoint.Buffer {
      Checkpoint.Buffer(name: name, values: values, entries: network.entries)
    }
    func counted(_ name: String, _ values: UnsafeMutableBufferPointer<Float>) -> Checkpoint.Buffer {
      Checkpoint.Buffer(name: name, values: values, entries: network.bufferEntries)
    }
    return [
      trained("parameters", network.parameters), counted("buffers", network.buffers),
      trained("average.parameters", averaged.parameters),
      counted("average.buffers", averaged.buffers),
      trained("best.parameters", bestParameters.values),
      counted("best.buffers", bestBuffers.values),
    ] + optimizer.slots.map { trained("optimizer." + $0.name, $0.values) }
  }

  // MARK: Measuring

  /// Seconds a training step and a scoring step take on this machine, from one of each after a
  /// first one to warm up. Leaves no trace in the weights.
  public func measure() throws -> (step: Double, scoring: Double) {
    let kept = FloatBuffer(copying: network.buffers)
    let tracked = network.batchesTracked
    defer {
      kept.copy(to: network.buffers)
      network.batchesTracked = tracked
    }
    loader.start(epoch: 0)
    defer { loader.stop() }
    guard let batch = loader.next() else {
      throw TrainingError(
        .data,
        "\(plan.request.data): none of the clips could be decoded; look at one with vidclass info")
    }
    fill(executor, from: batch)
    let clock = ContinuousClock()
    var step = Duration.zero
    var scoring = Duration.zero
    for _ in 0..<2 {
      step = clock.measure {
        executor.forward(count: batch.count, dropout: dropoutStream(epoch: 0, step: 0))
        _ = lossAndGradient(batch)
        executor.backward(count: batch.count)
      }
    }
    for _ in 0..<2 { scoring = clock.measure { scorer.runEmpty() } }
    return (step / .seconds(1), scoring / .seconds(1))
  }

  // MARK: The loop

  /// Trains to the end, or until `shouldStop` says so at a step's end.
  ///
  /// - Throws: when the loss is not finite or a file cannot be written.
  public func run(shouldStop: () -> Bool) throws -> Outcome {
    if state.totalSteps == 0 {
      folder.removeEvents()
      folder.removeRefit()
    }
    let events = try EventFile(
      folder: folder.path, resumedAt: state.totalSteps > 0 ? state.totalSteps : nil)
    try AtomicFile.write(EpochRecord.table(state.records), to: folder.metrics)
    while !state.isFinished {
      if try !runEpoch(shouldStop: shouldStop) {
        try saveCheckpoint()
        return .interrupted
      }
      let scores = try validate()
      let record = endEpoch(validation: scores)
      let isBest = state.note(record)
      if isBest {
        bestParameters.copy(from: averaged.parameters)
        bestBuffers.copy(from: averaged.buffers)
      }
      state.isFinished =
        state.epoch >= epochs || state.shouldStop(patience: settings.earlyStop)
      if state.isFinished, plan.refits { state.awaitsRefit = true }
      try AtomicFile.write(EpochRecord.table(state.records), to: folder.metrics)
      try saveCheckpoint()
      try events.append(record.scalars, step: record.step)
      observer.epoch(record, isBest)
      if state.isFinished, state.epoch < epochs {
        observer.note(
          "stopped early: no better validation score in \(settings.earlyStop ?? 0) epochs")
      }
    }
    if let best = state.best {
      bestParameters.copy(to: averaged.parameters)
      bestBuffers.copy(to: averaged.buffers)
      averaged.batchesTracked = best.batchesTracked
    } else {
      averaged.batchesTracked = state.batchesTracked
    }
    // What it keeps of the weights is of the last validation, if there was one at all.
    scorer.parametersChanged()
    return .finished
  }

  /// The rest of the epoch under way; false when asked to stop.
  private func runEpoch(shouldStop: () -> Bool) throws -> Bool {
    loader.start(epoch: state.epoch, fromBatch: state.step)
    defer { loader.stop() }
    let clock = ContinuousClock()
    var began = clock.now
    while true {
      if shouldStop() { return false }
      if let refit = plan.identity.refit, state.totalSteps >= refit.steps { break }
      guard let batch = loader.next() else { break }
      try step(batch)
      let now = clock.now
      state.running.seconds += (now - began) / .seconds(1)
      began = now
      observer.step(
        Progress(
          epoch: state.epoch + 1, epochs: epochs, step: state.step,
          stepsPerEpoch: stepsPerEpoch,
          loss: state.running.loss / Double(max(1, state.running.clips))))
      if (now - lastCheckpoint) / .seconds(1) >= secondsBetweenCheckpoints {
        try saveCheckpoint()
      }
    }
    try recordLost(loader.takeFailures())
    return true
  }

  /// - Throws: when a class has lost its last clip to train on, or nothing is left to validate on:
  ///   a disk that went away must not end in a model.
  private func recordLost(_ failures: [ClipFailure]) throws {
    guard !failures.isEmpty else { return }
    for failure in failures { observer.note("left out: \(failure.message)") }
    lost += failures
    observer.lost(failures)
    let gone = Set(lost.map(\.clip.identity))
    func left(_ clips: [Clip]) -> [Clip] { clips.filter { !gone.contains($0.identity) } }
    let classes = Set(left(plan.train).map(\.classIndex))
    let held = plan.validation + plan.held
    let emptied =
      plan.train.first { !classes.contains($0.classIndex) }.map { "to train on of \"\($0.label)\"" }
      ?? (!held.isEmpty && left(held).isEmpty ? "to validate on" : nil)
    guard let emptied else { return }
    throw TrainingError(
      .data,
      "\(PathText.display(plan.request.data)): no clip \(emptied) can be read any more "
        + "(\(failures[0].message)); make them readable again and continue with `resume`")
  }

  private func step(_ batch: Batch) throws {
    fill(executor, from: batch)
    executor.forward(
      count: batch.count, dropout: dropoutStream(epoch: state.epoch, step: batch.number))
    let value = lossAndGradient(batch)
    executor.backward(count: batch.count)
    let (length, factor) = GradientClipping.measure(
      network.gradients, groups: groups, limit: settings.gradientLimit, steps: state.totalSteps)
    guard value.isFinite, length.isFinite else {
      throw TrainingError(
        .diverged,
        "the loss is not finite at epoch \(state.epoch + 1), step \(batch.number + 1); "
          + "train again with a lower `learningRate` than \(settings.learningRate)")
    }
    optimizer.step(
      parameters: network.parameters, gradients: network.gradients, gradientScale: factor,
      learningRate: schedule.rate(at: state.totalSteps))
    executor.parametersChanged()
    average.advance()
    average.update(averaged, towards: network)

    state.running.loss += value * Double(batch.count)
    state.running.correct += correct(batch)
    state.running.clips += batch.count
    state.step = batch.number + 1
    state.totalSteps += 1
    state.batchesTracked = network.batchesTracked
  }

  private func fill(_ executor: Executor, from batch: Batch) {
    executor.input.baseAddress!.update(
      from: batch.inputs.baseAddress!, count: batch.count * batch.inputSize)
  }

  private func dropoutStream(epoch: Int, step: Int) -> RandomStream? {
    RandomStream(seed: settings.seed, purpose: .dropout, UInt64(epoch), UInt64(step))
  }

  private func lossAndGradient(_ batch: Batch) -> Double {
    let isMixed = loader.options.augmentation?.mixup ?? 0 > 0
    return batch.labels.withUnsafeBufferPointer { labels in
      loss(
        logits: UnsafeBufferPointer(executor.logits),
        labels: UnsafeBufferPointer(rebasing: labels[..<batch.count]),
        mixture: isMixed ? .init(second: batch.secondLabels, share: batch.firstShares) : nil,
        gradient: executor.logitsGradient)
    }
  }

  /// Clips of the batch whose highest logit is their (first) class.
  private func correct(_ batch: Batch) -> Int {
    let classes = loss.classes
    var count = 0
    for clip in 0..<batch.count {
      var best = 0
      for index in 1..<classes
      where executor.logits[clip * classes + index] > executor.logits[clip * classes + best] {
        best = index
      }
      if best == batch.labels[clip] { count += 1 }
    }
    return count
  }

  private func validate() throws -> EpochRecord.Validation? {
    guard !plan.validation.isEmpty else { return nil }
    scorer.parametersChanged()
    averaged.batchesTracked = state.batchesTracked
    return ValidationScores.quick(
      try score(plan.validation), clips: plan.validation, classes: plan.identity.classes)
  }

  /// The averaged weights' logits for clips; after `run` the best weights'.
  ///
  /// - Throws: when nothing is left to train or validate on, or a score is not finite.
  func score(_ clips: [Clip], variant: LoaderOptions.Variant = .normal) throws -> ClipScorer.Result
  {
    let result = scorer.score(clips, variant: variant, seed: settings.seed)
    guard result.logits.allSatisfy(\.isFinite) else {
      throw TrainingError(
        .diverged,
        "the scores are not finite after epoch \(state.epoch + 1); train again with a lower "
          + "`learningRate` than \(settings.learningRate)")
    }
    let known = Set(lost.map(\.clip.identity))
    try recordLost(result.failures.filter { !known.contains($0.clip.identity) })
    return result
  }

  private func endEpoch(validation: EpochRecord.Validation?) -> EpochRecord {
    let running = state.running
    state.epoch += 1
    state.step = 0
    state.running = TrainingState.Running()
    let clips = Double(max(1, running.clips))
    return EpochRecord(
      epoch: state.epoch, step: state.totalSteps,
      learningRate: schedule.rate(at: max(0, state.totalSteps - 1)),
      trainingLoss: running.loss / clips, trainingTop1: Double(running.correct) / clips,
      validation: validation, seconds: running.seconds,
      clipsPerSecond: running.seconds > 0 ? clips / running.seconds : 0)
  }

}
