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
    #expect(lines.count == 3 && lines[2].contains(advice), "\(lines)")
    #expect(lines[1].contains("twice the clips"))
    #expect(lines[0].contains("100 clips") && lines[0].contains("400 clips"))
    #expect(LearningCurve.lines([], validationClips: 100) == [])
  }

  /// Errors of .64, .48 and .36 fall by a quarter with each doubling: the next one brings .09.
  @Test(arguments: [100, 10_000]) func theCurveGoesOnAsAPower(clips: Int) throws {
    let points = zip([0.25, 0.5, 1], [0.36, 0.52, 0.64]).map {
      LearningCurvePoint(share: $0, clips: Int(400 * $0), top1: $1, macroF1: $1)
    }
    let projection = try #require(LearningCurve.projection(points, validationClips: clips))
    #expect(abs(projection.gain - 0.09) < 1e-12)
    // Of 10^6 simulated draws of both errors the gain deviates by .1177 / √clips.
    let deviation = (projection.gain - projection.interval[0]) / 1.96
    #expect(abs(deviation * Double(clips).squareRoot() - 0.1177) < 0.001)
    #expect(projection.interval[1] <= 0.36)
  }

  /// No error is left to fall, or nothing fell.
  @Test(arguments: [([0.5, 0.8, 1.0], nil), ([0.5, 0.5, 0.5], 0)] as [([Double], Double?)])
  func aFlatCurveBringsNothing(scores: [Double], gain: Double?) {
    let points = zip([0.25, 0.5, 1], scores).map {
      LearningCurvePoint(share: $0, clips: Int(400 * $0), top1: $1, macroF1: $1)
    }
    #expect(LearningCurve.projection(points, validationClips: 50)?.gain == gain)
  }
}
