/// What frame size, frame rate, length and brightness alone would score: a network that does no
/// better has learned how the clips were made, not what happens in them.
public struct TraitScores: Sendable, Hashable {
  /// One trait's share of clips named rightly, each after all others.
  public struct Score: Sendable, Hashable {
    /// `frame size`, `frame rate`, `length` or `brightness`.
    public let trait: String
    /// 0…1.
    public let accuracy: Double
  }

  /// In the order of the traits above.
  public let scores: [Score]
  /// What the commonest class would score.
  public let chance: Double

  /// Parts of equal numbers of clips that a length or brightness is told by.
  private static let parts = 5

  /// - Returns: nil for fewer than eight readable clips or one class.
  public init?(_ clips: [ClipInspection]) {
    let readable = clips.filter { $0.error == nil && $0.file.info != nil }
    let labels = readable.map(\.clip.label)
    guard readable.count >= 8, Set(labels).count > 1 else { return nil }
    var values = PredictiveTrait.traits.prefix(2).map { name, value in
      (name, readable.map { $0.file.info.map(value) ?? "" })
    }
    values.append(("length", TraitScores.ranked(readable.map(\.duration))))
    values.append(
      ("brightness", TraitScores.ranked(readable.map { $0.fingerprint?.brightness ?? 0 })))
    let chance = PredictiveTrait.score(labels.map { _ in "" }, labels: labels).chance
    // Whoever guesses by a trait that tells nothing guesses the commonest class.
    scores = values.map {
      Score(
        trait: $0.0, accuracy: max(chance, PredictiveTrait.score($0.1, labels: labels).accuracy))
    }
    self.chance = chance
  }

  /// Which fifth of all values each is in; equal values are in one.
  static func ranked(_ values: [Double]) -> [String] {
    let ordered = values.sorted()
    return values.map { value in
      let below = ordered.partitioningIndex { $0 >= value }
      return "\(below * parts / max(1, values.count))"
    }
  }
}

extension [Double] {
  /// The first position whose value `belongs`, in an array where all behind it do.
  fileprivate func partitioningIndex(where belongs: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if belongs(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
