/// McNemar's exact test: of the clips that only one of two models names rightly, are there more of
/// the one than of the other?
public struct McNemarTest: Sendable, Equatable {
  /// Clips that the first alone names rightly.
  public let onlyFirst: Int
  /// Clips that the second alone names rightly.
  public let onlySecond: Int

  /// - Precondition: both scored the same clips, in the same order.
  public init(_ first: ScoredClips, _ second: ScoredClips) {
    precondition(first.labels == second.labels, "the same clips")
    var (onlyFirst, onlySecond) = (0, 0)
    for (index, label) in first.labels.enumerated() {
      switch (first.prediction(index) == label, second.prediction(index) == label) {
      case (true, false): onlyFirst += 1
      case (false, true): onlySecond += 1
      default: break
      }
    }
    self.init(onlyFirst: onlyFirst, onlySecond: onlySecond)
  }

  /// From counts that are known.
  public init(onlyFirst: Int, onlySecond: Int) {
    precondition(onlyFirst >= 0 && onlySecond >= 0, "counts are not negative")
    self.onlyFirst = onlyFirst
    self.onlySecond = onlySecond
  }

  /// The chance of a difference as large, or larger, between models that are equally good, to either
  /// side. It takes clips for independent; those of one group are not, and it is then too small.
  public var pValue: Double { FairCoins.twoSided(onlyFirst, onlySecond) }
}
