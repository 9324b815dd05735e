import ArgumentParser
import ClipSampling
import Datasets
import FileStore
import Foundation
import Training

/// `vidclass train`: learns a model from a folder of clips.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Learns a model from clips.",
    discussion: """
      CLIPS is a folder of class folders (clips/walk/a.mp4), a folder with train, val and test, a \
      CSV manifest (filepath,label[,start,end,split,group]) or a text list. What is not given is \
      chosen by the amount of data, and announced.

      Stopped by Ctrl-C or killed, the same command goes on to the very same model.

      EXAMPLES:
        vidclass train clips/                    # writes models/clips.safetensors
        vidclass train clips/ --dry-run          # only says what it would do
        vidclass train lips/ --gray --val-groups F01,M02 -o models/lips.safetensors
        vidclass train lips/ --gray --folds 5    # cross-validation, no model
        vidclass train mine.csv --init-from models/clips.safetensors --freeze
        vidclass train clips/ --arch frozen-efficientnet_lite0  # make pretrained
      """)

  @Argument(help: ArgumentHelp("The data set.", valueName: "clips"))
  var clips: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The model to write (default: models/<name of clips>.safetensors).", valueName: "model"))
  var output: String?

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Learning") var learning: LearningOptions
  @OptionGroup(title: "Computing") var compute: ComputeOptions
  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Study") var study: StudyOptions
  @OptionGroup(title: "Continuing") var continuing: ContinuingOptions
  @OptionGroup var json: JSONOption
  @OptionGroup var sandbox: SandboxOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if clips.isEmpty { throw ValidationError("The name of the data set is empty.") }
    if output?.isEmpty == true { throw ValidationError("-o needs the name of a file.") }
    if input.fps != nil && input.stride != nil {
      throw ValidationError("--fps and --stride exclude each other; give one of them.")
    }
    try study.validate(with: data.split, earlyStop: learning.earlyStop)
    try learning.validate(with: study)
    if continuing.freeze != nil && continuing.initFrom == nil {
      throw ValidationError("--freeze needs --init-from, the file whose weights are to stay.")
    }
  }

  func run() throws {
    Interrupt.install()
    let began = ContinuousClock.now
    try sandbox.prepare(global.console)
    if request.fitsHead { return try trainFeatures(began: began) }
    let session = try makeSession()
    let lock = continuing.dryRun ? nil : try session.folder.lock()
    defer { withExtendedLifetime(lock) {} }
    for line in TrainingAnnouncement.dataLines(session.plan) { global.console.note(line) }
    for warning in session.plan.dataWarnings { global.console.warn(warning) }
    if continuing.resumes, session.beganUnrecorded {
      global.console.warn(
        "an earlier version began this training: whether clips changed since is not known")
    }
    if continuing.resumes, !continuing.acceptChanges { try requireNoChanges(session) }
    try decode(session)
    if continuing.resumes { try requireNoChanges(session) }
    if study.folds != nil {
      try crossValidate(session)
    } else if let budget = study.budget {
      try trainWithin(budget, session, began: began)
    } else if learning.ensemble != nil {
      try trainEnsemble(session, began: began)
    } else {
      try train(session, began: began)
    }
    if session.isIncomplete { throw ExitCode.partial }
  }

  /// Tells what changed of clips and processor since the training began that is to go on.
  ///
  /// - Throws: unless that is accepted.
  private func requireNoChanges(_ session: TrainingSession) throws {
    let changes = session.changesSinceBegun
    tell(changes)
    guard !changes.isEmpty, !continuing.acceptChanges else { return }
    throw TrainingError(
      .checkpoint,
      "\(PathText.display(session.folder.path)): not what this training was begun with; put it back, "
        + "go on with --accept-changes, or train anew without --resume")
  }

  /// A warning for each line; of very many the first.
  private func tell(_ changes: [String]) {
    let most = 24
    for line in changes.prefix(most) { global.console.warn("changed since: \(line)") }
    if changes.count > most {
      global.console.warn("changed since: \(changes.count - most) more")
    }
  }

  private func decode(_ session: TrainingSession) throws {
    let plan = session.plan
    let total = plan.train.count + plan.validation.count + plan.held.count
    let bar = ProgressBar("decoding", total: total, unit: "clips", console: global.console)
    let decoded = try session.decode { done, _ in
      bar.update(completed: done)
      return !Interrupt.isRequested
    }
    bar.finish()
    guard decoded else { throw Interrupted(signal: Interrupt.signal ?? SIGINT) }
  }

  private func train(_ session: TrainingSession, began: ContinuousClock.Instant) throws {
    guard let validated = try validate(session, began: began) else { return }
    var summary = validated.summary
    if validated.refit != nil {
      let watch = TrainingWatch(console: global.console)
      let trainer = try session.makeRefitTrainer(after: validated, observer: watch.observer)
      try refit(trainer, watch, in: session)
      summary = try session.finish(
        validated, refit: trainer, seconds: (ContinuousClock.now - began).inSeconds)
    }
    try tell(summary)
  }

  /// The training on all clips, which goes on where it was interrupted.
  func refit(_ trainer: Trainer, _ watch: TrainingWatch, in session: TrainingSession) throws {
    try resume(trainer)
    global.console.note(
      "refit      on all \(trainer.clips) clips, \(trainer.totalSteps) steps")
    try run(trainer, watch, in: session)
  }

  /// At the very end, on standard output.
  func tell(_ summary: TrainingSummary) throws {
    if json.json {
      try StandardOutput.writeJSON(summary)
    } else {
      let lines = summary.lines + ["model: \(summary.model)"]
      try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    }
  }

  /// The training whose scores are told; nil after a dry run.
  private func validate(
    _ session: TrainingSession, began: ContinuousClock.Instant
  ) throws -> FinishedTraining? {
    let console = global.console
    let watch = TrainingWatch(console: console)
    let trainer = try session.makeTrainer(observer: watch.observer)
    var unfinished: Trainer.Unfinished?
    if !continuing.dryRun, !continuing.resumes {
      do {
        unfinished = try trainer.unfinished()
      } catch {
        console.warn("starting over; \(ErrorMessage.oneLine(for: error))")
      }
    }
    if continuing.resumes || unfinished?.isThisOne == true {
      if session.folder.hasCheckpoint {
        try trainer.resume(acceptingChanges: continuing.acceptChanges)
        console.note("resuming   \(trainer.position)")
      } else {
        console.note("resuming   no checkpoint in \(session.folder.path), so from the beginning")
      }
    } else if let unfinished {
      tell(session.changesSinceBegun)
      if unfinished.isOfOtherKernels {
        throw TrainingError(
          .checkpoint,
          "\(PathText.display(session.folder.path)): a training interrupted in "
            + "\(unfinished.position) was begun on another kind of processor; go on with "
            + "--accept-changes, or remove that folder to start over")
      }
      console.warn(
        "starting over: \(unfinished.differences.joined(separator: ", ")) changed; the training "
          + "interrupted in \(unfinished.position) in \(session.folder.path) will be replaced (stop now, and the "
          + "command that began it goes on with it)")
    }
    try announce(trainer, in: session)
    if continuing.dryRun { return nil }

    try session.writeSplit()
    try session.writeClips()
    let curve = study.learningCurve ? try learningCurve(session) : []
    try run(trainer, watch, in: session)
    return try session.finish(
      trainer, seconds: (ContinuousClock.now - began).inSeconds, curve: curve)
  }

  /// The last thing a dry run does.
  func announce(_ trainer: Trainer, in session: TrainingSession) throws {
    let outlook = try session.outlook(trainer)
    for line in TrainingAnnouncement.lines(session, trainer: trainer, outlook: outlook) {
      global.console.note(line)
    }
    for warning in session.clipWarnings { global.console.warn(warning) }
    if continuing.dryRun, json.json { try StandardOutput.writeJSON(outlook) }
  }

  /// - Throws: `Interrupted`, with the state saved.
  func run(_ trainer: Trainer, _ watch: TrainingWatch, in session: TrainingSession) throws {
    watch.start(trainer)
    let outcome = try trainer.run { Interrupt.isRequested }
    watch.finish()
    if outcome == .interrupted {
      throw Interrupted(
        signal: Interrupt.signal ?? SIGINT,
        message: "interrupted in \(trainer.position): state saved in \(session.folder.path), "
          + "run the same command again to continue")
    }
  }

  /// - Throws: `ValidationError` where an option's value is at fault.
  private func makeSession() throws -> TrainingSession {
    try lookingForGroups { looking in
      try TrainingSession(
        request, cache: data.cache, threads: global.threadCount,
        programVersion: ProgramVersion.current, writes: !continuing.dryRun, looking: looking)
    }
  }

  /// Shows how far clips have been looked into while `make` runs.
  ///
  /// - Throws: `ValidationError` where an option's value is at fault.
  func lookingForGroups<Session>(
    _ make: (_ looking: @escaping @Sendable (Int, Int) -> Bool) throws -> Session
  ) throws -> Session {
    let bar = ProgressBar("looking for groups", total: nil, unit: "clips", console: global.console)
    defer { bar.finish() }
    do {
      return try make { done, _ in
        bar.update(completed: done)
        return !Interrupt.isRequested
      }
    } catch is CancellationError {
      throw Interrupted(signal: Interrupt.signal ?? SIGINT)
    } catch let error as TrainingError where error.code == .usage {
      throw ValidationError(error.message)
    }
  }

  var request: TrainingRequest {
    var request = TrainingRequest(data: clips)
    request.output = output
    request.architecture = input.arch
    request.recurrence = input.rnn
    request.head = input.head
    request.frames = input.frames
    request.size = input.size
    request.gray = input.gray
    request.framesPerSecond = input.fps
    request.stride = input.stride
    request.motion = input.motion
    request.epochs = learning.epochs
    request.batchSize = learning.batchSize
    request.clipsPerVideo = input.clipsPerVideo
    request.learningRate = learning.lr
    request.optimizer = learning.optimizer
    request.schedule = learning.schedule
    request.warmup = learning.warmup
    request.weightDecay = learning.weightDecay
    request.labelSmoothing = learning.labelSmoothing
    request.dropout = learning.dropout
    request.classWeights = learning.classWeights
    request.augmentation = learning.augment
    request.mixup = learning.mixup
    request.flip = learning.flip.decision
    request.averageDecay = learning.ema.decay
    request.earlyStop = learning.earlyStop
    data.split.apply(to: &request)
    request.fold =
      study.budget == nil
      ? study.folds.map { Fold(number: 1, of: $0) }
      : Fold(number: 1, of: TrainingSession.outerFolds)
    request.refit = learning.refit
    request.member = learning.ensemble.map { Fold(number: 1, of: $0) }
    request.exactConvolution = compute.exactConv
    request.precision = compute.arithmetic.precision
    request.initialModel = continuing.initFrom
    request.freeze = continuing.freeze
    request.headFirst = continuing.headFirst
    request.trunkRate = continuing.trunkRate
    request.resume = continuing.resumes
    request.seed = global.seed
    return request
  }
}
