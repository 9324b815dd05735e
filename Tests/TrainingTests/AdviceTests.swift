import Datasets
import Testing

@testable import Training

@Suite struct AdviceTests {
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

  @Test(arguments: [
    ([0.3, 0.5, 0.7], "more clips would probably help"),
    ([0.3, 0.69, 0.7], "no more than chance can"),
    ([0.6, 0.9, 0.99], "enough for this task"),
  ])
  func theCurveSaysWhetherMoreClipsHelp(scores: [Double], advice: String) {
    let points = zip([0.25, 0.5, 1], scores).map {
      LearningCurvePoint(share: $0, clips: Int(400 * $0), top1: $1, macroF1: $1)
    }
    let lines = LearningCurve.lines(points, validationClips: 100)
    #expect(lines.count == 2 && lines[1].contains(advice), "\(lines)")
    #expect(lines[0].contains("100 clips") && lines[0].contains("400 clips"))
    #expect(LearningCurve.lines([], validationClips: 100) == [])
  }
}
