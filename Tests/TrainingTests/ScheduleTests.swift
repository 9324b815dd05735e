import Testing

@testable import Training

@Suite struct ScheduleTests {
  @Test(arguments: Goldens.all.schedules) func equalsPyTorch(_ golden: Goldens.Schedule) throws {
    let schedule = LearningRateSchedule(
      course: try #require(LearningRateSchedule.Course(rawValue: golden.course)),
      peak: golden.peak, warmupSteps: golden.warmup, totalSteps: golden.total)
    for (step, expected) in golden.rates.enumerated() {
      #expect(abs(schedule.rate(at: step) - expected) <= 1e-9 * golden.peak, "step \(step)")
    }
  }

  @Test(arguments: LearningRateSchedule.Course.allCases)
  func staysPositiveAndWithinThePeak(_ course: LearningRateSchedule.Course) {
    for warmup in [0, 1, 7, 50] {
      let schedule = LearningRateSchedule(
        course: course, peak: 0.5, warmupSteps: warmup, totalSteps: 20)
      for step in 0..<25 {
        #expect(schedule.rate(at: step) > 0 && schedule.rate(at: step) <= 0.5)
      }
    }
  }
}

@Suite struct WeightAverageTests {
  @Test func followsTheWeightsAndForgetsTheStart() {
    var average = WeightAverage(decay: 0.9)
    var mean: [Float] = [100, 100]
    var values: [Float] = [1, -2]
    for _ in 0..<200 {
      average.advance()
      mean.withUnsafeMutableBufferPointer { mean in
        values.withUnsafeMutableBufferPointer { average.update(mean, towards: $0) }
      }
    }
    #expect(relativeError(mean, values) < 1e-4)
  }

  @Test func warmsUp() {
    // Step 1 keeps 2/11 although the decay would keep almost all.
    var average = WeightAverage(decay: 0.999)
    average.advance()
    var mean: [Float] = [11]
    var values: [Float] = [0]
    mean.withUnsafeMutableBufferPointer { mean in
      values.withUnsafeMutableBufferPointer { average.update(mean, towards: $0) }
    }
    #expect(abs(mean[0] - 2) < 1e-5)
  }

  @Test func withoutMemoryEqualsTheWeights() {
    var average = WeightAverage(decay: 0)
    average.advance()
    var mean: [Float] = [11]
    var values: [Float] = [3]
    mean.withUnsafeMutableBufferPointer { mean in
      values.withUnsafeMutableBufferPointer { average.update(mean, towards: $0) }
    }
    #expect(mean == values)
  }

  @Test(arguments: [1, 10, 100, 10_000]) func decayFitsTheLength(steps: Int) {
    let decay = WeightAverage.decay(totalSteps: steps)
    #expect((0.5..<1).contains(decay))
  }
}
