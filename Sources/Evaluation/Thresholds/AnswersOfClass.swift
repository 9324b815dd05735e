/// The clips that a model names as one class, by falling score, and which thresholds do what to them.
struct AnswersOfClass {
  /// What a threshold comes to.
  struct Outcome {
    /// Answers that are given.
    var kept = 0.0
    /// Of these, right ones.
    var right = 0.0
    /// Clips of the class.
    var support = 0.0

    var precision: Double { kept > 0 ? right / kept : .nan }
    var recall: Double { support > 0 ? right / support : .nan }
    var missed: Double { support - right }
    var mistaken: Double { kept - right }
  }

  /// Positions of the clips, the most confident first.
  private let order: [Int]
  private let scores: [Double]
  private let isRight: [Bool]
  /// Positions of the clips of the class, whatever they are named.
  private let members: [Int]

  init(_ clips: ScoredClips, classIndex: Int) {
    let all = (0..<clips.count).filter { clips.prediction($0) == classIndex }
    func score(_ clip: Int) -> Float { clips.scores[clip * clips.classes.count + classIndex] }
    order = all.sorted { (score($1), $0) < (score($0), $1) }
    scores = order.map { Double(score($0)) }
    isRight = order.map { clips.labels[$0] == classIndex }
    members = clips.labels.indices.filter { clips.labels[$0] == classIndex }
  }

  var count: Int { order.count }

  /// What happens at a threshold; nil gives no answer at all.
  func outcome(at threshold: Double?, weights: [Double]) -> Outcome {
    var outcome = Outcome(support: support(weights))
    guard let threshold else { return outcome }
    for (position, clip) in order.enumerated() where scores[position] >= threshold {
      outcome.kept += weights[clip]
      if isRight[position] { outcome.right += weights[clip] }
    }
    return outcome
  }

  /// The threshold that a goal asks for, and whether the goal is reached with it. Of those that do,
  /// the one that gives most answers; for a recall, which any lower one reaches too, the highest.
  func best(_ goal: ThresholdGoal, weights: [Double]) -> (threshold: Double?, isReached: Bool) {
    var outcome = Outcome(support: support(weights))
    var best: Int?
    var leastCost = cost(outcome, goal)
    var last: Int?
    for (position, clip) in order.enumerated() {
      outcome.kept += weights[clip]
      if isRight[position] { outcome.right += weights[clip] }
      if weights[clip] > 0 { last = position }
      let isLastOfEquals =
        position + 1 == order.count || scores[position] != scores[position + 1]
      guard isLastOfEquals, outcome.kept > 0 else { continue }
      switch goal {
      case .precision(let share):
        if outcome.right >= (share - 1e-12) * outcome.kept { best = position }
      case .recall(let share):
        if outcome.support > 0, outcome.right >= (share - 1e-12) * outcome.support {
          return (scores[position], true)
        }
      case .cost:
        let cost = cost(outcome, goal)
        if cost <= leastCost { (best, leastCost) = (position, cost) }
      }
    }
    switch goal {
    // Without a threshold the recall is as high as it gets.
    case .recall: return (0, false)
    case .precision where best == nil: return (nil, false)
    case .precision, .cost:
      guard let best else { return (nil, true) }
      // Where every answer stays, none below is to be dropped either.
      return (best >= last ?? 0 ? 0 : scores[best], true)
    }
  }

  func cost(_ outcome: Outcome, _ goal: ThresholdGoal) -> Double {
    guard case .cost(let missed, let mistaken) = goal else { return 0 }
    return missed * outcome.missed + mistaken * outcome.mistaken
  }

  private func support(_ weights: [Double]) -> Double {
    members.reduce(0) { $0 + weights[$1] }
  }
}
