import Foundation
import Tensors
import TestSupport
import Testing

@testable import Training

/// The regression beside what is known of its minimum.
@Suite struct LogisticRegressionTests {
  private static func problem(
    _ features: [[Double]], _ labels: [Int], classes: Int, importance: [Double]? = nil,
    threads: Int = 1
  ) -> LogisticRegression {
    LogisticRegression(
      products: features.flatMap { one in
        features.map { other in zip(one, other).reduce(0) { $0 + $1.0 * $1.1 } }
      }, labels: labels, classes: classes,
      importance: importance
        ?? [Double](repeating: 1 / Double(labels.count), count: labels.count),
      pool: WorkerPool(threads: threads))
  }

  /// `Xᵀ A`, `[classes][features]`.
  private static func weights(
    _ coefficients: [Double], _ features: [[Double]], classes: Int
  ) -> [[Double]] {
    (0..<classes).map { number in
      features[0].indices.map { feature in
        features.indices.reduce(0) {
          $0 + coefficients[$1 * classes + number] * features[$1][feature]
        }
      }
    }
  }

  /// Two clips at 1 and −1: by symmetry the weights are w and −w, and the cost `ln(1 + e^(−2w)) + λ w²`
  /// is least where `w · λ · (1 + e^(2w)) = 1`.
  @Test(arguments: [0.001, 0.1, 1, 20]) func twoClipsInClosedForm(strength: Double) {
    let features = [[1.0], [-1.0]]
    let found = Self.weights(
      Self.problem(features, [0, 1], classes: 2).fit(strength: strength), features, classes: 2)
    let w = found[0][0]
    #expect(abs(found[1][0] + w) < 1e-9 * abs(w))
    #expect(abs(w * strength * (1 + exp(2 * w)) - 1) < 1e-6)
  }

  /// More clips than features, fewer, and copies of one: the gradient by the weights vanishes.
  @Test(arguments: [(30, 4, 3), (12, 40, 4), (9, 1, 2)], [0.001, 0.3])
  func theGradientVanishes(sizes: (clips: Int, features: Int, classes: Int), strength: Double) {
    let (clips, width, classes) = sizes
    let values = randomValues(clips * width, seed: 5).map(Double.init)
    var features = (0..<clips).map { Array(values[$0 * width..<($0 + 1) * width]) }
    features[clips - 1] = features[0]
    let labels = (0..<clips).map { ($0 * 7 + $0 / 3) % classes }
    let importance = (0..<clips).map { Double($0 % 3 + 1) / Double(2 * clips) }
    let weights = Self.weights(
      Self.problem(features, labels, classes: classes, importance: importance)
        .fit(strength: strength), features, classes: classes)
    var gradient = weights.map { $0.map { strength * $0 } }
    for clip in 0..<clips {
      let scores = weights.map { zip($0, features[clip]).reduce(0) { $0 + $1.0 * $1.1 } }
      let sum = scores.reduce(0) { $0 + exp($1) }
      for number in 0..<classes {
        let error = exp(scores[number]) / sum - (labels[clip] == number ? 1 : 0)
        for feature in 0..<width {
          gradient[number][feature] += importance[clip] * error * features[clip][feature]
        }
      }
    }
    #expect(gradient.joined().allSatisfy { abs($0) < 1e-7 })
  }

  @Test func neitherThreadsNorTheStartMatter() {
    let values = randomValues(600, seed: 6).map(Double.init)
    let features = (0..<20).map { Array(values[$0 * 30..<($0 + 1) * 30]) }
    let labels = (0..<20).map { $0 % 3 }
    let one = Self.problem(features, labels, classes: 3).fit(strength: 0.01)
    #expect(
      Self.problem(features, labels, classes: 3, threads: 3).fit(strength: 0.01) == one)
    let problem = Self.problem(features, labels, classes: 3)
    let other = problem.fit(strength: 0.01, from: problem.fit(strength: 1))
    let far = TestSupport.relativeError(other.map(Float.init), one.map(Float.init))
    #expect(far < 1e-5)
  }

  /// A label that no feature tells is worth the classes' shares; weights even them out.
  @Test func aConstantFeatureLearnsTheShares() {
    let features = [[Double]](repeating: [100], count: 4)
    func shares(_ importance: [Double]) -> [Double] {
      let problem = Self.problem(features, [0, 0, 0, 1], classes: 2, importance: importance)
      let scores = problem.product(problem.fit(strength: 1e-6))
      let odds = exp(scores[0] - scores[1])
      return [odds / (1 + odds)]
    }
    #expect(abs(shares([0.25, 0.25, 0.25, 0.25])[0] - 0.75) < 1e-4)
    #expect(abs(shares([1 / 6, 1 / 6, 1 / 6, 0.5])[0] - 0.5) < 1e-4)
  }
}
