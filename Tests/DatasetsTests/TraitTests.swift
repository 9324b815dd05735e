import Testing

@testable import Datasets

struct TraitTests {
  @Test func timesTellWhetherARateVaries() {
    let even = FrameTiming(times: (0..<50).map { Double($0) / 25 })
    #expect(!even.isVariable)
    #expect(abs((even.framesPerSecond ?? 0) - 25) < 1e-9)
    // What a container of milliseconds makes of 30 frames a second is even.
    let rounded = FrameTiming(times: (0..<50).map { (Double($0) * 1000 / 30).rounded() / 1000 })
    #expect(!rounded.isVariable)
    let varied = FrameTiming(times: [0, 0.04, 0.08, 0.3, 0.34])
    #expect(varied.isVariable)
    #expect(abs((varied.longest ?? 0) - 0.22) < 1e-9 && abs((varied.shortest ?? 0) - 0.04) < 1e-9)
    #expect(FrameTiming(times: [3]).framesPerSecond == nil)
  }

  @Test func aTraitTellsWhenItGuessesTheClass() throws {
    let labels = (0..<40).map { $0 < 20 ? "run" : "walk" }
    let telling = labels.map { $0 == "run" ? "640×360" : "320×240" }
    let trait = try #require(PredictiveTrait.judge("frame size", values: telling, labels: labels))
    #expect(trait.accuracy == 1 && trait.chance == 0.5)
    #expect(
      trait.usual == [
        .init(label: "run", value: "640×360", share: 1),
        .init(label: "walk", value: "320×240", share: 1),
      ])
  }

  @Test func valuesFallIntoFifths() {
    let fifths = TraitScores.ranked([5, 1, 4, 2, 3, 10, 9, 8, 7, 6])
    #expect(fifths == ["2", "0", "1", "0", "1", "4", "4", "3", "3", "2"])
    #expect(Set(TraitScores.ranked([2, 2, 2, 2, 2])) == ["0"])
  }

  @Test(arguments: [
    (["a", "a", "b", "b"], 1.0), (["a", "b", "a", "b"], 0.0), (["a", "a", "a", "a"], 0.0),
  ])
  func aTraitScoresByTheOtherClips(values: [String], accuracy: Double) {
    let score = PredictiveTrait.score(values, labels: ["run", "run", "walk", "walk"])
    #expect(score.accuracy == accuracy && score.chance == 0.5)
  }

  @Test(arguments: [0, 1, 2])
  func aTraitThatTellsNothingIsNotNamed(kind: Int) {
    let labels = (0..<40).map { $0 < 30 ? "run" : "walk" }
    let values = (0..<40).map { [0: "same", 1: "\($0 % 2)", 2: "own \($0)"][kind] ?? "" }
    #expect(PredictiveTrait.judge("codec", values: values, labels: labels) == nil)
  }
}
