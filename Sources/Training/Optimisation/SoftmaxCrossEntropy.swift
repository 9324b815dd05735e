import Foundation

/// Softmax followed by cross-entropy, with label smoothing, class weights and mixed labels.
///
/// The definition is PyTorch's `CrossEntropyLoss(weight, label_smoothing, reduction="mean")`. With
/// `q = (1 - smoothing) · target + smoothing / classes` and class weights `w`:
///
///     loss = Σn Σc w[c] · q[n, c] · (log Σk exp(logits[n, k]) - logits[n, c]) / D
///
/// where D is `Σn w[label n]` for plain labels (a weighted mean) and the number of clips for mixed
/// ones, as PyTorch does for class probabilities.
public struct SoftmaxCrossEntropy: Sendable {
  /// Logits of a clip.
  public let classes: Int
  /// The share of each target that is spread evenly over all classes.
  public let labelSmoothing: Double
  /// A factor for each class; all 1 when nothing else was asked for.
  public let classWeights: [Double]

  /// Labels of a batch mixed from pairs of clips: clip n is `share[n]` of class `labels[n]` and
  /// `1 - share[n]` of class `second[n]`.
  public struct Mixture: Sendable {
    /// The other class of each clip.
    public let second: [Int]
    /// How much the first class counts, from 0 to 1.
    public let share: [Float]

    /// Both as long as the batch.
    public init(second: [Int], share: [Float]) {
      self.second = second
      self.share = share
    }
  }

  /// - Parameter classWeights: one for each class; nil for 1 everywhere.
  public init(classes: Int, labelSmoothing: Double = 0, classWeights: [Double]? = nil) {
    precondition(classes > 0, "classes must be positive")
    precondition((0..<1).contains(labelSmoothing), "label smoothing must be in 0..<1")
    precondition(classWeights == nil || classWeights!.count == classes, "a weight for each class")
    self.classes = classes
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights ?? [Double](repeating: 1, count: classes)
  }

  /// The mean loss of a batch; writes its derivative by the logits.
  ///
  /// - Parameters:
  ///   - logits: `[N, classes]`, N the number of labels or more.
  ///   - labels: the class of each clip.
  ///   - mixture: second classes and shares for mixed clips; nil for plain labels.
  ///   - gradient: like `logits`, the first `[N, classes]` overwritten.
  public func callAsFunction(
    logits: Span<Float>, labels: [Int], mixture: Mixture? = nil,
    gradient: inout MutableSpan<Float>
  ) -> Double {
    gradient.withUnsafeMutableBufferPointer { gradient in
      logits.withUnsafeBufferPointer { logits in
        labels.withUnsafeBufferPointer { labels in
          self(logits: logits, labels: labels, mixture: mixture, gradient: gradient)
        }
      }
    }
  }

  /// The mean loss of a batch.
  ///
  /// - Parameters:
  ///   - logits: `[N, classes]`, N the number of labels or more.
  ///   - labels: the class of each clip.
  ///   - mixture: second classes and shares for mixed clips; nil for plain labels.
  public func callAsFunction(
    logits: Span<Float>, labels: [Int], mixture: Mixture? = nil
  ) -> Double {
    logits.withUnsafeBufferPointer { logits in
      labels.withUnsafeBufferPointer { labels in
        self(logits: logits, labels: labels, mixture: mixture, gradient: nil)
      }
    }
  }

  /// The mean loss of a batch; writes its derivative by the logits.
  ///
  /// - Parameters:
  ///   - logits: `[N, classes]`, N the number of labels.
  ///   - labels: the class of each clip.
  ///   - mixture: second classes and shares for mixed clips; nil for plain labels.
  ///   - gradient: `[N, classes]`, overwritten; nil when only the loss is wanted.
  package func callAsFunction(
    logits: UnsafeBufferPointer<Float>, labels: UnsafeBufferPointer<Int>,
    mixture: Mixture? = nil, gradient: UnsafeMutableBufferPointer<Float>?
  ) -> Double {
    let count = labels.count
    precondition(count > 0 && logits.count >= count * classes, "logits must be [N, classes]")
    precondition(gradient == nil || gradient!.count >= count * classes, "gradient like logits")
    let denominator: Double
    if mixture == nil {
      var sum = 0.0
      for label in labels { sum += classWeights[label] }
      denominator = sum
    } else {
      denominator = Double(count)
    }
    // A batch of classes that all weigh nothing teaches nothing.
    let scale = denominator > 0 ? 1 / denominator : 0

    var total = 0.0
    for sample in 0..<count {
      let row = sample * classes
      var largest = -Float.infinity
      for index in 0..<classes { largest = max(largest, logits[row + index]) }
      var sum = 0.0
      for index in 0..<classes { sum += exp(Double(logits[row + index] - largest)) }
      let logSum = log(sum)

      let first = labels[sample]
      let second = mixture?.second[sample] ?? first
      let share = mixture.map { Double($0.share[sample]) } ?? 1
      precondition(
        (0..<classes).contains(first) && (0..<classes).contains(second),
        "labels must be below \(classes)")
      // Σc w·q of this clip: what the softmax is multiplied by in the derivative.
      var mass = 0.0
      for index in 0..<classes {
        let weighted = target(index, first: first, second: second, share: share)
        mass += weighted
        total += weighted * (logSum - Double(logits[row + index] - largest)) * scale
      }
      guard let gradient else { continue }
      for index in 0..<classes {
        let probability = exp(Double(logits[row + index] - largest) - logSum)
        let weighted = target(index, first: first, second: second, share: share)
        gradient[row + index] = Float((mass * probability - weighted) * scale)
      }
    }
    return total
  }

  /// `w[c] · q[n, c]`.
  @inline(__always)
  private func target(_ index: Int, first: Int, second: Int, share: Double) -> Double {
    var wanted = labelSmoothing / Double(classes)
    if index == first { wanted += (1 - labelSmoothing) * share }
    if index == second { wanted += (1 - labelSmoothing) * (1 - share) }
    return wanted * classWeights[index]
  }
}

/// How much the classes of an uneven data set count.
public enum ClassWeighting: String, Codable, Sendable, CaseIterable {
  /// Every clip counts the same.
  case none
  /// Every class counts the same: weight `clips / (classes · clips of the class)`.
  case balanced

  /// A weight for each class from the number of training clips it has; the mean over clips is 1.
  /// A class without clips weighs nothing.
  public func weights(counts: [Int]) -> [Double] {
    switch self {
    case .none: return [Double](repeating: 1, count: counts.count)
    case .balanced:
      let present = counts.filter { $0 > 0 }.count
      let total = counts.reduce(0, +)
      return counts.map { $0 > 0 ? Double(total) / (Double(present) * Double($0)) : 0 }
    }
  }
}
