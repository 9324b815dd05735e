import Datasets
import Evaluation
import FileStore
import Foundation
import ModelFiles
import Networks
import Tensors

/// What one network of an ensemble came to.
public struct MemberScore: Encodable, Sendable {
  /// From 1.
  public let number: Int
  /// Of its weights and the order of its clips.
  public let seed: UInt64
  /// Clips that it held out.
  public let clips: Int
  /// Share of these whose highest score is their label's.
  public let top1: Double
  /// Mean F1 over the classes that have clips or were predicted.
  public let macroF1: Double

  enum CodingKeys: String, CodingKey {
    case number, seed, clips, top1
    case macroF1 = "macro_f1"
  }
}

/// The networks of an ensemble, trained one after the other, and what each said of the clips that it
/// held out.
///
/// Where the members hold out parts in turn, every clip is scored once, by a network that had not
/// learned from its group; that is less than the ensemble will do. Where all hold out the same
/// clips, the scores are those of the ensemble.
public struct Ensemble {
  /// In the order in which they were added.
  public private(set) var members: [MemberScore] = []
  private var networks: [Network] = []
  private var clips: [Clip] = []
  private var results: [LoaderOptions.Variant: ClipScorer.Result] = [:]
  private var lost: [ClipFailure] = []
  private var trainingClips = 0
  private var epochs = 0
  private var refit: TrainingSummary.Refit?
  private let classes: Int

  init(classes: Int) { self.classes = classes }

  /// Scores what a finished trainer held out; its weights are not kept yet.
  ///
  /// - Returns: how long the training on all clips is to last that follows; nil where none does.
  public mutating func validate(_ trainer: Trainer, number: Int) throws -> Refit? {
    let held = trainer.plan.validation
    trainingClips = trainer.plan.train.count
    epochs = trainer.epochsDone
    for variant in [LoaderOptions.Variant.normal, .singleFrame, .shuffledFrames] {
      var result = try trainer.score(held, variant: variant)
      if variant == .normal, result.count > 0 {
        let metrics = Metrics(
          ValidationScores.scored(result, clips: held, classes: trainer.plan.identity.classes))
        members.append(
          MemberScore(
            number: number, seed: trainer.plan.settings.seed, clips: result.count,
            top1: metrics[.top1], macroF1: metrics[.macroF1]))
      }
      result.clips = result.clips.map { $0 + clips.count }
      results[variant, default: ClipScorer.Result(classes: classes)].append(result)
    }
    clips += held
    lost += trainer.lost
    return trainer.refit
  }

  /// Keeps the weights of a finished trainer.
  public mutating func add(_ trainer: Trainer) {
    networks.append(trainer.averaged)
    guard trainer.plan.identity.refit != nil else { return }
    trainingClips = trainer.plan.train.count
    refit = TrainingSummary.Refit(clips: trainingClips, steps: trainer.stepsDone)
  }

  /// Mean probabilities of each clip over the members that held it out.
  private func scored(
    _ variant: LoaderOptions.Variant, classes: [String], temperature: Double
  ) -> ScoredClips {
    guard let result = results[variant] else { return ScoredClips(classes: classes) }
    return ValidationScores.scored(
      result, clips: clips, classes: classes, temperature: temperature
    ).perClip
  }
}

extension ClipScorer.Result {
  /// Adds the clips of another result, whose positions are in the same list.
  mutating func append(_ other: ClipScorer.Result) {
    logits += other.logits
    labels += other.labels
    clips += other.clips
    failures += other.failures
  }
}

extension TrainingSession {
  /// The plans of an ensemble's members; this session's own is the first.
  ///
  /// - Precondition: the session was asked for a member.
  public func memberPlans() throws -> [TrainingPlan] { try plan.siblings(\.member) }

  /// Without a member so far.
  public func newEnsemble() -> Ensemble { Ensemble(classes: plan.identity.classes.count) }

  /// The trainer that learns from all clips what a member has validated, whose trainer must be gone.
  public func makeRefitTrainer(
    _ refit: Refit, of plan: TrainingPlan, part: String, observer: Trainer.Observer
  ) throws -> Trainer {
    try makeTrainer(
      try plan.refit(refit, lost: lost), in: folder.part(part).part(RunFolder.refit),
      observer: observer)
  }

  /// Writes which clips the model knows: all, if each was held out by one member only.
  public func writeSplitOfEnsemble() throws {
    let division =
      plan.request.refit || plan.isHeldOutInTurn ? plan.division.allToTrain : plan.division
    try folder.write(division)
  }

  /// Calibrates on what the members held out, saves all of them as one model, and writes
  /// `report.html` and `predictions.csv`.
  public func finish(_ ensemble: Ensemble, seconds: Double) throws -> TrainingSummary {
    try ensemble.finish(self, seconds: seconds)
  }
}

extension Ensemble {
  fileprivate func finish(
    _ session: TrainingSession, seconds: Double
  ) throws -> TrainingSummary {
    let plan = session.plan
    let names = plan.identity.classes
    let held = results[.normal] ?? ClipScorer.Result(classes: classes)
    let temperature = held.temperature
    var facts = session.facts
    facts["members"] = StableJSON.text(members)
    facts["training_clips"] = "\(trainingClips)"
    if let refit { facts["refit_clips"] = "\(refit.clips)" }
    // Each member's logits are divided by it before they are averaged.
    try session.save(
      try Network(ensembleOf: networks, temperature: Float(temperature)), facts: facts,
      temperature: 1, to: session.folder.model)

    let doubtful = DoubtfulClip.find(
      held, clips: clips, classes: names, temperature: temperature, wereLearned: false)
    var validation: TrainingSummary.Validation?
    if held.count > 0 {
      func scored(_ variant: LoaderOptions.Variant) -> ScoredClips {
        self.scored(variant, classes: names, temperature: temperature)
      }
      let evaluation = Evaluation(
        scored: scored(.normal), singleFrame: scored(.singleFrame),
        shuffledFrames: scored(.shuffledFrames))
      try PredictionsFile.write(evaluation.scored, to: session.folder.predictions)
      validation = try session.writeReport(
        evaluation, lost: lost, doubtful: doubtful,
        facts: [("ensemble", sentence), ("members", spread)])
    }
    var summary = TrainingSummary(
      model: session.folder.model, epochs: epochs, bestEpoch: nil, trainingClips: trainingClips,
      leftOut: plan.index.unusable.count + plan.leftOut.count
        + Set(lost.map(\.clip.identity)).count,
      seconds: seconds, temperature: temperature, validation: validation,
      doubtful: doubtful,
      learningCurve: [], finalLoss: nil)
    summary.members = members
    summary.refit = refit
    return summary
  }

  /// Whether every clip was held out once.
  private var isInTurn: Bool { Set(clips.map(\.identity)).count == clips.count }

  private var sentence: String {
    "\(networks.count) networks whose scores are averaged; "
      + (isInTurn
        ? "each clip below is scored by the one that had not learned from its group"
        : "none has learned from the clips below")
      + (refit == nil ? "" : "; then all learned from all clips")
  }

  private var spread: String {
    let scores = members.map(\.top1)
    guard let low = scores.min(), let high = scores.max() else { return "not scored" }
    let mean = scores.reduce(0, +) / Double(scores.count)
    return String(
      format: "top-1 %.1f %% on average, %.1f to %.1f %%", mean * 100, low * 100, high * 100)
  }
}
