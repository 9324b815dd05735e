import ModelFiles
import Training

/// `--ensemble`: several networks, one model.
extension TrainCommand {
  func trainEnsemble(_ session: TrainingSession, began: ContinuousClock.Instant) throws {
    let console = global.console
    let plans = try session.memberPlans()
    func part(_ index: Int) -> String { RunFolder.member(index + 1) }
    let goesOn = try goesOn(plans, in: session, part: part)
    var ensemble = session.newEnsemble()
    for (index, plan) in plans.enumerated() {
      func validate() throws -> Refit? {
        let watch = TrainingWatch(console: console)
        let trainer = try session.makeTrainer(plan, part: part(index), observer: watch.observer)
        if index == 0 {
          console.note("ensemble   \(plans.count) such trainings, one after the other")
          try announce(trainer, in: session)
          if continuing.dryRun { return nil }
          try session.writeClips()
        }
        if goesOn { try resume(trainer) }
        console.note("member \(index + 1)/\(plans.count): \(plan.division.sentence)")
        try run(trainer, watch, in: session)
        let refit = try ensemble.validate(trainer, number: index + 1)
        if refit == nil { ensemble.add(trainer) }
        return refit
      }
      let refit = try validate()
      if continuing.dryRun { return }
      guard let refit else { continue }
      let watch = TrainingWatch(console: console)
      let trainer = try session.makeRefitTrainer(
        refit, of: plan, part: part(index), observer: watch.observer)
      try self.refit(trainer, watch, in: session)
      ensemble.add(trainer)
    }
    try session.writeSplitOfEnsemble()
    try tell(try session.finish(ensemble, seconds: (ContinuousClock.now - began).inSeconds))
  }
}
