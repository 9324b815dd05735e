import Datasets
import Evaluation
import FileStore
import Foundation
import ModelFiles
import Networks
import Tensors

/// A training that came to its end, and was validated if clips were held out.
public struct FinishedTraining: Sendable {
  /// What is told of it.
  public let summary: TrainingSummary
  /// How long the training on all clips is to last that follows; nil where none does.
  public let refit: Refit?
  /// What its model file says of it.
  let facts: [String: String]
  /// Clips that could not be read any more.
  let lost: [ClipFailure]
}

// From finished trainers to the model file.
extension TrainingSession {
  /// After a finished training: calibrates on the clips held out, saves the model, scores it beside
  /// its baselines and writes `report.html`.
  ///
  /// Where a training on all clips is to follow, the model goes into the run folder: it is what the
  /// scores are of.
  ///
  /// - Parameter curve: points of the trainings on fewer clips, for a learning curve.
  public func finish(
    _ trainer: Trainer, seconds: Double, curve: [LearningCurvePoint] = []
  ) throws -> FinishedTraining {
    let classes = plan.identity.classes
    let held = plan.validation
    let refit = trainer.refit
    let result = try trainer.score(held)
    let temperature = result.temperature
    let facts = facts(of: trainer)
    try save(
      trainer.averaged, facts: facts, temperature: temperature,
      to: refit == nil ? folder.model : folder.validated)

    let doubtful = try doubtfulClips(trainer, held: result, temperature: temperature)
    var validation: TrainingSummary.Validation?
    if result.count > 0 {
      var evaluation = try trainer.evaluation(of: held, result, temperature: temperature)
      evaluation.byForm = FormBaseline.scored(learned: plan.train, held: held, classes: classes) {
        form(of: $0)
      }
      validation = try writeReport(
        evaluation, lost: trainer.lost, doubtful: doubtful, trainer: trainer,
        facts: [
          ("best epoch", trainer.bestEpoch.map { "\($0) of \(trainer.epochsDone)" } ?? "the last")
        ]
          + (refit == nil
            ? [] : [("then", "trained again on all clips; the scores are of the one before")]))
    }
    let summary = TrainingSummary(
      model: folder.model, epochs: trainer.epochsDone, bestEpoch: trainer.bestEpoch,
      trainingClips: plan.train.count,
      leftOut: plan.index.unusable.count + plan.leftOut.count + trainer.lost.count,
      seconds: seconds,
      temperature: temperature, validation: validation,
      doubtful: doubtful,
      learningCurve: curve.isEmpty
        ? [] : curve + [learningCurvePoint(trainer)].compactMap { $0 }, finalLoss: trainer.lastLoss)
    return FinishedTraining(summary: summary, refit: refit, facts: facts, lost: trainer.lost)
  }

  /// The trainer that learns from all clips what was validated. The validated one must be gone by
  /// now: the new one takes its network's memory.
  ///
  /// - Precondition: a training on all clips is to follow.
  public func makeRefitTrainer(
    after finished: FinishedTraining, observer: Trainer.Observer
  ) throws -> Trainer {
    guard let refit = finished.refit else { preconditionFailure("nothing was validated") }
    return try makeTrainer(
      try plan.refit(refit, lost: finished.lost), part: RunFolder.refit, observer: observer)
  }

  /// Saves what learned from all clips, with the scores and the calibration of what was validated.
  ///
  /// - Parameter seconds: of the whole command.
  public func finish(
    _ finished: FinishedTraining, refit trainer: Trainer, seconds: Double
  ) throws -> TrainingSummary {
    var facts = finished.facts
    facts["refit_steps"] = "\(trainer.stepsDone)"
    facts["refit_clips"] = "\(trainer.plan.train.count)"
    try save(
      trainer.averaged, facts: facts, temperature: finished.summary.temperature, to: folder.model)
    var summary = finished.summary
    summary.seconds = seconds
    summary.refit = TrainingSummary.Refit(
      clips: trainer.plan.train.count, steps: trainer.stepsDone)
    return summary
  }

  /// Writes `report.html`.
  func writeReport(
    _ evaluation: Evaluation, lost: [ClipFailure], doubtful: [DoubtfulClip] = [],
    trainer: Trainer? = nil, facts: [(String, String)]
  ) throws -> TrainingSummary.Validation {
    var report = plan.report(
      evaluation, of: folder, threads: threads, lost: lost, facts: facts)
    report.details = details(of: evaluation.scored, doubtful: doubtful)
    report.details.training = trainer.flatMap { ReportDetails.Training($0.state) }
    try folder.write(report)
    return TrainingSummary.Validation(report)
  }

  /// Clips whose labels the finished model doubts, those it had learned first.
  private func doubtfulClips(
    _ trainer: Trainer, held: ClipScorer.Result, temperature: Double
  ) throws -> [DoubtfulClip] {
    func find(_ result: ClipScorer.Result, _ clips: [Clip], wereLearned: Bool) -> [DoubtfulClip] {
      DoubtfulClip.find(
        result, clips: clips, classes: plan.identity.classes, temperature: temperature,
        wereLearned: wereLearned)
    }
    return find(try trainer.score(plan.train), plan.train, wereLearned: true)
      + find(held, plan.validation, wereLearned: false)
  }

  /// Nothing that depends on time, threads or place goes into the file.
  private func facts(of trainer: Trainer) -> [String: String] {
    var facts = facts
    facts["epochs"] = "\(trainer.epochsDone)"
    facts["training_clips"] = "\(plan.train.count)"
    facts["validation_clips"] = "\(plan.validation.count)"
    if let best = trainer.state.best {
      facts["best_epoch"] = "\(best.epoch)"
      facts["validation_top1"] = "\(best.validation.top1)"
      facts["validation_macro_f1"] = "\(best.validation.macroF1)"
      facts["validation_loss"] = "\(best.validation.loss)"
    }
    return facts
  }

  /// The settings, and how the clips were read and divided.
  var facts: [String: String] {
    var facts = plan.facts
    facts["settings"] = StableJSON.text(plan.settings)
    return facts
  }

  func save(
    _ network: Network, facts: [String: String], temperature: Double, to path: String
  ) throws {
    try plan.save(
      network, facts: facts, temperature: temperature, clipSeconds: clipSeconds ?? 0,
      programVersion: programVersion, to: path)
  }
}

extension Trainer {
  /// How long a training on all clips is to last after this one; nil where none follows.
  var refit: Refit? {
    guard plan.refits else { return nil }
    return Refit(
      records: state.records, best: state.best, clips: plan.validation.count,
      stepsPerEpoch: stepsPerEpoch)
  }

  /// Calibrated scores of clips that a finished trainer did not learn from, and what they are by the
  /// baselines.
  ///
  /// - Parameter result: the clips' logits, which told the temperature.
  func evaluation(
    of held: [Clip], _ result: ClipScorer.Result, temperature: Double
  ) throws -> Evaluation {
    func scored(_ result: ClipScorer.Result) -> ScoredClips {
      ValidationScores.scored(
        result, clips: held, classes: plan.identity.classes, temperature: temperature)
    }
    return Evaluation(
      scored: scored(result), singleFrame: scored(try score(held, variant: .singleFrame)),
      shuffledFrames: scored(try score(held, variant: .shuffledFrames)))
  }
}
