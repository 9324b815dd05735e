import Foundation
import Tensors
import Testing

@testable import Evaluation

/// Whether 95 of 100 intervals hold the truth, in samples whose truth is known.
@Suite struct CoverageTests {
  /// Clips of a few groups, some easier than others, that two models name rightly or not.
  private struct Trial {
    /// The share of right answers, and by how much the second model is better.
    let truth: (share: Double, gain: Double)
    let groups: Int
    let clipsEach: Int
    /// How much groups differ, as a correlation of their clips.
    let likeness: Double

    /// Right answers of both models in each group, and the group's clips.
    func draw(_ random: inout RandomStream) -> [(clips: Int, first: Int, second: Int)] {
      (0..<groups).map { _ in
        let ease = beta(truth.share, &random)
        let clips = clipsEach + random.integer(below: clipsEach + 1)
        var right = (0, 0)
        for _ in 0..<clips {
          // What is hard for one is hard for the other: a draw in common, then each its own.
          let isEasy = Double(random.uniform()) < ease
          if isEasy != (random.uniform() < 0.1) { right.0 += 1 }
          if isEasy != (random.uniform() < 0.1 - Float(truth.gain)) { right.1 += 1 }
        }
        return (clips, right.0, right.1)
      }
    }

    /// The mean share of the first and the mean difference that `draw` comes to.
    var expected: (first: Double, difference: Double) {
      let share = { (flip: Double) in truth.share * (1 - flip) + (1 - truth.share) * flip }
      return (share(0.1), share(0.1 - truth.gain) - share(0.1))
    }

    /// Beta-distributed with this mean, by two gamma variates.
    private func beta(_ mean: Double, _ random: inout RandomStream) -> Double {
      if likeness == 0 { return mean }
      let total = 1 / likeness - 1
      let (a, b) = (gamma(mean * total, &random), gamma((1 - mean) * total, &random))
      return a + b > 0 ? a / (a + b) : mean
    }

    /// Marsaglia and Tsang (2000), with their step for shapes below 1.
    private func gamma(_ shape: Double, _ random: inout RandomStream) -> Double {
      if shape < 1 {
        return gamma(shape + 1, &random) * pow(max(Double(random.uniform()), 1e-12), 1 / shape)
      }
      let d = shape - 1.0 / 3
      while true {
        let angle = 2 * Double.pi * Double(random.uniform())
        let normal = (-2 * log(1 - Double(random.uniform()))).squareRoot() * cos(angle)
        let v = pow(1 + normal / (9 * d).squareRoot(), 3)
        let limit = normal * normal / 2 + d - d * v + (v > 0 ? d * log(v) : 0)
        if v > 0, log(1 - Double(random.uniform())) < limit { return d * v }
      }
    }
  }

  /// Shares of right answers alone need no engine: sums over groups are enough, so that thousands of
  /// samples take a second. The draws are those of the bootstrap.
  private static func intervals(
    _ counts: [(clips: Int, first: Int, second: Int)], seed: UInt64
  ) -> (share: Interval, difference: Interval) {
    var shares: [Double] = []
    var differences: [Double] = []
    for resample in 0..<250 {
      var random = RandomStream(seed: seed, purpose: .bootstrap, UInt64(resample))
      var sum = (clips: 0, first: 0, second: 0)
      for _ in counts.indices {
        let drawn = counts[random.integer(below: counts.count)]
        sum = (sum.clips + drawn.clips, sum.first + drawn.first, sum.second + drawn.second)
      }
      shares.append(Double(sum.first) / Double(sum.clips))
      differences.append(Double(sum.second - sum.first) / Double(sum.clips))
    }
    let all = counts.reduce(into: (0, 0, 0)) {
      $0 = ($0.0 + $1.clips, $0.1 + $1.first, $0.2 + $1.second)
    }
    return (
      Interval(
        Double(all.1) / Double(all.0), resamples: shares, units: counts.count, scale: .share),
      Interval(
        Double(all.2 - all.1) / Double(all.0), resamples: differences, units: counts.count,
        scale: .difference(upTo: 1))
    )
  }

  @Test(arguments: [
    (6, 0.0, 0.8), (12, 0.0, 0.8), (12, 0.1, 0.6), (12, 0.1, 0.9), (30, 0.1, 0.8),
  ])
  func intervalsHoldTheTruth(groups: Int, likeness: Double, share: Double) {
    let trial = Trial(
      truth: (share, 0.05), groups: groups, clipsEach: 8, likeness: likeness)
    let (samples, truth) = (1500, trial.expected)
    var held = (share: 0, difference: 0)
    for sample in 0..<samples {
      var random = RandomStream(seed: UInt64(sample), purpose: .test, UInt64(groups))
      let found = Self.intervals(trial.draw(&random), seed: UInt64(sample))
      if found.share.low <= truth.first && truth.first <= found.share.high { held.share += 1 }
      if found.difference.low <= truth.difference && truth.difference <= found.difference.high {
        held.difference += 1
      }
    }
    let shares = Double(held.share) / Double(samples)
    let differences = Double(held.difference) / Double(samples)
    #expect((0.93...0.97).contains(shares), "\(shares) of the intervals of a share")
    #expect((0.93...0.97).contains(differences), "\(differences) of the intervals of a difference")
  }

  /// As the program makes them, of four figures: true values from a very large sample.
  @Test func intervalsOfFiguresHoldTheTruth() {
    let truth = Metrics(Self.sample(groups: 4000, seed: 99))
    let figures: [Metric] = [.top1, .balancedAccuracy, .macroF1, .logLoss]
    var held = [Int](repeating: 0, count: figures.count)
    let samples = 400
    for sample in 0..<samples {
      let boot = Bootstrap(
        Self.sample(groups: 12, seed: UInt64(sample)), seed: UInt64(sample), resamples: 150,
        threads: 2)
      for (place, figure) in figures.enumerated() {
        let interval = boot[figure]
        if interval.low <= truth[figure] && truth[figure] <= interval.high { held[place] += 1 }
      }
    }
    // The bounds are those of the sentence and two standard errors of a simulation this short.
    for (figure, count) in zip(figures, held) {
      let share = Double(count) / Double(samples)
      #expect((0.91...0.985).contains(share), "\(figure): \(share)")
    }
  }

  /// Six clips a group of three classes; a group's scores lean to the label by an ease of its own.
  private static func sample(groups: Int, seed: UInt64) -> ScoredClips {
    var random = RandomStream(seed: seed, purpose: .test, 7)
    var rows: [[Float]] = []
    var labels: [Int] = []
    var names: [String] = []
    for group in 0..<groups {
      let ease = random.uniform(0.5, 2.5)
      for _ in 0..<6 {
        let label = random.integer(below: 3)
        var row = (0..<3).map { _ in random.uniform(0.05, 1) }
        row[label] += ease * random.uniform()
        let sum = row.reduce(0, +)
        rows.append(row.map { $0 / sum })
        labels.append(label)
        names.append("g\(group)")
      }
    }
    return scored(rows, labels, groups: names)
  }
}
