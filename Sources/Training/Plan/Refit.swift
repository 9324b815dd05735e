import Datasets
import FileStore
import Networks

/// How long a training on all clips lasts: as long as the one that was validated, with the learning
/// rate of that one at each step.
public struct Refit: Codable, Hashable, Sendable {
  /// Steps of the optimiser.
  public let steps: Int
  /// Steps of an epoch of the validated training, by which its learning rate went.
  public let stepsPerEpoch: Int

  /// After a validated training: to its end, unless the score had fallen by then.
  ///
  /// The best of many epochs is mostly the luckiest: an earlier one counts only if the last is worse
  /// by more than a standard error of its score.
  ///
  /// - Parameter clips: that were held out.
  init?(records: [EpochRecord], best: TrainingState.Best?, clips: Int, stepsPerEpoch: Int) {
    guard let last = records.last, let end = last.validation, let best else { return nil }
    let share = min(max(best.validation.macroF1, 0), 1)
    let error = (share * (1 - share) / Double(max(1, clips))).squareRoot()
    let isWorse = best.validation.macroF1 - end.macroF1 > error
    let chosen = isWorse ? records.first { $0.epoch == best.epoch } ?? last : last
    self.init(steps: chosen.step, stepsPerEpoch: stepsPerEpoch)
  }

  init(steps: Int, stepsPerEpoch: Int) {
    self.steps = steps
    self.stepsPerEpoch = stepsPerEpoch
  }
}

extension TrainingPlan {
  /// Whether a training on all clips follows.
  public var refits: Bool { request.refit && request.share == 1 && !validation.isEmpty }

  /// The same training on all clips, those included that were held out to validate it; from the same
  /// start, in the memory of this plan's network.
  ///
  /// - Parameter lost: clips that could not be read any more in the validated training.
  func refit(_ refit: Refit, lost: [ClipFailure]) throws -> TrainingPlan {
    var plan = try TrainingPlan(request, index: index)
    try plan.leaveOut(leftOut + lost)
    let learned = Set((plan.train + plan.validation).map(\.identity))
    plan.train = index.clips.filter { learned.contains($0.identity) }
    plan.validation = []
    plan.identity.content = identity.content
    plan.identity.split = TrainingPlan.splitHash(train: plan.train, validation: [])
    plan.identity.refit = refit
    network.copyValues(from: plan.network)
    plan.network = network
    return plan
  }
}
