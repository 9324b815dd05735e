public import ModelFiles

/// The threshold of each class that does what was asked for, and what it costs.
public struct ThresholdChoice: Sendable {
  /// One class.
  public struct OfClass: Sendable {
    /// Its name.
    public let name: String
    /// Below this score the answer is `unknown`; nil where the class is never given.
    public let threshold: Double?
    /// The ends that 95 of 100 resamples of groups lie between; infinite where a resample has the
    /// class never given.
    public let interval: (low: Double, high: Double)
    /// Whether the goal is reached with it.
    public let isReached: Bool
    /// The share of resamples in which some threshold reaches the goal.
    public let reachedShare: Double
    /// Of the answers that are given, with the interval over groups.
    public let precision: Interval
    /// Of the clips of the class, with the interval over groups.
    public let recall: Interval
    /// Answers that are given.
    public let kept: Int
    /// Answers that are `unknown` instead.
    public let unknown: Int
    /// Clips of the class.
    public let support: Int
    /// Of the goal; nil where the goal is no cost.
    public let cost: Double?
  }

  /// What was asked for.
  public let goal: ThresholdGoal
  /// In the order of the model's classes.
  public let classes: [OfClass]
  /// Clips that get an answer.
  public let kept: Int
  /// Of these, those that are named wrongly.
  public let wrong: Int
  /// All clips.
  public let clips: Int
  /// Those that would be named wrongly without thresholds.
  public let wrongBefore: Int
  /// What all answers would cost without thresholds, and what they cost with them; nil where the goal
  /// is no cost.
  public let costs: (before: Double, after: Double)?
  /// What was drawn for the intervals, and how many of these there are.
  public let units: (unit: Bootstrap.Unit, count: Int)

  /// - Parameter clips: at least one.
  public init(
    _ goal: ThresholdGoal, for clips: ScoredClips, seed: UInt64 = 0, resamples: Int = 1000
  ) {
    precondition(clips.count > 0, "thresholds need at least one clip")
    let (unit, members) = Bootstrap.units(clips)
    let all = clips.classes.indices.map { AnswersOfClass(clips, classIndex: $0) }
    let once = [Double](repeating: 1, count: clips.count)
    let chosen = all.map { $0.best(goal, weights: once) }
    var thresholds = [[Double]](repeating: [], count: all.count)
    var reached = [Int](repeating: 0, count: all.count)
    var precisions = thresholds
    var recalls = thresholds
    var weights = once
    for resample in 0..<resamples {
      Bootstrap.draw(resample, of: members, seed: seed, into: &weights)
      for (index, answers) in all.enumerated() {
        let (threshold, isReached) = answers.best(goal, weights: weights)
        thresholds[index].append(threshold ?? .infinity)
        reached[index] += isReached ? 1 : 0
        let outcome = answers.outcome(at: chosen[index].threshold, weights: weights)
        precisions[index].append(outcome.precision)
        recalls[index].append(outcome.recall)
      }
    }
    let outcomes = zip(all, chosen).map { $0.outcome(at: $1.threshold, weights: once) }
    classes = all.indices.map { index in
      let outcome = outcomes[index]
      func interval(_ value: Double, _ samples: [Double]) -> Interval {
        Interval(value, resamples: samples, units: members.count, scale: .share)
      }
      let kept = Int(clamping: outcome.kept)
      return OfClass(
        name: clips.classes[index], threshold: chosen[index].threshold,
        interval: ThresholdChoice.middle(thresholds[index]), isReached: chosen[index].isReached,
        reachedShare: Double(reached[index]) / Double(max(1, resamples)),
        precision: interval(outcome.precision, precisions[index]),
        recall: interval(outcome.recall, recalls[index]), kept: kept,
        unknown: all[index].count - kept, support: Int(clamping: outcome.support),
        cost: goal.isCost ? all[index].cost(outcome, goal) : nil)
    }
    self.goal = goal
    self.clips = clips.count
    kept = Int(clamping: outcomes.reduce(0) { $0 + $1.kept })
    wrong = Int(clamping: outcomes.reduce(0) { $0 + $1.mistaken })
    wrongBefore = (0..<clips.count).count { clips.prediction($0) != clips.labels[$0] }
    units = (unit, members.count)
    costs =
      goal.isCost
      ? (
        before: all.reduce(0) { $0 + $1.cost($1.outcome(at: 0, weights: once), goal) },
        after: zip(all, outcomes).reduce(0) { $0 + $1.0.cost($1.1, goal) }
      ) : nil
  }

  /// From the 2.5th to the 97.5th percentile: a threshold moves by steps, and has no scale to be even
  /// on.
  private static func middle(_ samples: [Double]) -> (low: Double, high: Double) {
    let sorted = samples.sorted()
    guard let last = sorted.indices.last else { return (.nan, .nan) }
    func at(_ share: Double) -> Double { sorted[Int(clamping: (share * Double(last)).rounded())] }
    return (at(0.025), at(0.975))
  }

  /// For `label`, and for people.
  public func file(model: String?) -> ClassThresholds {
    ClassThresholds(
      classes.map { .init(name: $0.name, threshold: $0.threshold) }, model: model,
      goal: goal.description)
  }
}

extension ThresholdGoal {
  /// Whether it is the least cost, which is always reached.
  var isCost: Bool {
    if case .cost = self { return true }
    return false
  }
}
