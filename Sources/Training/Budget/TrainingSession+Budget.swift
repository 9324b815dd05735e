import Datasets
import Evaluation
import FileStore
import Foundation
import ModelFiles
import Tensors

// The trainings of a comparison within a budget, on the clips that the session has decoded.
extension TrainingSession {
  /// Of how many parts of the groups one is kept for the winner's score.
  public static let outerFolds = 5

  /// The comparison that `budget` allows, or that an earlier run has begun.
  ///
  /// - Parameter fitted: of the candidate whose head is fitted, if there is one.
  /// - Precondition: the session was asked for the first of `outerFolds`, which is kept.
  public func budgetStudy(
    _ budget: Budget, fitted: FeatureTraining? = nil
  ) throws -> BudgetStudy {
    precondition(plan.request.fold?.count == TrainingSession.outerFolds, "an outer fold is kept")
    let candidates = Candidate.all(plan.request, clips: plan.index.clips.count)
      .filter { !$0.isFitted || fitted != nil }
    let identity = Digest.sha256(
      plan.identity.hash + "\n\(budget)\n" + candidates.map(\.name).joined(separator: "\n"))
    return try BudgetStudy(
      candidates, identity: identity, epochs: plan.settings.epochs, budget: budget,
      path: folder.budget
    ) {
      try candidates.map { candidate in
        guard candidate.isFitted, let fitted else { return try cost(of: candidate, in: budget) }
        return try fittedCost(fitted, in: budget)
      }
    }
  }

  /// Of a pass over all clips, in seconds or in steps.
  private func cost(of candidate: Candidate, in budget: Budget) throws -> Double {
    let plan = try plan.sibling(candidate.request)
    let trainer = try makeTrainer(plan, part: RunFolder.trial, observer: Trainer.Observer())
    let share = Double(plan.index.clips.count) / Double(max(1, plan.train.count))
    switch budget {
    case .steps: return Double(trainer.stepsPerEpoch) * share
    case .seconds:
      return TrainingEstimate.epoch(plan, trainer: trainer, timing: try trainer.measure()) * share
    }
  }

  /// Of features, which are made once, in the passes of a training.
  private func fittedCost(_ fitted: FeatureTraining, in budget: Budget) throws -> Double {
    guard case .seconds = budget else { return 1 }
    return try fitted.measure() * Double(fitted.clips.count) / Double(plan.settings.epochs)
  }

  /// The training of the candidate whose head is fitted, on the same clips; nil where no weights are
  /// there for it, or the request speaks against it.
  public func fittedCandidate(writes: Bool) throws -> FeatureTraining? {
    guard var request = plan.request.fittedAlternative else { return nil }
    // What is kept from every choice is what validates it.
    request.member = request.fold
    request.fold = nil
    // As with the others, the winner learns from all clips.
    request.refit = true
    return try FeatureTraining(
      request, index: plan.index, pool: WorkerPool(threads: threads),
      programVersion: programVersion, writes: writes)
  }

  /// Runs one trial that is not done yet, and records it.
  ///
  /// - Parameters:
  ///   - telling: called before the trial.
  ///   - run: trains, and throws when it was interrupted, with its state saved.
  /// - Returns: false when there is none left.
  public func runTrial(
    of study: inout BudgetStudy, fitted: FeatureTraining? = nil, observer: Trainer.Observer,
    telling: (_ study: BudgetStudy, _ round: Int, _ candidate: String, _ fold: Int) -> Void,
    run: (Trainer) throws -> Void
  ) throws -> Bool {
    for (number, round) in study.rounds.enumerated() {
      for candidate in study.candidates(inRound: number) {
        for fold in 1...BudgetPlan.folds
        where !study.hasDone(candidate, round: number + 1, fold: fold) {
          telling(study, number + 1, candidate.name, fold)
          if candidate.isFitted, let fitted {
            let score = try fitted.score(fold: fold, of: BudgetPlan.folds)
            try study.add(
              BudgetTrial(
                round: number + 1, candidate: candidate.name, fold: fold,
                balancedAccuracy: score.balanced, logLoss: score.loss))
            return true
          }
          var request = candidate.request
          request.epochs = round.epochs
          request.fold = Fold(number: fold, of: BudgetPlan.folds)
          let trainer = try makeTrainer(
            try trialPlan(request), part: RunFolder.trial, observer: observer)
          if trainer.canResume(acceptingChanges: false) { try trainer.resume() }
          do {
            try run(trainer)
            try study.add(try trial(trainer, candidate, round: number + 1, fold: fold))
          } catch let error as TrainingError where error.code == .diverged {
            // What learns nothing loses; the others go on.
            try study.add(
              BudgetTrial(
                round: number + 1, candidate: candidate.name, fold: fold, balancedAccuracy: 0,
                logLoss: .greatestFiniteMagnitude))
          }
          return true
        }
      }
    }
    return false
  }

  /// The plan of a training on the clips that no choice is kept from.
  private func trialPlan(_ request: TrainingRequest) throws -> TrainingPlan {
    let kept = Set(plan.held.map(\.identity))
    var trial = try TrainingPlan(
      request, index: plan.index.keeping { !kept.contains($0.identity) })
    try trial.leaveOut(plan.leftOut)
    trial.identity.content = plan.identity.content
    return trial
  }

  private func trial(
    _ trainer: Trainer, _ candidate: Candidate, round: Int, fold: Int
  ) throws -> BudgetTrial {
    let held = trainer.plan.held
    let classes = trainer.plan.identity.classes
    let result = try trainer.score(held)
    let metrics = Metrics(ValidationScores.scored(result, clips: held, classes: classes))
    return BudgetTrial(
      round: round, candidate: candidate.name, fold: fold,
      balancedAccuracy: metrics[.balancedAccuracy], logLoss: metrics[.logLoss])
  }

  /// The trainer of the winner on all clips but those that were kept from every choice.
  public func makeWinnerTrainer(
    of study: BudgetStudy, observer: Trainer.Observer
  ) throws -> Trainer {
    var request = study.winner.request
    request.epochs = study.epochs
    return try makeTrainer(
      try plan.sibling(request), part: RunFolder.winner, observer: observer)
  }

  /// The trainer of the winner on all clips.
  public func makeFinalTrainer(
    of study: BudgetStudy, observer: Trainer.Observer
  ) throws -> Trainer {
    var request = study.winner.request
    request.epochs = study.epochs
    request.fold = nil
    request.validationFraction = 0
    return try makeTrainer(try plan.sibling(request), part: RunFolder.refit, observer: observer)
  }

  /// Scores the winner on the clips that were kept, once, and writes `report.html`.
  public func scoreWinner(
    _ trainer: Trainer, of study: BudgetStudy
  ) throws -> (validation: TrainingSummary.Validation, temperature: Double) {
    let held = trainer.plan.held
    let result = try trainer.score(held)
    let temperature = result.temperature
    let validation = try writeReport(
      try trainer.evaluation(of: held, result, temperature: temperature),
      lost: trainer.lost, trainer: trainer,
      facts: [
        ("compared", study.names.joined(separator: ", ")), ("chosen", study.winner.name),
        ("scores", "of clips that no choice has seen; then trained again on all clips"),
      ])
    return (validation, temperature)
  }

  /// Notes that a comparison has come to its end, where the winner's head was fitted.
  public func finish(_ study: inout BudgetStudy) throws { try study.finish() }

  /// Saves the winner that learned from all clips.
  public func finish(
    _ study: inout BudgetStudy, trainer: Trainer,
    scored: (validation: TrainingSummary.Validation, temperature: Double), seconds: Double
  ) throws -> TrainingSummary {
    var facts = facts
    facts["settings"] = StableJSON.text(trainer.plan.settings)
    facts["chosen"] = study.winner.name
    facts["compared"] = study.names.joined(separator: ", ")
    facts["epochs"] = "\(trainer.epochsDone)"
    facts["training_clips"] = "\(trainer.clips)"
    try save(
      trainer.averaged, facts: facts, temperature: scored.temperature, to: folder.model)
    try folder.write(plan.division.allToTrain)
    try study.finish()
    var summary = TrainingSummary(
      model: folder.model, epochs: trainer.epochsDone, bestEpoch: nil,
      trainingClips: trainer.clips, leftOut: plan.index.unusable.count + plan.leftOut.count,
      seconds: seconds, temperature: scored.temperature, validation: scored.validation,
      doubtful: [], learningCurve: [], finalLoss: trainer.lastLoss)
    summary.refit = TrainingSummary.Refit(clips: trainer.clips, steps: trainer.stepsDone)
    return summary
  }
}
