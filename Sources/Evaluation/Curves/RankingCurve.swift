import Tensors

/// What a threshold on one class's scores would do, for every threshold there is: the points of the
/// precision-recall curve and of the ROC curve.
public struct RankingCurve: Sendable {
  /// What happens when everything with at least this score is called the class.
  public struct Point: Sendable, Equatable {
    /// The lowest score that is called so.
    public let threshold: Double
    /// Share of those called so that are of the class.
    public let precision: Double
    /// Share of the class that is called so; also the true positive rate.
    public let recall: Double
    /// Share of the others that are called so; NaN where there are no others.
    public let falseRate: Double
  }

  /// By falling threshold; equal scores are one point.
  public let points: [Point]
  /// The area under the steps of the precision-recall curve; NaN without a clip of the class.
  public let averagePrecision: Double
  /// The area under the ROC curve; NaN without a clip of the class or of another.
  public let area: Double

  /// One score for each clip, and whether it is of the class.
  public init(scores: [Float], isPositive: [Bool]) {
    precondition(scores.count == isPositive.count, "an answer for each score")
    let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    let positives = Double(isPositive.count { $0 })
    let negatives = Double(scores.count) - positives
    var points: [Point] = []
    var (hits, misses) = (0.0, 0.0)
    var last = (recall: 0.0, falseRate: 0.0)
    var (precisions, areas) = (0.0, 0.0)
    for (position, clip) in order.enumerated() {
      if isPositive[clip] { hits += 1 } else { misses += 1 }
      let isLastOfEquals =
        position + 1 == order.count || scores[clip] != scores[order[position + 1]]
      guard isLastOfEquals else { continue }
      let point = Point(
        threshold: Double(scores[clip]), precision: hits / (hits + misses),
        recall: hits / positives, falseRate: misses / negatives)
      points.append(point)
      precisions += (point.recall - last.recall) * point.precision
      areas += (point.falseRate - last.falseRate) * (point.recall + last.recall) / 2
      last = (point.recall, point.falseRate)
    }
    self.points = points
    averagePrecision = positives > 0 ? precisions : .nan
    area = positives > 0 && negatives > 0 ? areas : .nan
  }

  /// One class against the rest.
  public init(_ clips: ScoredClips, classIndex: Int) {
    self.init(
      scores: (0..<clips.count).map { clips.scores[$0 * clips.classes.count + classIndex] },
      isPositive: clips.labels.map { $0 == classIndex })
  }

  /// Every class against the rest, all in one: each score of each clip counts by itself.
  public static func pooled(_ clips: ScoredClips) -> RankingCurve {
    var isPositive = [Bool](repeating: false, count: clips.scores.count)
    for (clip, label) in clips.labels.enumerated() {
      isPositive[clip * clips.classes.count + label] = true
    }
    return RankingCurve(scores: clips.scores, isPositive: isPositive)
  }
}
