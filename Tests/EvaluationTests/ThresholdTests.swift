import Foundation
import TestSupport
import Testing

@testable import Evaluation

@Suite struct ThresholdTests {
  /// Answers of class a by falling score: right, right, wrong, right, wrong; one clip of a goes to b.
  private func clips() -> ScoredClips {
    let a: [(Float, Int)] = [(0.95, 0), (0.9, 0), (0.8, 1), (0.7, 0), (0.6, 1)]
    let b: [(Float, Int)] = [(0.4, 0), (0.3, 1), (0.2, 1)]
    return scored((a + b).map { [$0.0, 1 - $0.0] }, (a + b).map(\.1))
  }

  private func choose(_ goal: ThresholdGoal) -> ThresholdChoice {
    ThresholdChoice(goal, for: clips(), resamples: 200)
  }

  @Test func theLowestThresholdThatIsPreciseEnough() throws {
    let choice = choose(.precision(0.75))
    // Three of the four from 0.7 on are right; two of the three from 0.8 on are not enough.
    #expect(choice.classes[0].threshold == Double(Float(0.7)))
    #expect(choice.classes[0].isReached)
    #expect(choice.classes[0].kept == 4 && choice.classes[0].unknown == 1)
    #expect(choice.classes[0].precision.value == 0.75)
    #expect(choice.classes[0].recall.value == 0.75)
    // Of b's three answers the two most confident are right.
    #expect(choice.classes[1].threshold == Double(Float(1 - Float(0.3))))
    #expect(choice.kept == 6 && choice.wrong == 1 && choice.wrongBefore == 3)
  }

  @Test func answersThatAllStayNeedNoThreshold() {
    let choice = choose(.precision(0.6))
    #expect(choice.classes.map(\.threshold) == [0, 0])
    #expect(choice.kept == 8)
  }

  @Test func theHighestThresholdThatFindsEnough() {
    let choice = choose(.recall(0.5))
    #expect(choice.classes[0].threshold == Double(Float(0.9)))
    #expect(choice.classes[0].recall.value == 0.5)
    let most = choose(.recall(0.9))
    #expect(most.classes.map(\.isReached) == [false, false])
    #expect(most.classes[0].threshold == 0)
    #expect(
      most.sentences[0].hasPrefix(
        "a: recall=0.9 cannot be reached; without a threshold its recall is 75.0 %"))
  }

  @Test func whatCannotBeReachedIsNeverGiven() throws {
    var wrong = ScoredClips(classes: ["a", "b", "c"])
    for index in 0..<6 {
      wrong.append(scores: [0.6, 0.3, 0.1], label: index % 2, name: "\(index)")
    }
    let choice = ThresholdChoice(.precision(0.95), for: wrong, resamples: 50)
    #expect(choice.classes.map(\.threshold) == [nil, nil, nil])
    #expect(choice.classes.map(\.kept) == [0, 0, 0])
    #expect(choice.sentences[0] == "a: no threshold reaches precision=0.95; it is never given")
    #expect(choice.sentences[1].hasPrefix("b: no clip is named so"))
    #expect(choice.classes[0].reachedShare < 0.1)
    let lines = choice.lines(columns: 80)
    #expect(lines.contains { $0.hasPrefix("a") && $0.contains("never") })
    let data = try JSONEncoder().encode(choice)
    #expect(!String(decoding: data, as: UTF8.self).contains("inf"))
  }

  /// Against every threshold there is, tried one by one.
  @Test(arguments: 1...6 as ClosedRange<UInt64>) func theLeastCost(seed: UInt64) {
    let clips = randomClips(count: 60, classes: 3, groups: 8, seed: seed)
    let (missed, mistaken) = (Double(seed), 2.0)
    let choice = ThresholdChoice(.cost(missed: missed, false: mistaken), for: clips, resamples: 20)
    for index in 0..<3 {
      let answers = (0..<60).filter { clips.prediction($0) == index }
      func cost(_ threshold: Double) -> Double {
        let kept = answers.filter { Double(clips.scores[$0 * 3 + index]) >= threshold }
        let right = kept.count { clips.labels[$0] == index }
        let support = clips.labels.count { $0 == index }
        return missed * Double(support - right) + mistaken * Double(kept.count - right)
      }
      let all = [0, .infinity] + answers.map { Double(clips.scores[$0 * 3 + index]) }
      let least = all.map(cost).min() ?? 0
      #expect(choice.classes[index].cost == least)
      #expect(cost(choice.classes[index].threshold ?? .infinity) == least)
    }
    #expect((choice.costs?.after ?? 0) <= (choice.costs?.before ?? -1))
  }

  @Test func aThresholdLiesInItsInterval() throws {
    let clips = randomClips(count: 200, classes: 3, groups: 20, seed: 3)
    let choice = ThresholdChoice(.precision(0.7), for: clips)
    let own = choice.classes[0]
    let threshold = try #require(own.threshold)
    #expect(own.interval.low <= threshold && threshold <= own.interval.high)
    #expect(own.interval.low < own.interval.high)
    #expect(own.precision.low < own.precision.value)
    for line in choice.lines(columns: 80) { #expect(line.count <= 80, "\(line)") }
  }

  @Test(arguments: [
    ("precision=0.95", ThresholdGoal.precision(0.95)), ("recall=1", .recall(1)),
    ("precision=0", nil), ("precision=1.01", nil), ("precision", nil), ("f1=0.5", nil),
    ("precision=nan", nil), ("recall=0.5=0.6", nil), ("", nil),
  ])
  func readsGoals(text: String, goal: ThresholdGoal?) { #expect(ThresholdGoal(text) == goal) }

  @Test(arguments: [
    ("missed=10,false=1", ThresholdGoal.cost(missed: 10, false: 1)),
    ("false=2", .cost(missed: 1, false: 2)), ("false=0,missed=0", nil), ("missed=-1", nil),
    ("missed=1,missed=2", nil), ("missed=inf", nil), ("hit=1", nil), ("", nil), ("missed=1,", nil),
  ])
  func readsCosts(text: String, goal: ThresholdGoal?) { #expect(ThresholdGoal(cost: text) == goal) }
}
