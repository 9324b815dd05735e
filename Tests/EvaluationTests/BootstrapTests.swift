import Foundation
import Tensors
import Testing

@testable import Evaluation

@Suite struct BootstrapTests {
  @Test func theSameSeedGivesTheSameIntervalsOnAnyThreads() {
    let clips = randomClips(count: 80, classes: 3, groups: 9, seed: 1)
    let one = Bootstrap(clips, seed: 5, resamples: 200, threads: 1)
    let two = Bootstrap(clips, seed: 5, resamples: 200, threads: 3)
    #expect(one.intervals == two.intervals)
    #expect(one.intervals != Bootstrap(clips, seed: 6, resamples: 200).intervals)
    #expect(one.unit == .groups)
    #expect(one.unitCount == 9)
  }

  @Test func theValueLiesInItsInterval() {
    let clips = randomClips(count: 100, classes: 4, groups: 20, seed: 2)
    let metrics = Metrics(clips)
    let bootstrap = Bootstrap(clips)
    for metric in [Metric.top1, .topK, .balancedAccuracy, .macroF1, .auroc, .logLoss] {
      let interval = bootstrap[metric]
      #expect(interval.value == metrics[metric])
      #expect(interval.low < interval.value && interval.value < interval.high, "\(metric)")
    }
  }

  /// Forty right or wrong answers: the interval is that of the binomial distribution.
  @Test func theIntervalOfIndependentClipsIsTheBinomials() {
    let predictions = (0..<40).map { $0 < 28 ? 0 : 1 }
    let clips = scored(certain(predictions, classes: 2), [Int](repeating: 0, count: 40))
    let interval = Bootstrap(clips)[.top1]
    #expect(interval.value == 0.7)
    let deviation = (0.7 * 0.3 / 40).squareRoot()
    #expect(isClose(interval.low, 0.7 - 1.96 * deviation, 0.03))
    #expect(isClose(interval.high, 0.7 + 1.96 * deviation, 0.03))
  }

  /// Ten copies of each clip in one group tell no more than the clip.
  @Test func copiesInAGroupDoNotNarrowTheInterval() {
    let predictions = (0..<400).map { $0 / 10 < 28 ? 0 : 1 }
    let rows = certain(predictions, classes: 2)
    let labels = [Int](repeating: 0, count: 400)
    let grouped = Bootstrap(scored(rows, labels, groups: (0..<400).map { "\($0 / 10)" }))[.top1]
    let alone = Bootstrap(scored(rows, labels))[.top1]
    #expect(grouped.high - grouped.low > 2.5 * (alone.high - alone.low))
  }

  /// Of 200 samples of 60 clips the true accuracy must lie in nearly 95 % of the intervals.
  @Test func intervalsCoverTheTruth() {
    var covered = 0
    for trial in 0..<200 {
      var random = RandomStream(seed: UInt64(trial), purpose: .test)
      let predictions = (0..<60).map { _ in random.uniform() < 0.7 ? 0 : 1 }
      let clips = scored(certain(predictions, classes: 2), [Int](repeating: 0, count: 60))
      let interval = Bootstrap(clips, seed: UInt64(trial), resamples: 200)[.top1]
      if interval.low <= 0.7 && 0.7 <= interval.high { covered += 1 }
    }
    #expect((180...198).contains(covered), "\(covered) of 200")
  }

  /// A class that one group alone has is missing in a third of the resamples, which say nothing of it.
  @Test func resamplesWithoutAClassDoNotCountAgainstIt() {
    let labels = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    let groups = ["a", "a", "a", "a", "b", "b", "c", "c", "d", "d"]
    let clips = scored(certain(labels, classes: 3), labels, groups: groups)
    let bootstrap = Bootstrap(clips, resamples: 300)
    #expect(bootstrap.perClass[1].recall == Interval(value: 1, low: 1, high: 1))
    #expect(bootstrap.perClass[2].recall.value == 0 && bootstrap.perClass[2].recall.low.isNaN)
  }

  @Test func oneGroupFallsBackToClips() {
    let clips = scored(certain([0, 1, 0], classes: 2), [0, 0, 0], groups: ["g", "g", "g"])
    let bootstrap = Bootstrap(clips, resamples: 50)
    #expect(bootstrap.unit == .clips)
    #expect(bootstrap[.top1].low < bootstrap[.top1].high)
    #expect(bootstrap[.auroc].value.isNaN && bootstrap[.auroc].low.isNaN)
  }
}

@Suite struct TemperatureTests {
  /// Labels drawn from softmax(logits / truth) must give the temperature back.
  @Test(arguments: [0.5, 1.0, 2.0, 4.0]) func recoversAKnownTemperature(truth: Double) {
    var random = RandomStream(seed: 11, purpose: .test)
    let classes = 4
    var logits: [Float] = []
    var labels: [Int] = []
    for _ in 0..<8000 {
      let row = (0..<classes).map { _ in random.uniform(-3, 3) }
      let weights = row.map { exp(Double($0) / truth) }
      var left = Double(random.uniform()) * weights.reduce(0, +)
      var label = 0
      while label < classes - 1 && left > weights[label] {
        left -= weights[label]
        label += 1
      }
      logits += row
      labels.append(label)
    }
    let fitted = Temperature.fit(logits: logits, labels: labels, classes: classes)
    #expect(isClose(fitted / truth, 1, 0.08), "\(fitted) for \(truth)")
    let loss = {
      Temperature.logLoss(logits: logits, labels: labels, classes: classes, temperature: $0)
    }
    #expect(loss(fitted) <= loss(truth))
  }

  @Test func fewPerfectClipsDoNotAskForCertainty() {
    let fitted = Temperature.fit(logits: [4, 0, 0, 4, 5, 0], labels: [0, 1, 0], classes: 2)
    #expect(fitted > 0.5 && fitted < 1.1)
    #expect(Temperature.fit(logits: [], labels: [], classes: 3) == 1)
  }

  @Test func hugeLogitsDoNotOverflow() {
    let fitted = Temperature.fit(
      logits: [3e38, -3e38, -3e38, 3e38], labels: [1, 0], classes: 2)
    #expect(isClose(fitted, Temperature.range.upperBound, 1e-3))
  }

  /// Figures near the edge of their range, with a spread far larger than they are.
  @Test(arguments: [
    (0.0003, IntervalScale.positive(upTo: 1), 0.0, 1.0),
    (0.3, .positive(upTo: 1), 0.0, 1.0),
    (0.4, .difference(upTo: 1), -1.0, 1.0),
    (0.4, .share, 0.0, 1.0),
  ])
  func intervalsStayWithinWhatIsPossible(
    value: Double, scale: IntervalScale, least: Double, most: Double
  ) {
    let resamples = (0..<100).map { value + ($0 % 2 == 0 ? 0.3 : -0.3) }
    let interval = Interval(value, resamples: resamples, units: 2, scale: scale)
    #expect(least <= interval.low && interval.low <= value)
    #expect(value <= interval.high && interval.high <= most)
  }
}
