import Foundation

extension ThresholdChoice {
  /// For people, in lines no wider than `columns`.
  public func lines(columns: Int = 80) -> [String] {
    let width = max(8, min(18, columns - 62))
    var rows = [["class", "threshold", "interval", "precision", "recall", "given", "unknown"]]
    for own in classes {
      rows.append([
        Shortened.end(own.name, width), ThresholdChoice.text(own.threshold ?? .infinity),
        ThresholdChoice.text(own.interval.low) + "–" + ThresholdChoice.text(own.interval.high),
        Figure.text(own.precision.value, .top1), Figure.text(own.recall.value, .top1),
        "\(own.kept)", "\(own.unknown)",
      ])
    }
    let heading = "thresholds for \(goal): below them an answer is unknown"
    var lines = WrappedText.lines(heading, columns: columns)
    lines += TextTable(rows, rightAligned: [1, 2, 3, 4, 5, 6]).lines
    for sentence in sentences { lines += WrappedText.lines(sentence, columns: columns) }
    return lines
  }

  /// What the thresholds come to, and what cannot be had.
  public var sentences: [String] {
    var sentences = classes.filter { !$0.isReached }.map(refusal)
    let share = Figure.text(kept > 0 ? Double(wrong) / Double(kept) : .nan, .top1)
    let before = Figure.text(Double(wrongBefore) / Double(clips), .top1)
    sentences.append(
      "\(kept) of \(clips) clips get an answer, \(clips - kept) are unknown; \(wrong) of the answers "
        + "are wrong (\(share); without thresholds \(before))")
    if let costs {
      sentences.append(
        String(format: "cost %g; without thresholds %g", costs.after, costs.before))
    }
    sentences.append(
      "chosen on these clips, so others will do a little worse; intervals hold 95 of 100 resamples "
        + "of \(units.count) \(units.unit.rawValue)"
        + (units.unit == .clips ? ", all of one group: too narrow" : ""))
    return sentences
  }

  private func refusal(_ own: OfClass) -> String {
    let name = own.name
    switch goal {
    case .precision:
      return own.kept + own.unknown == 0
        ? "\(name): no clip is named so, so nothing is known of its precision; it is never given"
        : "\(name): no threshold reaches \(goal); it is never given"
    case .recall:
      return own.support == 0
        ? "\(name): there is no clip of it, so nothing is known of its recall; it has no threshold"
        : "\(name): \(goal) cannot be reached; without a threshold its recall is "
          + Figure.text(own.recall.value, .top1)
    case .cost: return ""
    }
  }

  private static func text(_ threshold: Double) -> String {
    threshold.isFinite ? String(format: "%.3f", threshold) : "never"
  }
}

extension ThresholdChoice: Encodable {
  private enum Key: String, CodingKey {
    case goal, classes, given, unknown, wrong, cost
    case wrongBefore = "wrong_without"
    case costBefore = "cost_without"
  }

  private struct ClassJSON: Encodable {
    let name: String
    let threshold: Double?
    /// Null at the end where the class would never be given.
    let low: Double?
    let high: Double?
    let reached: Bool
    let reachedShare: Double
    let precision: [String: Double?]
    let recall: [String: Double?]
    let given: Int
    let unknown: Int
    let support: Int
    let cost: Double?

    private enum CodingKeys: String, CodingKey {
      case name, threshold, low, high, reached, precision, recall, given, unknown, support, cost
      case reachedShare = "reached_share"
    }

    init(_ own: OfClass) {
      func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
      func json(_ interval: Interval) -> [String: Double?] {
        [
          "value": finite(interval.value), "low": finite(interval.low),
          "high": finite(interval.high),
        ]
      }
      name = own.name
      threshold = own.threshold
      (low, high) = (finite(own.interval.low), finite(own.interval.high))
      (reached, reachedShare) = (own.isReached, own.reachedShare)
      (precision, recall) = (json(own.precision), json(own.recall))
      (given, unknown, support, cost) = (own.kept, own.unknown, own.support, own.cost)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var json = encoder.container(keyedBy: Key.self)
    try json.encode(goal.description, forKey: .goal)
    try json.encode(classes.map(ClassJSON.init), forKey: .classes)
    try json.encode(kept, forKey: .given)
    try json.encode(clips - kept, forKey: .unknown)
    try json.encode(wrong, forKey: .wrong)
    try json.encode(wrongBefore, forKey: .wrongBefore)
    try json.encodeIfPresent(costs?.after, forKey: .cost)
    try json.encodeIfPresent(costs?.before, forKey: .costBefore)
  }
}
