import Datasets
import Evaluation
import FileStore
import Foundation
import ModelFiles
import Networks

// From features to a model, a cross-validation or a learning curve.
extension FeatureTraining {
  /// A head fitted to these clips, whose features are there.
  ///
  /// - Parameter strength: how strongly weights are held back; nil chooses it among parts of these
  ///   clips.
  func fit(_ clips: [Clip], strength: Double? = nil) -> HeadFit {
    HeadFit(
      HeadFit.Examples(
        clips: clips, rows: clips.compactMap { table[$0]?.normal },
        classes: plan.identity.classes.count, weighting: plan.settings.classWeights),
      epsilon: head.epsilon, strength: strength, seed: plan.settings.seed, pool: pool)
  }

  /// The logits that a head gives clips.
  func scores(
    _ clips: [Clip], by fit: HeadFit, variant: LoaderOptions.Variant = .normal
  ) -> ClipScorer.Result {
    var result = ClipScorer.Result(classes: plan.identity.classes.count)
    for (position, clip) in clips.enumerated() {
      guard let row = table[clip] else { continue }
      result.logits += fit.scores(row.statistics(variant))
      result.labels.append(clip.classIndex)
      result.clips.append(position)
    }
    return result
  }

  private func scored(
    _ clips: [Clip], by fit: HeadFit, _ variant: LoaderOptions.Variant, temperature: Double = 1
  ) -> ScoredClips {
    ValidationScores.scored(
      scores(clips, by: fit, variant: variant), clips: clips, classes: plan.identity.classes,
      temperature: temperature)
  }

  /// Fits, calibrates and scores the head, fits it to all clips where that is wanted, and saves the model.
  ///
  /// - Parameter curve: points of heads fitted to fewer clips, for a learning curve.
  public func finish(
    seconds: () -> Double, curve: [LearningCurvePoint] = []
  ) throws -> TrainingSummary {
    try folder.write(plan.division)
    try AtomicFile.write(clipRecord.text, to: folder.clips)
    let held = plan.validation
    let validated = fit(plan.train)
    let result = scores(held, by: validated)
    // With nothing held out, what the choice of the penalty left out tells how sure scores may be.
    let isHeld = result.count > 0
    let temperature = Temperature.fit(
      logits: isHeld ? result.logits : validated.unseen,
      labels: isHeld ? result.labels : plan.train.map(\.classIndex),
      classes: plan.identity.classes.count)
    var validation: TrainingSummary.Validation?
    var report: EvaluationReport?
    if isHeld {
      let made = evaluation(validated, temperature: temperature)
      validation = TrainingSummary.Validation(made)
      report = made
    }
    let all = plan.refits && isHeld ? plan.train + held : nil
    try save(
      validated, temperature: temperature, report: report,
      to: all == nil ? folder.model : folder.validated)
    if let all {
      try save(
        fit(all, strength: validated.strength), refitted: all.count, temperature: temperature,
        report: report, to: folder.model)
    }
    let doubtful = doubtful(validated, held: result, temperature: temperature)
    if var report {
      report.details = details(of: report.scored, doubtful: doubtful)
      try folder.write(report)
    }
    var summary = TrainingSummary(
      model: folder.model, epochs: 0, bestEpoch: nil, trainingClips: plan.train.count,
      leftOut: plan.index.unusable.count + plan.leftOut.count, seconds: seconds(),
      temperature: temperature, validation: validation,
      doubtful: doubtful,
      learningCurve: curve.isEmpty ? [] : curve + [point(validated, share: 1, clips: plan.train)],
      finalLoss: nil)
    summary.refit = all.map { TrainingSummary.Refit(clips: $0.count, steps: 0) }
    return summary
  }

  private func evaluation(_ fit: HeadFit, temperature: Double) -> EvaluationReport {
    let held = plan.validation
    return plan.report(
      Evaluation(
        scored: scored(held, by: fit, .normal, temperature: temperature),
        singleFrame: scored(held, by: fit, .singleFrame, temperature: temperature),
        shuffledFrames: scored(held, by: fit, .shuffledFrames, temperature: temperature)),
      of: folder, threads: pool.threads,
      facts: [
        ("trunk", plan.start ?? ""),
        ("L2 penalty", "\(fit.strength), chosen by log loss on parts of the training clips"),
      ]
        + (plan.refits
          ? [("model's clips", "all, the validated ones too; figures are of a head without them")]
          : []))
  }

  /// Clips whose labels the head doubts, those it had learned first.
  private func doubtful(
    _ fit: HeadFit, held: ClipScorer.Result, temperature: Double
  ) -> [DoubtfulClip] {
    func find(_ result: ClipScorer.Result, _ clips: [Clip], wereLearned: Bool) -> [DoubtfulClip] {
      DoubtfulClip.find(
        result, clips: clips, classes: plan.identity.classes, temperature: temperature,
        wereLearned: wereLearned)
    }
    return find(scores(plan.train, by: fit), plan.train, wereLearned: true)
      + find(held, plan.validation, wereLearned: false)
  }

  // MARK: The model

  /// Nothing that depends on time, threads or place goes into the file.
  ///
  /// - Parameter refitted: how many clips the head has learned, those that validated it among them; nil
  ///   where these are not.
  private func save(
    _ fit: HeadFit, refitted: Int? = nil, temperature: Double, report: EvaluationReport?,
    to path: String
  ) throws {
    fit.write(into: plan.network, head)
    var facts = plan.facts
    facts["settings"] = StableJSON.text(FeatureSettings(plan.settings, strength: fit.strength))
    facts["training_clips"] = "\(plan.train.count)"
    if let refitted { facts["refit_clips"] = "\(refitted)" }
    facts["validation_clips"] = "\(plan.validation.count)"
    if let report {
      facts["validation_top1"] = "\(report.metrics[.top1])"
      facts["validation_macro_f1"] = "\(report.metrics[.macroF1])"
      facts["validation_loss"] = "\(report.metrics[.logLoss])"
    }
    let durations = plan.train.compactMap { table[$0]?.facts.duration }.sorted()
    let middle = (durations[(durations.count - 1) / 2] + durations[durations.count / 2]) / 2
    try plan.save(
      plan.network, facts: facts, temperature: temperature, clipSeconds: middle,
      programVersion: programVersion, to: path)
  }

  // MARK: Studies

  /// Every part of the groups held out once, by heads that nothing of it chose.
  ///
  /// - Parameter done: told each fold.
  public func crossValidate(
    done: (FoldResult) -> Void
  ) throws -> (validation: CrossValidation, report: EvaluationReport) {
    guard let first = plan.request.fold else { preconditionFailure("a fold must be asked for") }
    var validation = CrossValidation(classes: plan.identity.classes)
    // One after the other: each plan has a network.
    for number in 1...first.count {
      let sides = try plan.sibling(\.fold, Fold(number: number, of: first.count))
      let began = ContinuousClock.now
      let fitted = fit(sides.train)
      let seconds = (ContinuousClock.now - began) / .seconds(1)
      let held = sides.held
      validation.add(
        scored(held, by: fitted, .normal), singleFrame: scored(held, by: fitted, .singleFrame),
        shuffledFrames: scored(held, by: fitted, .shuffledFrames), number: number,
        seconds: seconds)
      if let fold = validation.folds.last { done(fold) }
    }
    let report = try validation.write(to: folder, of: plan, threads: pool.threads) {
      details(of: $0)
    }
    return (validation, report)
  }

  /// What a head fitted to the training clips without a part of their groups scores on that part.
  func score(fold: Int, of count: Int) throws -> (balanced: Double, loss: Double) {
    let learned = Set(plan.train.map(\.identity))
    let sides = try Splitter.split(
      plan.index.keeping { learned.contains($0.identity) },
      SplitOptions(seed: plan.request.seed, fold: Fold(number: fold, of: count)))
    let metrics = Metrics(scored(sides.validation, by: fit(sides.train), .normal))
    return (metrics[.balancedAccuracy], metrics[.logLoss])
  }

  /// What heads fitted to parts of the clips come to, the clips held out staying the same.
  public func learningCurve() throws -> [LearningCurvePoint] {
    guard !plan.validation.isEmpty else {
      throw TrainingError(
        .usage, "`learningCurve` needs clips to validate on; leave out `validationFraction` 0")
    }
    return LearningCurve.shares.map { share in
      let clips = Splitter.part(share, of: plan.train, seed: plan.settings.seed)
      return point(fit(clips), share: share, clips: clips)
    }
  }

  private func point(_ fit: HeadFit, share: Double, clips: [Clip]) -> LearningCurvePoint {
    let metrics = Metrics(scored(plan.validation, by: fit, .normal))
    return LearningCurvePoint(
      share: share, clips: clips.count, top1: metrics[.top1], macroF1: metrics[.macroF1])
  }
}

/// Settings of a fitted head, as its model tells them.
private struct FeatureSettings: Encodable {
  let seed: UInt64
  let validationFraction: Double
  let classWeights: ClassWeighting
  let initialModel: String?
  let precision: String?
  let penalty: Double

  init(_ settings: TrainingSettings, strength: Double) {
    seed = settings.seed
    validationFraction = settings.validationFraction
    classWeights = settings.classWeights
    initialModel = settings.initialModel
    precision = settings.precision?.rawValue
    penalty = strength
  }
}
