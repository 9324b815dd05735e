import ClipSampling
import Glibc

/// Computes all metrics for any weighting of the same clips.
///
/// A bootstrap resample is a weighting (how often each clip was drawn), so everything that does not
/// depend on weights, above all sorting by score, is done once here.
struct MetricEngine: Sendable {
  struct Result {
    /// In the order of `Metric.allCases`.
    var values: [Double]
    var perClass: [ClassMetrics]
  }

  static let bins = 15
  /// Scores below this count as this in the log loss, as in scikit-learn.
  static let smallestScore = Double.ulpOfOne

  let k: Int
  private let classCount: Int
  private let labels: [Int]
  private let predictions: [Int]
  private let isInTopK: [Bool]
  private let losses: [Double]
  private let confidences: [Double]
  /// Bin of each clip's confidence.
  private let bin: [Int]
  private let rankings: [Ranking]

  /// Clips by falling score of one class.
  private struct Ranking: Sendable {
    var order: [Int32]
    /// Whether the score at this position is the last of its equals.
    var endsTie: [Bool]
  }

  init(_ clips: ScoredClips, k: Int?) {
    precondition(clips.count > 0, "metrics need at least one clip")
    classCount = clips.classes.count
    self.k = max(1, min(k ?? min(5, classCount - 1), classCount))
    labels = clips.labels
    var predictions: [Int] = []
    var isInTopK: [Bool] = []
    var losses: [Double] = []
    var confidences: [Double] = []
    for index in 0..<clips.count {
      let row = clips.row(index)
      let label = labels[index]
      let own = row[row.startIndex + label]
      let prediction = clips.prediction(index)
      // Equal scores rank in class order, as the prediction does.
      var above = 0
      for (position, score) in row.enumerated()
      where score > own || (score == own && position < label) {
        above += 1
      }
      predictions.append(prediction)
      isInTopK.append(above < self.k)
      losses.append(-log(max(Double(own), MetricEngine.smallestScore)))
      confidences.append(Double(row[row.startIndex + prediction]))
    }
    self.predictions = predictions
    self.isInTopK = isInTopK
    self.losses = losses
    self.confidences = confidences
    bin = confidences.map {
      max(0, min(MetricEngine.bins - 1, Int(clamping: $0 * Double(MetricEngine.bins))))
    }
    rankings = (0..<classCount).map { MetricEngine.ranking(of: $0, in: clips) }
  }

  private static func ranking(of classIndex: Int, in clips: ScoredClips) -> Ranking {
    let column = (0..<clips.count).map { clips.scores[$0 * clips.classes.count + classIndex] }
    let order = column.indices.sorted { (column[$1], $0) < (column[$0], $1) }
    let endsTie = order.indices.map {
      $0 + 1 == order.count || column[order[$0]] != column[order[$0 + 1]]
    }
    return Ranking(order: order.map { Int32($0) }, endsTie: endsTie)
  }

  // MARK: Evaluation

  /// - Parameter weights: of each clip, whole numbers, not all 0.
  func evaluate(weights: [Double]) -> Result {
    let confusion = confusion(weights: weights)
    let perClass = (0..<classCount).map { classMetrics($0, confusion) }
    let total = weights.reduce(0, +)
    var correct = 0.0
    var inTopK = 0.0
    var loss = 0.0
    for index in weights.indices {
      if predictions[index] == labels[index] { correct += weights[index] }
      if isInTopK[index] { inTopK += weights[index] }
      loss += weights[index] * losses[index]
    }
    let present = perClass.indices.filter { perClass[$0].support > 0 }
    // A class that neither occurs nor is predicted has no F1; scikit-learn leaves it out too.
    let judged = perClass.indices.filter { classIndex in
      perClass[classIndex].support > 0 || confusion.contains { $0[classIndex] > 0 }
    }
    var precisions = 0.0
    var areas = 0.0
    var areaCount = 0.0
    for classIndex in present {
      let (precision, area) = curves(classIndex, weights, total, perClass[classIndex].support)
      precisions += precision
      if let area {
        areas += area
        areaCount += 1
      }
    }
    let weightedF1 = present.reduce(0) { $0 + perClass[$1].f1 * perClass[$1].support } / total
    let values = Metric.allCases.map { metric in
      switch metric {
      case .top1: correct / total
      case .topK: inTopK / total
      case .balancedAccuracy: mean(present.map { perClass[$0].recall })
      case .macroF1: mean(judged.map { perClass[$0].f1 })
      case .weightedF1: weightedF1
      case .meanAveragePrecision: precisions / Double(present.count)
      case .auroc: areaCount > 0 ? areas / areaCount : .nan
      case .logLoss: loss / total
      case .calibrationError: calibrationError(weights, total)
      }
    }
    return Result(values: values, perClass: perClass)
  }

  /// `[truth][prediction]` weights.
  func confusion(weights: [Double]) -> [[Double]] {
    var confusion = [[Double]](
      repeating: [Double](repeating: 0, count: classCount), count: classCount)
    for index in weights.indices {
      confusion[labels[index]][predictions[index]] += weights[index]
    }
    return confusion
  }

  /// Confidence against accuracy, every clip once.
  var calibration: [CalibrationBin] {
    let sums = binSums([Double](repeating: 1, count: labels.count))
    let width = 1 / Double(MetricEngine.bins)
    return sums.enumerated().map { index, sum in
      CalibrationBin(
        range: Double(index) * width..<Double(index + 1) * width, count: sum.count,
        confidence: sum.count > 0 ? sum.confidence / sum.count : 0,
        accuracy: sum.count > 0 ? sum.correct / sum.count : 0)
    }
  }

  private func classMetrics(_ classIndex: Int, _ confusion: [[Double]]) -> ClassMetrics {
    let hits = confusion[classIndex][classIndex]
    let support = confusion[classIndex].reduce(0, +)
    let predicted = confusion.reduce(0) { $0 + $1[classIndex] }
    return ClassMetrics(
      precision: predicted > 0 ? hits / predicted : 0, recall: support > 0 ? hits / support : 0,
      f1: support + predicted > 0 ? 2 * hits / (support + predicted) : 0, support: support)
  }

  /// Average precision and, where there are others than the class, the area under its ROC curve.
  ///
  /// Equal scores are one step of the precision-recall curve and one straight line of the ROC.
  private func curves(
    _ classIndex: Int, _ weights: [Double], _ total: Double, _ positives: Double
  ) -> (averagePrecision: Double, area: Double?) {
    let ranking = rankings[classIndex]
    var hits = 0.0
    var misses = 0.0
    var hitsBefore = 0.0
    var missesBefore = 0.0
    var precision = 0.0
    var area = 0.0
    for position in ranking.order.indices {
      let clip = Int(ranking.order[position])
      if labels[clip] == classIndex { hits += weights[clip] } else { misses += weights[clip] }
      guard ranking.endsTie[position] else { continue }
      if hits > hitsBefore { precision += (hits - hitsBefore) * hits / (hits + misses) }
      area += (misses - missesBefore) * (hits + hitsBefore) / 2
      hitsBefore = hits
      missesBefore = misses
    }
    let negatives = total - positives
    return (precision / positives, negatives > 0 ? area / (positives * negatives) : nil)
  }

  private typealias BinSum = (count: Double, confidence: Double, correct: Double)

  private func binSums(_ weights: [Double]) -> [BinSum] {
    var sums = [BinSum](repeating: (0, 0, 0), count: MetricEngine.bins)
    for index in weights.indices {
      sums[bin[index]].count += weights[index]
      sums[bin[index]].confidence += weights[index] * confidences[index]
      if predictions[index] == labels[index] { sums[bin[index]].correct += weights[index] }
    }
    return sums
  }

  private func calibrationError(_ weights: [Double], _ total: Double) -> Double {
    binSums(weights).reduce(0) { $0 + abs($1.confidence - $1.correct) } / total
  }

  private func mean(_ values: [Double]) -> Double {
    values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }
}
