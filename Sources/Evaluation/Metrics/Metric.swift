import ClipSampling

/// The figures computed of every evaluation; raw values are the keys of the JSON report.
public enum Metric: String, CaseIterable, Sendable {
  /// Share of clips whose highest score is their label's.
  case top1
  /// Share of clips whose label is among the k highest scores.
  case topK = "topk"
  /// Mean recall over the classes that have clips.
  case balancedAccuracy = "balanced_accuracy"
  /// Mean F1 over the classes that have clips or were predicted.
  case macroF1 = "macro_f1"
  /// Mean F1 weighted by the clips of each class.
  case weightedF1 = "weighted_f1"
  /// Mean over the classes that have clips of the area under their precision-recall steps.
  case meanAveragePrecision = "mean_average_precision"
  /// Mean over the classes of the area under the curve of each against the rest.
  case auroc
  /// Mean of -ln(score of the label).
  case logLoss = "log_loss"
  /// Expected calibration error: mean distance between confidence and accuracy, 15 equal bins.
  case calibrationError = "ece"

  /// What people read.
  public var title: String {
    switch self {
    case .top1: "top-1"
    case .topK: "top-k"
    case .balancedAccuracy: "balanced accuracy"
    case .macroF1: "macro F1"
    case .weightedF1: "weighted F1"
    case .meanAveragePrecision: "mean average precision"
    case .auroc: "AUROC"
    case .logLoss: "log loss"
    case .calibrationError: "calibration error"
    }
  }

  /// Whether more is better.
  public var isScore: Bool { self != .logLoss && self != .calibrationError }

  /// Where its intervals are even.
  var scale: IntervalScale {
    switch self {
    case .logLoss: .positive(upTo: .infinity)
    case .calibrationError: .positive(upTo: 1)
    default: .share
    }
  }
}

/// Precision, recall and F1 of one class; 0 where there is nothing to divide by.
public struct ClassMetrics: Sendable, Equatable {
  /// Right answers among those that named the class, 0…1.
  public var precision: Double
  /// Clips of the class that were named so, 0…1.
  public var recall: Double
  /// The harmonic mean of precision and recall.
  public var f1: Double
  /// Clips of the class, by their labels.
  public var support: Double

  /// Shares from 0 to 1 and a number of clips.
  public init(precision: Double, recall: Double, f1: Double, support: Double) {
    self.precision = precision
    self.recall = recall
    self.f1 = f1
    self.support = support
  }
}

/// Confidence and accuracy of the clips whose confidence falls into one bin.
public struct CalibrationBin: Sendable, Equatable {
  /// Confidences of the bin, within 0…1.
  public var range: Range<Double>
  /// Clips whose confidence lies there.
  public var count: Double
  /// Mean highest score; 0 for an empty bin.
  public var confidence: Double
  /// Share of right answers; 0 for an empty bin.
  public var accuracy: Double
}

/// All figures of one set of scored clips. A figure that is not defined (AUROC with one class
/// present) is NaN.
public struct Metrics: Sendable {
  /// In the order of `Metric.allCases`.
  public var values: [Double]
  /// In the order of the classes.
  public var perClass: [ClassMetrics]
  /// `[truth][prediction]` clips.
  public var confusion: [[Int]]
  /// 15 bins of equal width, in ascending order.
  public var calibration: [CalibrationBin]
  /// The k of top-k.
  public let k: Int

  /// The figure; NaN where it is not defined.
  public subscript(metric: Metric) -> Double {
    values[Metric.allCases.firstIndex(of: metric) ?? 0]
  }

  /// - Parameters:
  ///   - clips: at least one.
  ///   - k: of top-k; by default 5, or one less than the classes where they are fewer.
  public init(_ clips: ScoredClips, k: Int? = nil) {
    let engine = MetricEngine(clips, k: k)
    let result = engine.evaluate(weights: [Double](repeating: 1, count: clips.count))
    values = result.values
    perClass = result.perClass
    confusion = engine.confusion(weights: [Double](repeating: 1, count: clips.count))
      .map { $0.map { Int(clamping: $0) } }
    calibration = engine.calibration
    self.k = engine.k
  }
}
