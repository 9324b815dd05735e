import ClipSampling
import Dispatch
import Synchronization
import Tensors

/// A figure and the interval that holds 95 of 100 resamples of it; NaN where it is not defined.
public struct Interval: Sendable, Equatable {
  /// Of all clips, each counted once.
  public var value: Double
  /// The end that 2.5 of 100 resamples stay below.
  public var low: Double
  /// The end that 2.5 of 100 resamples exceed.
  public var high: Double

  /// Ends that are given, for figures that came from elsewhere.
  public init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }
}

/// How sure the figures are: the percentile bootstrap over groups.
///
/// Clips of one source are alike, so whole groups are drawn with replacement, as many as there are;
/// drawing clips would make the intervals too narrow. Resample `r` draws from
/// `(seed, bootstrap, r)`: neither threads nor their number change a figure.
public struct Bootstrap: Sendable {
  /// What was drawn.
  public enum Unit: String, Sendable {
    /// Whole groups, as many as there are.
    case groups
    /// All clips are of one group, so clips were drawn; the intervals are then too narrow.
    case clips
  }

  /// Whether groups or, for want of several, clips were drawn.
  public let unit: Unit
  /// How many groups or clips there are to draw from.
  public let unitCount: Int
  /// How often was drawn.
  public let resamples: Int
  /// In the order of `Metric.allCases`.
  public let intervals: [Interval]
  /// In the order of the classes.
  public let perClass: [(precision: Interval, recall: Interval, f1: Interval)]

  /// The figure's interval.
  public subscript(metric: Metric) -> Interval {
    intervals[Metric.allCases.firstIndex(of: metric) ?? 0]
  }

  /// - Parameters:
  ///   - clips: at least one.
  ///   - k: of top-k, as for `Metrics`.
  public init(
    _ clips: ScoredClips, k: Int? = nil, seed: UInt64 = 0, resamples: Int = 1000, threads: Int = 1
  ) {
    let engine = MetricEngine(clips, k: k)
    let (unit, members) = Bootstrap.units(clips)
    let samples = Mutex([[Double]](repeating: [], count: resamples))
    let workers = max(1, min(threads, resamples))
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      var weights = [Double](repeating: 0, count: clips.count)
      for resample in stride(from: worker, to: resamples, by: workers) {
        var random = RandomStream(seed: seed, purpose: .bootstrap, UInt64(resample))
        for index in weights.indices { weights[index] = 0 }
        for _ in members.indices {
          for clip in members[random.integer(below: members.count)] { weights[clip] += 1 }
        }
        let figures = Bootstrap.flattened(engine.evaluate(weights: weights))
        samples.withLock { $0[resample] = figures }
      }
    }
    let point = Bootstrap.flattened(
      engine.evaluate(weights: [Double](repeating: 1, count: clips.count)))
    let all = samples.withLock { samples in
      point.indices.map { figure in
        Bootstrap.interval(point[figure], samples.map { $0[figure] })
      }
    }
    self.unit = unit
    self.resamples = resamples
    unitCount = members.count
    let metricCount = Metric.allCases.count
    intervals = Array(all[..<metricCount])
    perClass = clips.classes.indices.map {
      let first = metricCount + 3 * $0
      return (all[first], all[first + 1], all[first + 2])
    }
  }

  /// The clips of each group, in order of their first clip.
  private static func units(_ clips: ScoredClips) -> (Unit, [[Int]]) {
    var position: [String: Int] = [:]
    var members: [[Int]] = []
    for (clip, group) in clips.groups.enumerated() {
      if let known = position[group] {
        members[known].append(clip)
      } else {
        position[group] = members.count
        members.append([clip])
      }
    }
    return members.count > 1 ? (.groups, members) : (.clips, clips.labels.indices.map { [$0] })
  }

  private static func flattened(_ result: MetricEngine.Result) -> [Double] {
    result.values + result.perClass.flatMap { [$0.precision, $0.recall, $0.f1] }
  }

  /// From the 2.5th to the 97.5th percentile, interpolated; resamples without a value are left out.
  private static func interval(_ value: Double, _ samples: [Double]) -> Interval {
    let sorted = samples.filter { !$0.isNaN }.sorted()
    guard !sorted.isEmpty, !value.isNaN else {
      return Interval(value: value, low: .nan, high: .nan)
    }
    func percentile(_ share: Double) -> Double {
      let position = share * Double(sorted.count - 1)
      let below = Int(clamping: position)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
    }
    return Interval(value: value, low: percentile(0.025), high: percentile(0.975))
  }
}
