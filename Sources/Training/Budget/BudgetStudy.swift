import Datasets
import Evaluation
import FileStore
import Foundation
import ModelFiles
import Tensors

/// What a candidate scored in a round, on one part of the groups.
public struct BudgetTrial: Codable, Hashable, Sendable {
  /// From 1.
  public let round: Int
  /// The candidate's name.
  public let candidate: String
  /// From 1.
  public let fold: Int
  /// Mean recall over the classes that have clips.
  public let balancedAccuracy: Double
  /// Mean of −ln(score of the label).
  public let logLoss: Double
}

/// A comparison of networks and settings within a budget: rounds in which all candidates that are
/// left learn for longer, and the worse half of them falls out (successive halving, Jamieson and
/// Talwalkar 2016).
///
/// A fifth of the groups is kept from all of it; the winner is scored on these once. Every trial is
/// recorded, so that a comparison that was killed goes on to the same table.
public struct BudgetStudy {
  /// Written down beside the model: what is decided, and what was found.
  struct Record: Codable {
    var plan: BudgetPlan
    var trials: [BudgetTrial] = []
  }

  let candidates: [Candidate]
  private var record: Record
  private let path: String
  /// Whether it goes on with what an earlier run had found.
  public let goesOn: Bool

  /// Passes of each round's trainings, and how many candidates take part.
  public var rounds: [(epochs: Int, candidates: Int)] {
    record.plan.rounds.map { ($0.epochs, $0.candidates) }
  }
  /// Passes of the winner's trainings.
  public var epochs: Int { record.plan.epochs }
  /// Whether features are needed.
  public var includesFitted: Bool { candidates.contains(where: \.isFitted) }
  /// Names of all candidates.
  public var names: [String] { candidates.map(\.name) }

  /// Reads what an earlier run of the same comparison left, or plans a new one.
  ///
  /// - Parameter costs: of a pass of each candidate; called for a new one.
  /// - Throws: `TrainingError` where the budget does not allow a comparison.
  init(
    _ candidates: [Candidate], identity: String, epochs: Int, budget: Budget, path: String,
    costs: () throws -> [Double]
  ) throws {
    self.path = path
    let old = (try? RegularFile.readText(path)).flatMap {
      try? JSONDecoder().decode(Record.self, from: Data($0.utf8))
    }
    if let old, old.plan.identity == identity, !old.plan.isFinished {
      record = old
      goesOn = true
    } else {
      guard
        let plan = BudgetPlan(
          identity: identity, candidates: candidates.map(\.name), costs: try costs(),
          epochs: epochs, budget: budget)
      else {
        throw TrainingError(
          .usage,
          "`budget` is too small to compare anything: train without it, or give more, or fewer or "
            + "smaller `frames`")
      }
      record = Record(plan: plan)
      goesOn = false
    }
    let names = record.plan.candidates
    self.candidates = names.compactMap { name in candidates.first { $0.name == name } }
    precondition(self.candidates.count == names.count, "the identity covers the candidates")
  }

  /// Candidates of a round, counted from 0, the best of the round before first.
  public func candidates(inRound round: Int) -> [Candidate] {
    var left = candidates
    for number in 0..<round {
      let scores = Dictionary(
        uniqueKeysWithValues: left.map { ($0.name, score(of: $0, round: number + 1)) })
      // Of equals the likelier first, as they are listed.
      let ranked = left.enumerated().sorted { one, other in
        guard let a = scores[one.element.name] ?? nil, let b = scores[other.element.name] ?? nil
        else { return one.offset < other.offset }
        return a.balanced != b.balanced
          ? a.balanced > b.balanced : (a.loss, one.offset) < (b.loss, other.offset)
      }.map(\.element)
      let next =
        number + 1 < record.plan.rounds.count ? record.plan.rounds[number + 1].candidates : 1
      left = Array(ranked.prefix(next))
    }
    return left
  }

  /// The candidate that is left.
  public var winner: Candidate { candidates(inRound: record.plan.rounds.count)[0] }

  /// Mean over the folds; nil before all of them are done.
  public func score(of candidate: Candidate, round: Int) -> (balanced: Double, loss: Double)? {
    let own = record.trials.filter { $0.candidate == candidate.name && $0.round == round }
    guard own.count == BudgetPlan.folds else { return nil }
    let count = Double(own.count)
    return (
      own.reduce(0) { $0 + $1.balancedAccuracy } / count,
      own.reduce(0) { $0 + $1.logLoss } / count
    )
  }

  func hasDone(_ candidate: Candidate, round: Int, fold: Int) -> Bool {
    record.trials.contains {
      $0.candidate == candidate.name && $0.round == round && $0.fold == fold
    }
  }

  /// Writes down what is decided, for whoever goes on with it.
  public func begin() throws { try write() }

  mutating func add(_ trial: BudgetTrial) throws {
    record.trials.append(trial)
    try write()
  }

  /// Nothing of it is gone on with from now on.
  mutating func finish() throws {
    record.plan.isFinished = true
    try write()
  }

  private func write() throws { try AtomicFile.write(StableJSON.text(record), to: path) }

  /// A line of the table: what a candidate scored in a round, the mean of all parts.
  public struct Row: Sendable, Equatable {
    /// The candidate's name.
    public let candidate: String
    /// Passes of each training.
    public let epochs: Int
    /// Mean recall over the classes that have clips.
    public let balancedAccuracy: Double
    /// Mean of −ln(score of the label).
    public let logLoss: Double
  }

  /// Those that are done of a round, counted from 1; the likelier first.
  public func table(ofRound round: Int) -> [Row] {
    candidates(inRound: round - 1).compactMap { candidate in
      score(of: candidate, round: round).map {
        Row(
          candidate: candidate.name, epochs: rounds[round - 1].epochs,
          balancedAccuracy: $0.balanced, logLoss: $0.loss)
      }
    }
  }
}
