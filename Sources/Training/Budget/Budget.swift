import ClipSampling
import Foundation

/// How much a comparison of networks and settings may take.
public enum Budget: Hashable, Sendable {
  /// Of time on this machine.
  case seconds(Double)
  /// Of the optimiser, whatever they take: the same choice on any machine.
  case steps(Int)

  /// `90s`, `30m`, `2h`, or `5000steps`.
  public init?(_ text: String) {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits), number > 0, number <= 1e7 else { return nil }
    switch text.dropFirst(digits.count) {
    case "s": self = .seconds(number)
    case "m": self = .seconds(number * 60)
    case "h": self = .seconds(number * 3600)
    case "steps":
      guard let steps = Int(digits), steps > 0 else { return nil }
      self = .steps(steps)
    default: return nil
    }
  }

  /// Seconds or steps.
  var amount: Double {
    switch self {
    case .seconds(let seconds): seconds
    case .steps(let steps): Double(steps)
    }
  }
}

/// A network with settings that is compared with others.
public struct Candidate: Sendable {
  /// What differs from the defaults, as options; `defaults` for these.
  public let name: String
  /// The training that it stands for.
  let request: TrainingRequest
  /// Whether its head is fitted to features, in place of steps.
  public var isFitted: Bool { request.fitsHead }

  /// What is compared, the likeliest first: nothing that the request decides itself is changed.
  static func all(_ request: TrainingRequest, clips: Int) -> [Candidate] {
    var found = [Candidate(name: "defaults", request: request)]
    func add(_ name: String, _ change: (inout TrainingRequest) -> Void) {
      var changed = request
      change(&changed)
      found.append(Candidate(name: name, request: changed))
    }
    if let fitted = request.fittedAlternative {
      found.append(
        Candidate(name: "`architecture` \(fitted.architecture ?? "")", request: fitted))
    }
    let isFree = request.architecture == nil && request.initialModel == nil
    if isFree {
      let usual = TrainingPlan.standardArchitecture(clips: clips)
      let other = ["conv3d-lstm", "conv3d-lstm-small"].first { $0 != usual } ?? usual
      add("`architecture` \(other)") { $0.architecture = other }
    }
    if request.augmentation == nil, request.mixup == nil {
      add("`augmentation` light") { $0.augmentation = .light }
      add("`augmentation` strong") { $0.augmentation = .strong }
      add("`mixup` 0.3") { $0.mixup = 0.3 }
    }
    if isFree, request.recurrence == nil, request.head == nil {
      add("`recurrence` mgu") { $0.recurrence = .mgu }
    }
    return found
  }
}

/// One comparison of all candidates that are left.
struct BudgetRound: Codable, Hashable {
  /// Passes of each training.
  let epochs: Int
  /// Candidates that take part; the better ones of the round before.
  let candidates: Int
}

/// What is compared and for how long: decided once, so that a comparison that goes on is the same.
struct BudgetPlan: Codable, Hashable {
  /// Of what would be compared otherwise: settings, clips, budget.
  let identity: String
  /// Names of the candidates.
  let candidates: [String]
  /// One after the other.
  let rounds: [BudgetRound]
  /// Of the training of the winner, twice.
  let epochs: Int
  /// Nothing is left to be done.
  var isFinished = false

  /// Parts of the groups that a candidate is scored on in turn.
  static let folds = 3
  /// Of the epochs, in each round.
  private static let shares = [0.25, 0.5, 1]
  /// What measured times are trusted for.
  private static let caution = 0.85

  /// - Parameters:
  ///   - costs: of a pass of each candidate over all clips, in what the budget is counted in.
  ///   - epochs: passes of a whole training.
  /// - Returns: nil where the budget is too small for any comparison.
  init?(
    identity: String, candidates: [String], costs: [Double], epochs: Int, budget: Budget
  ) {
    let allowed = budget.amount * BudgetPlan.caution
    let most = costs.max() ?? 0
    // The winner is trained twice, without the clips of its score and on all, and as long as it
    // would be without a comparison where half of the budget allows that.
    let perPass = 1.8 * most
    let passes = min(Double(epochs), allowed / 2 / perPass).rounded(.down)
    guard perPass > 0, passes >= 2 else { return nil }
    let last = Int(clamping: passes)
    // Rather fewer candidates than trainings that are too short to tell them apart.
    for fewest in [max(2, last / 2), 2] {
      for count in stride(from: candidates.count, to: 1, by: -1) {
        let costs = costs.prefix(count).sorted(by: >)
        for passes in stride(from: last, through: fewest, by: -1) {
          let rounds = BudgetPlan.rounds(candidates: count, epochs: passes)
          let trials = rounds.reduce(0.0) { sum, round in
            // Of those that are left the dearest; each part learns from the others.
            sum + costs.prefix(round.candidates).reduce(0, +) * Double(round.epochs)
              * 0.8 * Double(BudgetPlan.folds - 1)
          }
          if trials + perPass * Double(last) <= allowed {
            self.identity = identity
            self.candidates = Array(candidates.prefix(count))
            self.rounds = rounds
            self.epochs = last
            return
          }
        }
      }
    }
    return nil
  }

  private static func rounds(candidates: Int, epochs: Int) -> [BudgetRound] {
    var left = candidates
    var rounds: [BudgetRound] = []
    for share in shares where left > 1 {
      let passes = max(2, Int(clamping: (share * Double(epochs)).rounded()))
      rounds.append(BudgetRound(epochs: min(passes, epochs), candidates: left))
      left = max(1, (left + 1) / 2)
    }
    return rounds
  }
}
