import ArgumentParser
import FileStore
import Foundation
import Training

/// `--budget`: what suits these clips is found out first.
extension TrainCommand {
  func trainWithin(
    _ budget: Budget, _ session: TrainingSession, began: ContinuousClock.Instant
  ) throws {
    let console = global.console
    let fitted = try session.fittedCandidate(writes: !continuing.dryRun)
    var study = try session.budgetStudy(budget, fitted: fitted)
    tellPlan(study)
    if continuing.dryRun { return }
    if let fitted, study.includesFitted {
      try follow("features") { try fitted.extract(progress: $0) }
    }
    try session.writeClips()
    try study.begin()
    var round = 1
    while true {
      let watch = TrainingWatch(console: console)
      let isLeft = try session.runTrial(
        of: &study, fitted: fitted, observer: watch.observer,
        telling: { study, number, candidate, fold in
          if number > round { tellTable(study, round: round) }
          round = number
          console.note(
            "round \(number): \(SettingNames.options(in: candidate)), part \(fold)")
        }, run: { try run($0, watch, in: session) })
      if !isLeft { break }
    }
    for number in 1...study.rounds.count { tellTable(study, round: number) }
    console.note("chosen     \(SettingNames.options(in: study.winner.name))")

    if study.winner.isFitted, let fitted {
      let summary = try fitted.finish(seconds: { (ContinuousClock.now - began).inSeconds })
      try session.finish(&study)
      return try tell(summary)
    }
    let scored = try score(study, in: session)
    let watch = TrainingWatch(console: console)
    let last = try session.makeFinalTrainer(of: study, observer: watch.observer)
    try refit(last, watch, in: session)
    try tell(
      try session.finish(
        &study, trainer: last, scored: scored, seconds: (ContinuousClock.now - began).inSeconds))
  }

  /// The winner without the clips that are kept, and its score on these.
  private func score(
    _ study: BudgetStudy, in session: TrainingSession
  ) throws -> (TrainingSummary.Validation, Double) {
    let watch = TrainingWatch(console: global.console)
    let trainer = try session.makeWinnerTrainer(of: study, observer: watch.observer)
    try resume(trainer)
    try run(trainer, watch, in: session)
    return try session.scoreWinner(trainer, of: study)
  }

  private func tellPlan(_ study: BudgetStudy) {
    let console = global.console
    if study.goesOn { console.note("resuming   the comparison that was interrupted") }
    console.note(
      "compare    \(SettingNames.options(in: study.names.joined(separator: "; ")))")
    for (number, round) in zip(1..., study.rounds) {
      console.note(
        "round \(number)    \(round.candidates) of them, \(round.epochs) epochs on each of three parts"
      )
    }
    console.note(
      "then       the best one, \(study.epochs) epochs without the clips that are kept for its score, "
        + "and on all")
  }

  private func tellTable(_ study: BudgetStudy, round: Int) {
    for row in study.table(ofRound: round) {
      global.console.note(
        String(
          format: "round %d  %d epochs  balanced %.1f %%  log loss %.3f  ", round, row.epochs,
          row.balancedAccuracy * 100, row.logLoss) + SettingNames.options(in: row.candidate))
    }
  }
}

extension Budget: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
