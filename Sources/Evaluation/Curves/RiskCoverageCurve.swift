/// How many answers are wrong among those that are kept, where the least confident are not given.
public struct RiskCoverageCurve: Sendable {
  /// What happens when answers with at least this confidence are kept.
  public struct Point: Sendable, Equatable {
    /// The lowest confidence that is kept.
    public let threshold: Double
    /// Share of the clips that get an answer.
    public let coverage: Double
    /// Share of these answers that are wrong.
    public let risk: Double
  }

  /// By falling threshold; equal confidences are one point.
  public let points: [Point]
  /// The mean risk over all coverages; the lower, the better confidence tells right from wrong.
  public let area: Double

  /// - Parameter clips: at least one.
  public init(_ clips: ScoredClips) {
    let answers = (0..<clips.count).map { index in
      let row = clips.row(index)
      let answer = clips.prediction(index)
      return (confidence: row[row.startIndex + answer], isWrong: answer != clips.labels[index])
    }
    let order = answers.indices.sorted {
      (answers[$1].confidence, $0) < (answers[$0].confidence, $1)
    }
    var points: [Point] = []
    var wrong = 0.0
    var area = 0.0
    var coverage = 0.0
    for (position, clip) in order.enumerated() {
      if answers[clip].isWrong { wrong += 1 }
      let kept = Double(position + 1)
      let isLastOfEquals =
        position + 1 == order.count
        || answers[clip].confidence != answers[order[position + 1]].confidence
      guard isLastOfEquals else { continue }
      let point = Point(
        threshold: Double(answers[clip].confidence), coverage: kept / Double(clips.count),
        risk: wrong / kept)
      points.append(point)
      area += (point.coverage - coverage) * point.risk
      coverage = point.coverage
    }
    self.points = points
    self.area = area
  }
}
