import ClipSampling
import Evaluation
import Foundation
import ModelFiles
import Training

/// Several trainings to learn about the data, not for a model.
extension TrainCommand {
  /// `--folds`: every part of the groups held out once.
  func crossValidate(_ session: TrainingSession) throws {
    let console = global.console
    let plans = try session.foldPlans()
    func part(_ index: Int) -> String { RunFolder.fold(index + 1) }
    let goesOn = try goesOn(plans, in: session, part: part)
    var validation = session.newCrossValidation()
    for (number, plan) in zip(1..., plans) {
      let watch = TrainingWatch(console: console)
      let trainer = try session.makeTrainer(plan, part: part(number - 1), observer: watch.observer)
      if number == 1 {
        console.note("folds     \(plans.count) such trainings, one after the other")
        try announce(trainer, in: session)
        if continuing.dryRun { return }
      }
      if goesOn { try resume(trainer) }
      if number == 1 { try session.writeClips() }
      console.note("fold \(number)/\(plans.count): \(plan.division.sentence)")
      try run(trainer, watch, in: session)
      try validation.add(trainer, number: number)
      if let fold = validation.folds.last { console.note(fold.line) }
    }
    try write(validation, try session.finish(validation), in: session.folder)
  }

  /// The end of a cross-validation.
  func write(
    _ validation: CrossValidation, _ report: EvaluationReport, in folder: RunFolder
  ) throws {
    if json.json {
      try StandardOutput.writeJSON(CrossValidationOutput(validation: validation, report: report))
    } else {
      let lines =
        validation.lines + ["", "all clips together:"]
        + report.lines(columns: StandardOutput.columns) + ["report: \(folder.report)"]
      try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    }
  }

  func resume(_ trainer: Trainer) throws {
    let accepts = continuing.acceptChanges
    if trainer.canResume(acceptingChanges: accepts) {
      try trainer.resume(acceptingChanges: accepts)
    }
  }

  /// Whether trainings that were interrupted are gone on with; warns of others that are replaced.
  func goesOn(
    _ plans: [TrainingPlan], in session: TrainingSession, part: (Int) -> String
  ) throws -> Bool {
    let differences = session.differences(
      plans, fromBegun: part, ended: continuing.resumes, accepting: continuing.acceptChanges)
    if differences.isEmpty {
      return continuing.resumes || session.wasInterrupted(plans, part: part)
    }
    let changed = differences.joined(separator: ", ") + " changed"
    if continuing.resumes {
      throw TrainingError(
        .checkpoint,
        "\(session.folder.path): the trainings in it are others: \(changed); give the same options "
          + "as before, or train anew without --resume")
    }
    global.console.warn(
      "starting over: \(changed); the trainings in \(session.folder.path) will be replaced")
    return false
  }

  /// `--learning-curve`: the same training on parts of the clips.
  func learningCurve(_ session: TrainingSession) throws -> [LearningCurvePoint] {
    let plans = try session.learningCurvePlans()
    func part(_ index: Int) -> String { "part-\(Int(clamping: plans[index].request.share * 100))" }
    let goesOn = try goesOn(plans, in: session, part: part)
    return try plans.indices.compactMap { index in
      let plan = plans[index]
      let watch = TrainingWatch(console: global.console)
      let trainer = try session.makeTrainer(plan, part: part(index), observer: watch.observer)
      if goesOn { try resume(trainer) }
      global.console.note("learning curve: \(plan.train.count) of the clips")
      try run(trainer, watch, in: session)
      return session.learningCurvePoint(trainer)
    }
  }
}

/// The figures `eval` gives, and those of the folds.
private struct CrossValidationOutput: Encodable {
  let validation: CrossValidation
  let report: EvaluationReport

  func encode(to encoder: any Encoder) throws {
    try validation.encode(to: encoder)
    try report.encode(to: encoder)
  }
}
