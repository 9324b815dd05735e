import Testing

@testable import Evaluation

/// The same figures as scikit-learn, torchmetrics and SciPy.
@Suite struct PeerFiguresTests {
  @Test(arguments: MetricGoldens.all.cases) func figures(golden: MetricGoldens.Case) {
    let metrics = Metrics(golden.clips)
    let expected = golden.figures
    let pairs: [(Metric, Double)] = [
      (.top1, expected.top1), (.balancedAccuracy, expected.balancedAccuracy),
      (.macroF1, expected.macroF1), (.weightedF1, expected.weightedF1),
      (.meanAveragePrecision, expected.meanAveragePrecision),
      (.auroc, expected.auroc ?? .nan), (.logLoss, expected.logLoss),
      (.calibrationError, expected.ece),
    ]
    for (metric, value) in pairs {
      let found = metrics[metric]
      #expect(
        value.isNaN ? found.isNaN : isClose(found, value), "\(metric): \(found), not \(value)")
    }
    for (index, own) in metrics.perClass.enumerated() {
      #expect(isClose(own.precision, expected.precision[index]))
      #expect(isClose(own.recall, expected.recall[index]))
      #expect(isClose(own.f1, expected.f1[index]))
      #expect(own.support == expected.support[index])
    }
    #expect(metrics.confusion == expected.confusion)
  }

  @Test(arguments: MetricGoldens.all.cases.filter { $0.curves != nil })
  func curves(golden: MetricGoldens.Case) throws {
    let expected = try #require(golden.curves)
    let points = RankingCurve(golden.clips, classIndex: expected.class).points
    #expect(points.map(\.threshold) == expected.thresholds)
    for (index, point) in points.enumerated() {
      #expect(isClose(point.precision, expected.precision[index]))
      #expect(isClose(point.recall, expected.recall[index]))
      #expect(isClose(point.recall, expected.true[index]))
      #expect(isClose(point.falseRate, expected.false[index]))
    }
  }

  @Test func studentAndTheCoins() {
    for row in MetricGoldens.all.tests.tQuantiles {
      let found = StudentT.bound(within: 0.95, degrees: Int(row[0]))
      #expect(isClose(found / row[1], 1), "\(row): \(found)")
    }
    for row in MetricGoldens.all.tests.tTails {
      let found = StudentT.tails(row[0], degrees: Int(row[1]))
      #expect(isClose(found, row[2]), "\(row): \(found)")
    }
    for row in MetricGoldens.all.tests.mcnemar {
      let found = McNemarTest(onlyFirst: Int(row[0]), onlySecond: Int(row[1])).pValue
      #expect(isClose(found, row[2]), "\(row): \(found)")
    }
  }

  // MARK: Two models on the same clips

  private static let paired = MetricGoldens.all.paired

  private static func clips(_ units: [[Int]]) -> ScoredClips {
    MetricGoldens.clips(units, paired.labels, groups: paired.groups)
  }

  /// The same draws of groups give the same differences.
  @Test func resampledDifferences() {
    let golden = Self.paired
    let engines = [golden.first, golden.second].map { MetricEngine(Self.clips($0), k: nil) }
    let places = PairedComparison.metrics.map { Metric.allCases.firstIndex(of: $0)! }
    let whole = MetricGoldens.Resample(
      weights: golden.labels.map { _ in 1 }, differences: golden.difference)
    for resample in golden.resamples + [whole] {
      let values = engines.map { $0.evaluate(weights: resample.weights).values }
      for (place, expected) in zip(places, resample.differences) {
        #expect(isClose(values[1][place] - values[0][place], expected))
      }
    }
  }

  /// SciPy's bootstrap of 9,999 resamples and ours of 1,000 spread alike: within three standard
  /// errors of a standard error.
  @Test func bootstrapsSpreadAsSciPys() throws {
    let golden = Self.paired
    let boots = [golden.first, golden.second].map { Bootstrap(Self.clips($0), threads: 2) }
    for (metric, error) in zip(PairedComparison.metrics, golden.standardErrors) {
      let samples = zip(boots[0].samples(of: metric), boots[1].samples(of: metric)).map { $1 - $0 }
      let found = try #require(Interval.standardError(samples, units: 12))
      // SciPy's is that of the resamples; ours allows for there being twelve groups only.
      let plain = found * (11.0 / 12).squareRoot()
      #expect(abs(plain / error - 1) < 0.07, "\(metric): \(plain), not \(error)")
    }
  }

  @Test func mcNemarOfTheClips() throws {
    let golden = Self.paired
    let test = McNemarTest(Self.clips(golden.first), Self.clips(golden.second))
    #expect(test.onlyFirst == golden.onlyFirst)
    #expect(test.onlySecond == golden.onlySecond)
    #expect(isClose(test.pValue, golden.mcnemar))
  }
}
