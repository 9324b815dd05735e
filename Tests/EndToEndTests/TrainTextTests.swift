import Testing

@testable import Training
@testable import vidclass

@Suite struct TrainTextTests {
  @Test(arguments: [(0.4, "0.4 s"), (38, "38 s"), (720, "12 min"), (12_000, "3 h 20 min")])
  func durations(seconds: Double, text: String) {
    #expect(Duration.text(seconds: seconds) == text)
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
