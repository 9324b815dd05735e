import Foundation
import Testing

@testable import Training

/// What is compared within a budget, and what is chosen.
@Suite struct BudgetTests {
  @Test(arguments: [
    ("90s", Budget.seconds(90)), ("1.5m", .seconds(90)), ("2h", .seconds(7200)),
    ("500steps", .steps(500)),
  ])
  func isRead(text: String, budget: Budget) { #expect(Budget(text) == budget) }

  @Test(arguments: ["", "m", "0m", "-3m", "5", "3d", "1.5steps", "1e400h", "9 m"])
  func whatIsNoneIsRefused(text: String) { #expect(Budget(text) == nil) }

  private func plan(_ costs: [Double], epochs: Int = 40, budget: Double) -> BudgetPlan? {
    BudgetPlan(
      identity: "x", candidates: costs.indices.map { "c\($0)" }, costs: costs, epochs: epochs,
      budget: .seconds(budget))
  }

  /// What it all takes, as it is run.
  private func spent(_ plan: BudgetPlan, _ costs: [Double]) -> Double {
    let dear = costs.prefix(plan.candidates.count).sorted(by: >)
    let trials = plan.rounds.map { round in
      // Of three parts, each training learns from two of the four fifths that are not kept.
      dear.prefix(round.candidates).reduce(0, +) * Double(round.epochs) * 3 * 0.8 * 2 / 3
    }
    return trials.reduce(0, +) + 1.8 * (dear.first ?? 0) * Double(plan.epochs)
  }

  @Test(arguments: [60.0, 300, 700, 2000, 1e5])
  func fitsTheBudget(budget: Double) throws {
    let costs = [1.0, 2, 1, 1.5, 1, 0.5]
    let made = try #require(plan(costs, budget: budget))
    #expect(spent(made, costs) <= budget)
    #expect(made.candidates.first == "c0" && made.candidates.count >= 2)
    // Each round has fewer candidates, and learns for longer.
    for (one, next) in zip(made.rounds, made.rounds.dropFirst()) {
      #expect(next.candidates < one.candidates && next.epochs >= one.epochs)
    }
    #expect(made.rounds.last.map { ($0.candidates + 1) / 2 } == 1)
  }

  @Test func moreTimeComparesMore() throws {
    let costs = [1.0, 2, 1, 1.5, 1, 0.5]
    #expect(plan(costs, budget: 5) == nil)
    let plans = try [60.0, 300, 700, 2000].map { try #require(plan(costs, budget: $0)) }
    // The winner's own training comes first, then how long the others learn, then how many.
    #expect(plans.map(\.epochs) == plans.map(\.epochs).sorted())
    #expect(plans[2].epochs == 40 && plans[3].epochs == 40)
    #expect(plans[3].candidates.count == 6 && plans[3].rounds.last?.epochs == 40)
  }

  private func study(_ path: String, _ budget: Budget = .seconds(1e5)) throws -> BudgetStudy {
    let candidates = ["a", "b", "c", "d"].map {
      Candidate(name: $0, request: TrainingRequest(data: "x"))
    }
    return try BudgetStudy(
      candidates, identity: "same", epochs: 8, budget: budget, path: path
    ) { [1, 1, 1, 1] }
  }

  @Test func theBetterHalfGoesOnAndNothingIsDoneTwice() throws {
    let folder = NSTemporaryDirectory() + "vidclass-budget-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var study = try study(folder + "/budget.json")
    #expect(!study.goesOn && study.rounds.map(\.candidates) == [4, 2])
    let scores: [String: Double] = ["a": 0.5, "b": 0.75, "c": 0.5, "d": 0.25]
    for candidate in study.candidates(inRound: 0) {
      for fold in 1...3 {
        try study.add(
          BudgetTrial(
            round: 1, candidate: candidate.name, fold: fold,
            balancedAccuracy: scores[candidate.name]!, logLoss: candidate.name == "c" ? 1 : 2))
      }
    }
    // Of equals the one with the lower loss.
    #expect(study.candidates(inRound: 1).map(\.name) == ["b", "c"])
    var again = try self.study(folder + "/budget.json")
    #expect(again.goesOn)
    #expect(again.hasDone(again.candidates[0], round: 1, fold: 3))
    #expect(!again.hasDone(again.candidates[0], round: 2, fold: 1))
    for (name, score) in [("b", 0.6), ("c", 0.7)] {
      for fold in 1...3 {
        try again.add(
          BudgetTrial(
            round: 2, candidate: name, fold: fold, balancedAccuracy: score, logLoss: 1))
      }
    }
    #expect(again.winner.name == "c")
    #expect(again.table(ofRound: 1).map(\.candidate) == ["a", "b", "c", "d"])
    try again.finish()
    #expect(try !self.study(folder + "/budget.json").goesOn)
  }
}
