import Glibc

/// Two models on the same clips: how far apart they are, and whether that may be chance.
public struct PairedComparison: Sendable {
  /// One figure's difference.
  public struct Difference: Sendable {
    /// Which figure.
    public let metric: Metric
    /// The second's figure less the first's, with the interval over groups.
    public let interval: Interval
    /// The chance of a difference as large, or larger, between equals: by how many standard errors
    /// of the resampled differences it is, as Student's t has it for so few groups.
    public let pValue: Double
    /// The same, corrected for the number of pairs that were compared (Holm 1979).
    public internal(set) var adjustedPValue: Double

    /// Whether the difference is shown: five times in 100, or less, would equals differ so.
    public var isShown: Bool { adjustedPValue < 0.05 }

    /// Whether the second is the better one.
    public var favoursSecond: Bool { (interval.value > 0) == metric.isScore }
  }

  /// The figures that models are compared by.
  public static let metrics: [Metric] = [.top1, .balancedAccuracy, .macroF1, .logLoss]

  /// Position of the model that is compared with.
  public let first: Int
  /// Position of the model that is compared.
  public let second: Int
  /// In the order of `metrics`.
  public internal(set) var differences: [Difference]
  /// The clips that only one of them names rightly.
  public let mcNemar: McNemarTest
  /// McNemar's p, corrected for the number of pairs that were compared.
  public internal(set) var adjustedMcNemar: Double
  /// Clips that the two name differently.
  public let differingClips: Int

  /// - Precondition: both reports are of the same clips, in the same order and groups, and were
  ///   resampled alike.
  init(_ first: Int, _ second: Int, of reports: [EvaluationReport]) {
    self.first = first
    self.second = second
    let (one, other) = (reports[first], reports[second])
    precondition(one.bootstrap.unitCount == other.bootstrap.unitCount, "the same groups")
    differences = PairedComparison.metrics.map { metric in
      Difference(metric: metric, from: one.bootstrap, to: other.bootstrap)
    }
    mcNemar = McNemarTest(one.scored, other.scored)
    adjustedMcNemar = mcNemar.pValue
    differingClips = (0..<one.scored.count).count {
      one.scored.prediction($0) != other.scored.prediction($0)
    }
  }

  /// The difference in the figure that the sentence is about.
  public var headline: Difference { differences[0] }
}

extension PairedComparison.Difference {
  init(metric: Metric, from first: Bootstrap, to second: Bootstrap) {
    let samples = zip(first.samples(of: metric), second.samples(of: metric)).map { $1 - $0 }
    let value = second[metric].value - first[metric].value
    let units = first.unitCount
    self.metric = metric
    interval = Interval(
      value, resamples: samples, units: units,
      scale: .difference(upTo: metric == .logLoss ? .infinity : 1))
    pValue = PairedComparison.Difference.pValue(value, samples, units: units)
    adjustedPValue = pValue
  }

  private static func pValue(_ value: Double, _ samples: [Double], units: Int) -> Double {
    if value == 0 { return 1 }
    guard !value.isNaN, let error = Interval.standardError(samples, units: units) else {
      return .nan
    }
    // Where every group says the same, no test knows more than how unlikely equal signs are.
    let least = pow(2, 1 - Double(units))
    return error > 0 ? StudentT.tails(value / error, degrees: units - 1) : least
  }
}

/// Holm's step-down correction: of several comparisons together, false findings are as rare as of one.
enum Holm {
  /// In the order of `values`; those that are NaN stay so and do not count.
  static func adjusted(_ values: [Double]) -> [Double] {
    let order = values.indices.filter { !values[$0].isNaN }.sorted {
      (values[$0], $0) < (values[$1], $1)
    }
    var adjusted = values
    var largest = 0.0
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, Double(order.count - rank) * values[index]))
      adjusted[index] = largest
    }
    return adjusted
  }
}
