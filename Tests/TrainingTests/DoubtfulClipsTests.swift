import Datasets
import Testing

@testable import Training

@Suite struct DoubtfulClipsTests {
  @Test func onlyWhatTheModelIsSureOfIsDoubtful() {
    let clips = ["sure", "unsure", "right", "surer"].map {
      Clip(path: $0, file: "", label: "a", classIndex: 0)
    }
    let result = ClipScorer.Result(
      classes: 2, logits: [0, 3, 0, 0.5, 4, 0, 0, 6], labels: [0, 0, 0, 0], clips: [0, 1, 2, 3])
    let found = DoubtfulClip.find(
      result, clips: clips, classes: ["a", "b"], temperature: 1, wereLearned: true)
    #expect(found.map(\.path) == ["surer", "sure"])
    #expect(found.allSatisfy { $0.label == "a" && $0.answer == "b" && $0.wasLearned })
    let cooler = DoubtfulClip.find(
      result, clips: clips, classes: ["a", "b"], temperature: 3, wereLearned: true)
    #expect(cooler.map(\.path) == ["surer"], "confidence is the calibrated one")
  }
}
