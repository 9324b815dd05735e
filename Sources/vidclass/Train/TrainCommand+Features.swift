import ArgumentParser
import Datasets
import Evaluation
import Foundation
import ModelFiles
import Training

/// A network whose trunk stays as it is: features once, then its head.
extension TrainCommand {
  func trainFeatures(began: ContinuousClock.Instant) throws {
    if learning.ensemble != nil || study.budget != nil {
      throw ValidationError(
        "--ensemble and --budget are for networks that are trained; \(request.architecture ?? "") is "
          + "fitted, to one answer.")
    }
    let console = global.console
    let training = try lookingForGroups { looking in
      try FeatureTraining(
        request, threads: global.threadCount, programVersion: ProgramVersion.current,
        writes: !continuing.dryRun, looking: looking)
    }
    let lock = continuing.dryRun ? nil : try training.folder.lock()
    defer { withExtendedLifetime(lock) {} }
    for line in TrainingAnnouncement.dataLines(training.plan) { console.note(line) }
    for warning in training.plan.dataWarnings { console.warn(warning) }
    if continuing.dryRun { try follow("decoding") { try training.look(progress: $0) } }
    let outlook = try training.outlook()
    for line in TrainingAnnouncement.lines(training, outlook: outlook) { console.note(line) }
    if continuing.dryRun {
      tellOfClips(training)
      if json.json { try StandardOutput.writeJSON(outlook) }
    } else {
      try follow("features") { try training.extract(progress: $0) }
      tellOfClips(training)
      if study.folds != nil {
        try crossValidate(training)
      } else {
        try finish(training, began: began)
      }
    }
    if training.isIncomplete { throw ExitCode.partial }
  }

  /// - Throws: `Interrupted` where the work is stopped.
  func follow(
    _ title: String, _ work: ((_ done: Int, _ total: Int) -> Bool) throws -> Bool
  ) throws {
    var bar: ProgressBar?
    let isDone = try work { done, total in
      let shown =
        bar ?? ProgressBar(title, total: total, unit: "clips", console: global.console)
      bar = shown
      shown.update(completed: done)
      return !Interrupt.isRequested
    }
    bar?.finish()
    guard isDone else {
      throw Interrupted(
        signal: Interrupt.signal ?? SIGINT,
        message: "interrupted: features so far are kept, run the same command again to continue")
    }
  }

  private func tellOfClips(_ training: FeatureTraining) {
    for line in TrainingAnnouncement.decoded(training.plan, partial: training.partial) {
      global.console.note(line)
    }
    for warning in training.clipWarnings { global.console.warn(warning) }
  }

  private func finish(_ training: FeatureTraining, began: ContinuousClock.Instant) throws {
    let curve = study.learningCurve ? try training.learningCurve() : []
    let summary = try training.finish(
      seconds: { (ContinuousClock.now - began).inSeconds }, curve: curve)
    try tell(summary)
  }

  private func crossValidate(_ training: FeatureTraining) throws {
    let (validation, report) = try training.crossValidate { global.console.note($0.line) }
    try write(validation, report, in: training.folder)
  }
}

extension TrainingAnnouncement {
  /// What is known before the first clip's features.
  static func lines(_ training: FeatureTraining, outlook: TrainingOutlook) -> [String] {
    let plan = training.plan
    var lines = input(plan)
    lines.append(
      row(
        "network",
        "\(outlook.architecture), \(count(outlook.parameters)) parameters of which "
          + "\(count(training.fittedParameters)) are fitted, "
          + String(format: "%.2f GFLOPs a clip", Double(outlook.flopsPerClip) / 1e9)))
    if let start = plan.start { lines.append(row("start", start)) }
    lines.append(
      row(
        "compute",
        arithmetic(plan, threads: training.threads)
          + ", \(outlook.plannedMiB) MiB planned for the network"))
    lines.append(memory(outlook))
    lines.append(
      row(
        "learning",
        "logistic regression on mean and change of each feature, its L2 penalty chosen on parts of "
          + "the training clips"
          + (plan.settings.classWeights == .none ? "" : ", classes balanced")
          + ", seed \(plan.settings.seed)"))
    lines.append(
      row(
        "time",
        "about \(Duration.text(seconds: outlook.secondsPerEpoch)) for the features of all clips, "
          + "without decoding; those in \(training.folder.path) are not made again"))
    return lines
  }
}
