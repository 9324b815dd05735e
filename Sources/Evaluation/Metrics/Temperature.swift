import Glibc

/// Fits the temperature that makes scores mean what they say: `softmax(logits / temperature)`.
public enum Temperature {
  /// What a fitted temperature may be.
  public static let range = 0.05...20.0

  /// The temperature with the least log loss on held-out clips, held near 1 where they say little.
  ///
  /// Few clips that are all right would ask for boundless confidence; so the logarithm of the
  /// temperature has a normal prior (mean 0, deviation 1), which counts as much as about one clip.
  ///
  /// - Parameters:
  ///   - logits: `[count, classes]`, finite.
  ///   - labels: positions of the classes, `count` of them; without any the temperature is 1.
  public static func fit(logits: [Float], labels: [Int], classes: Int) -> Double {
    precondition(
      classes > 0 && logits.count == labels.count * classes, "logits are [count, classes]")
    if labels.isEmpty { return 1 }
    func cost(_ logarithm: Double) -> Double {
      logLoss(logits: logits, labels: labels, classes: classes, temperature: exp(logarithm))
        * Double(labels.count) + logarithm * logarithm / 2
    }
    // The loss is convex in 1 / temperature, hence has one valley: golden section finds it.
    let ratio = (5.0.squareRoot() - 1) / 2
    var low = log(range.lowerBound)
    var high = log(range.upperBound)
    var left = high - ratio * (high - low)
    var right = low + ratio * (high - low)
    var leftCost = cost(left)
    var rightCost = cost(right)
    for _ in 0..<40 {
      if leftCost <= rightCost {
        (high, right, rightCost) = (right, left, leftCost)
        left = high - ratio * (high - low)
        leftCost = cost(left)
      } else {
        (low, left, leftCost) = (left, right, rightCost)
        right = low + ratio * (high - low)
        rightCost = cost(right)
      }
    }
    return exp((low + high) / 2)
  }

  /// Mean of `-ln softmax(logits / temperature)[label]`.
  public static func logLoss(
    logits: [Float], labels: [Int], classes: Int, temperature: Double
  ) -> Double {
    var sum = 0.0
    for (index, label) in labels.enumerated() {
      let row = logits[index * classes..<(index + 1) * classes]
      let largest = Double(row.max() ?? 0)
      let normalizer = row.reduce(0.0) { $0 + exp((Double($1) - largest) / temperature) }
      sum += log(normalizer) - (Double(row[row.startIndex + label]) - largest) / temperature
    }
    return sum / Double(max(1, labels.count))
  }
}
