import Datasets
import Evaluation
import FileStore
import Foundation
import ModelFiles

/// What one fold of a cross-validation came to: a model that learned from all other folds, scored
/// once on this one.
public struct FoldResult: Encodable, Sendable {
  /// From 1.
  public let number: Int
  /// Clips held out.
  public let clips: Int
  /// Share of clips whose highest score is their label's.
  public let top1: Double
  /// Mean recall over the classes that have clips.
  public let balancedAccuracy: Double
  /// Mean F1 over the classes that have clips or were predicted.
  public let macroF1: Double
  /// Top-1 on the same clips, each shown as one frame, or with its frames in a random order.
  public let singleFrame: Double
  /// Top-1 with the frames in a random order.
  public let shuffledFrames: Double
  /// Seconds of its training steps.
  public let seconds: Double

  enum CodingKeys: String, CodingKey {
    case number, clips, top1, seconds
    case balancedAccuracy = "balanced_accuracy"
    case macroF1 = "macro_f1"
    case singleFrame = "single_frame"
    case shuffledFrames = "shuffled_frames"
  }
}

/// A data set scored by cross-validation: every clip once, by a model that knew nothing of its
/// group.
///
/// Nothing is chosen on the clips held out, not even the epoch: each fold's model is the average of
/// weights at the end of its training.
public struct CrossValidation: Encodable, Sendable {
  /// In the order in which they were added.
  public private(set) var folds: [FoldResult] = []
  private var scored: ScoredClips
  private var singleFrame: ScoredClips
  private var shuffledFrames: ScoredClips

  init(classes: [String]) {
    scored = ScoredClips(classes: classes)
    singleFrame = scored
    shuffledFrames = scored
  }

  /// Scores the clips that a finished trainer's plan holds.
  ///
  /// - Throws: when none of them can be read any more.
  public mutating func add(_ trainer: Trainer, number: Int) throws {
    let (held, classes) = (trainer.plan.held, trainer.plan.identity.classes)
    func scored(_ variant: LoaderOptions.Variant) throws -> ScoredClips {
      ValidationScores.scored(
        try trainer.score(held, variant: variant), clips: held, classes: classes)
    }
    add(
      try scored(.normal), singleFrame: try scored(.singleFrame),
      shuffledFrames: try scored(.shuffledFrames), number: number,
      seconds: trainer.state.records.reduce(0) { $0 + $1.seconds })
  }

  /// Takes the scores of a fold, nothing where no clip has any.
  mutating func add(
    _ normal: ScoredClips, singleFrame single: ScoredClips, shuffledFrames shuffled: ScoredClips,
    number: Int, seconds: Double
  ) {
    guard normal.count > 0 else { return }
    let metrics = Metrics(normal)
    folds.append(
      FoldResult(
        number: number, clips: normal.count, top1: metrics[.top1],
        balancedAccuracy: metrics[.balancedAccuracy], macroF1: metrics[.macroF1],
        singleFrame: Metrics(single)[.top1], shuffledFrames: Metrics(shuffled)[.top1],
        seconds: seconds))
    scored.append(contentsOf: normal)
    singleFrame.append(contentsOf: single)
    shuffledFrames.append(contentsOf: shuffled)
  }

  /// Mean of a figure over the folds.
  public func mean(_ figure: KeyPath<FoldResult, Double>) -> Double {
    folds.reduce(0) { $0 + $1[keyPath: figure] } / Double(max(1, folds.count))
  }

  /// All clips together, with intervals over groups.
  public func report(seed: UInt64, threads: Int, skipped: [(path: String, reason: String)])
    -> EvaluationReport
  {
    EvaluationReport(
      Evaluation(scored: scored, singleFrame: singleFrame, shuffledFrames: shuffledFrames),
      seed: seed, threads: threads, skipped: skipped)
  }

  /// Writes the predictions for all clips and a report into a run folder.
  ///
  /// - Returns: all folds together.
  func write(
    to folder: RunFolder, of plan: TrainingPlan, threads: Int,
    details: (ScoredClips) -> ReportDetails
  ) throws -> EvaluationReport {
    var report = report(
      seed: plan.settings.seed, threads: threads,
      skipped: plan.leftOut.map { ($0.clip.name, $0.message) })
    report.facts = [
      ("data", PathText.name(of: plan.request.data)), ("groups", plan.index.groupRule.sentence),
      ("folds", "\(folds.count); nothing is chosen on the clips held out"),
    ]
    report.details = details(report.scored)
    try PredictionsFile.write(report.scored, to: folder.predictions)
    let title = "Cross-validation of \(PathText.name(of: plan.request.data))"
    try ReportPage(report, title: title).write(to: folder.report)
    return report
  }

  enum CodingKeys: String, CodingKey {
    case folds, mean
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(folds, forKey: .folds)
    try values.encode(
      [
        "top1": mean(\.top1), "balanced_accuracy": mean(\.balancedAccuracy),
        "macro_f1": mean(\.macroF1), "single_frame": mean(\.singleFrame),
        "shuffled_frames": mean(\.shuffledFrames), "seconds": mean(\.seconds),
      ], forKey: .mean)
  }
}

extension TrainingSession {
  /// The plans of all folds; this session's own is the first.
  ///
  /// - Precondition: the session was asked for a fold.
  public func foldPlans() throws -> [TrainingPlan] { try plan.siblings(\.fold) }

  /// Without a fold so far; its classes are the data set's.
  public func newCrossValidation() -> CrossValidation {
    CrossValidation(classes: plan.identity.classes)
  }

  /// Writes the predictions for all clips and a report beside the folds' checkpoints.
  ///
  /// - Returns: all folds together.
  public func finish(_ validation: CrossValidation) throws -> EvaluationReport {
    try validation.write(to: folder, of: plan, threads: threads) { details(of: $0) }
  }
}
