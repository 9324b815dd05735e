import ClipSampling
import Dispatch
import Synchronization
import Tensors

/// How sure the figures are: the bootstrap over groups.
///
/// Clips of one source are alike, so whole groups are drawn with replacement, as many as there are;
/// drawing clips would make the intervals too narrow. Resample `r` draws from
/// `(seed, bootstrap, r)`: neither threads nor their number change a figure, and two models on the
/// same clips are resampled alike.
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
  /// The figures of every resample, `[metric][resample]`, in the order of `Metric.allCases`.
  let samples: [[Double]]
  /// In the order of the classes.
  public let perClass: [(precision: Interval, recall: Interval, f1: Interval)]

  /// The figure's interval.
  public subscript(metric: Metric) -> Interval {
    intervals[Metric.allCases.firstIndex(of: metric) ?? 0]
  }

  /// The figure of every resample.
  func samples(of metric: Metric) -> [Double] {
    samples[Metric.allCases.firstIndex(of: metric) ?? 0]
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
        Bootstrap.draw(resample, of: members, seed: seed, into: &weights)
        let figures = Bootstrap.flattened(engine.evaluate(weights: weights), undefined: .nan)
        samples.withLock { $0[resample] = figures }
      }
    }
    let point = Bootstrap.flattened(
      engine.evaluate(weights: [Double](repeating: 1, count: clips.count)))
    let figures = samples.withLock { samples in
      point.indices.map { figure in samples.map { $0[figure] } }
    }
    let metricCount = Metric.allCases.count
    let all = point.indices.map { figure in
      Interval(
        point[figure], resamples: figures[figure], units: members.count,
        scale: figure < metricCount ? Metric.allCases[figure].scale : .share)
    }
    self.unit = unit
    self.resamples = resamples
    self.samples = Array(figures[..<metricCount])
    unitCount = members.count
    intervals = Array(all[..<metricCount])
    perClass = clips.classes.indices.map {
      let first = metricCount + 3 * $0
      return (all[first], all[first + 1], all[first + 2])
    }
  }

  /// How often a resample has each clip.
  static func draw(
    _ resample: Int, of members: [[Int]], seed: UInt64, into weights: inout [Double]
  ) {
    var random = RandomStream(seed: seed, purpose: .bootstrap, UInt64(resample))
    for index in weights.indices { weights[index] = 0 }
    for _ in members.indices {
      for clip in members[random.integer(below: members.count)] { weights[clip] += 1 }
    }
  }

  /// The clips of each group, in order of their first clip.
  static func units(_ clips: ScoredClips) -> (Unit, [[Int]]) {
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

  /// - Parameter undefined: the recall of a class that has no clip: a resample without one says nothing
  ///   of it.
  private static func flattened(
    _ result: MetricEngine.Result, undefined: Double = 0
  ) -> [Double] {
    result.values
      + result.perClass.flatMap { [$0.precision, $0.support > 0 ? $0.recall : undefined, $0.f1] }
  }
}
