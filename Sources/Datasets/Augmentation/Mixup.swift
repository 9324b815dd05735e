import Glibc
import Tensors

/// Blends pairs of clips in place (Zhang et al. 2018): the first with the last, and so on inwards.
enum Mixup {
  /// Draws one share for each pair from Beta(alpha, alpha).
  static func apply(to batch: Batch, alpha: Float, random: inout RandomStream) {
    for position in 0..<batch.count {
      batch.secondLabels[position] = batch.labels[position]
      batch.firstShares[position] = 1
    }
    guard alpha > 0 else { return }
    for first in 0..<batch.count / 2 {
      let second = batch.count - 1 - first
      let drawn = beta(alpha, random: &random)
      // The larger share keeps its own place, so a clip's first label is what it mostly shows.
      let share = max(drawn, 1 - drawn)
      let one = batch.input(at: first)
      let other = batch.input(at: second)
      for index in 0..<batch.inputSize {
        let (a, b) = (one[index], other[index])
        one[index] = share * a + (1 - share) * b
        other[index] = share * b + (1 - share) * a
      }
      batch.secondLabels[first] = batch.labels[second]
      batch.secondLabels[second] = batch.labels[first]
      batch.firstShares[first] = share
      batch.firstShares[second] = share
    }
  }

  /// Beta(alpha, alpha) by Jöhnk's rejection.
  private static func beta(_ alpha: Float, random: inout RandomStream) -> Float {
    for _ in 0..<1000 {
      let x = powf(random.uniform(), 1 / alpha)
      let y = powf(random.uniform(), 1 / alpha)
      if x + y <= 1, x + y > 0 { return x / (x + y) }
    }
    return 1
  }
}
