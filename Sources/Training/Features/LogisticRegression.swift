import Foundation
import Tensors

/// Multinomial logistic regression with an L2 penalty, over products of clips with each other instead
/// of their features: far fewer where features outnumber clips.
///
/// The weights that are best lie in the span of the clips, `W = Xᵀ A`, so that `A` is sought. With
/// `G = X Xᵀ` scores are `Z = G A`, and the minimum of
///
///     Σᵢ cᵢ · (−ln softmax(zᵢ)[labelᵢ]) + λ / 2 · tr(Aᵀ G A)
///
/// is the same as over `W`. It is strictly convex there: Newton's method, its systems solved by
/// conjugate gradients in the inner product `⟨U, V⟩ = tr(Uᵀ G V)`, comes to it from anywhere, in the
/// same steps every time.
struct LogisticRegression {
  /// Products of the clips' features, `[clips, clips]`.
  let products: [Double]
  /// The class of each clip.
  let labels: [Int]
  let classes: Int
  /// How much each clip counts; they sum to about 1.
  let importance: [Double]
  let pool: WorkerPool

  private var clips: Int { labels.count }
  private var count: Int { clips * classes }

  private static let mostSteps = 100

  /// The coefficients `A`, `[clips, classes]`.
  ///
  /// - Parameters:
  ///   - start: coefficients of a similar problem, nil for none.
  ///   - tolerance: length of the last gradient by the weights, of that at 0.
  func fit(
    strength: Double, from start: [Double]? = nil, tolerance: Double = 1e-8
  ) -> [Double] {
    var state = State(self, strength: strength, coefficients: start)
    let target = tolerance * State(self, strength: strength, coefficients: nil).slope
    for _ in 0..<Self.mostSteps where state.slope > target {
      let direction = solve(state, strength: strength)
      guard let next = state.moved(along: direction, in: self) else { break }
      state = next
    }
    return state.coefficients
  }

  /// `G · values`, of `[clips, classes]`.
  func product(_ values: [Double]) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { buffer, filled in
      MatrixProduct.multiply(
        m: clips, n: classes, k: clips, a: products, lda: clips, b: values, ldb: classes,
        c: buffer.baseAddress!, ldc: classes, pool: pool)
      filled = count
    }
  }

  /// Newton's direction: `(W G + λ) D = −gradient` by conjugate gradients, the better the nearer the
  /// minimum is.
  private func solve(_ state: State, strength: Double) -> Direction {
    var sought = [Double](repeating: 0, count: count)
    var soughtProduct = sought
    var rest = state.gradient.map { -$0 }
    var restProduct = state.gradientProduct.map { -$0 }
    var (way, wayProduct) = (rest, restProduct)
    var length = Self.dot(rest, restProduct)
    let goal = length * pow(min(0.1, state.slope.squareRoot()), 2)
    for _ in 0..<2 * count where length > goal {
      let bent = curved(wayProduct, plus: strength, way, at: state)
      let curvature = Self.dot(wayProduct, bent)
      guard curvature > 0 else { break }
      let step = length / curvature
      for index in 0..<count {
        sought[index] += step * way[index]
        soughtProduct[index] += step * wayProduct[index]
        rest[index] -= step * bent[index]
      }
      restProduct = product(rest)
      let next = Self.dot(rest, restProduct)
      let share = next / length
      length = next
      for index in 0..<count {
        way[index] = rest[index] + share * way[index]
        wayProduct[index] = restProduct[index] + share * wayProduct[index]
      }
    }
    return Direction(coefficients: sought, scores: soughtProduct)
  }

  /// The loss's second derivative by the scores along `scores`, and `strength` times `values`.
  private func curved(
    _ scores: [Double], plus strength: Double, _ values: [Double], at state: State
  ) -> [Double] {
    var result = [Double](repeating: 0, count: count)
    for clip in 0..<clips {
      let row = clip * classes
      var mean = 0.0
      for index in row..<row + classes { mean += state.shares[index] * scores[index] }
      for index in row..<row + classes {
        result[index] =
          importance[clip] * state.shares[index] * (scores[index] - mean)
          + strength * values[index]
      }
    }
    return result
  }

  static func dot(_ one: [Double], _ other: [Double]) -> Double {
    var sum = 0.0
    for index in one.indices { sum += one[index] * other[index] }
    return sum
  }
}

extension LogisticRegression {
  private struct Direction {
    let coefficients: [Double]
    /// `G` times them.
    let scores: [Double]
  }

  /// Coefficients, and what follows from them.
  private struct State {
    let strength: Double
    let coefficients: [Double]
    let scores: [Double]
    let shares: [Double]
    let cost: Double
    let gradient: [Double]
    let gradientProduct: [Double]
    /// Length of the gradient by the weights.
    let slope: Double

    init(_ problem: LogisticRegression, strength: Double, coefficients start: [Double]?) {
      let coefficients = start ?? [Double](repeating: 0, count: problem.count)
      self.init(
        problem, strength: strength, coefficients: coefficients,
        scores: start == nil ? coefficients : problem.product(coefficients))
    }

    private init(
      _ problem: LogisticRegression, strength: Double, coefficients: [Double], scores: [Double]
    ) {
      self.strength = strength
      self.coefficients = coefficients
      self.scores = scores
      let classes = problem.classes
      var shares = scores
      var gradient = coefficients
      var cost = strength / 2 * LogisticRegression.dot(coefficients, scores)
      for clip in problem.labels.indices {
        let row = clip * classes
        let (weight, label) = (problem.importance[clip], problem.labels[clip])
        let loss = Softmax.crossEntropy(&shares, row: row..<row + classes, label: label)
        cost += weight * loss
        for index in row..<row + classes {
          let target = index - row == label ? 1.0 : 0
          gradient[index] = strength * coefficients[index] + weight * (shares[index] - target)
        }
      }
      self.shares = shares
      self.cost = cost
      self.gradient = gradient
      gradientProduct = problem.product(gradient)
      slope = max(0, LogisticRegression.dot(gradient, gradientProduct)).squareRoot()
    }

    /// As far along a direction as makes the cost fall by a fair part of what its slope promises; nil
    /// where rounding leaves nothing to gain.
    func moved(along direction: Direction, in problem: LogisticRegression) -> State? {
      let promise = LogisticRegression.dot(gradientProduct, direction.coefficients)
      var length = 1.0
      while length > 1e-10 {
        let next = State(
          problem, strength: strength,
          coefficients: zip(coefficients, direction.coefficients).map { $0 + length * $1 },
          scores: zip(scores, direction.scores).map { $0 + length * $1 })
        if next.cost <= cost + 1e-4 * length * promise { return next }
        length /= 2
      }
      return nil
    }
  }
}

extension Softmax {
  /// Turns the scores of a row into probabilities.
  ///
  /// - Returns: `−ln` of the label's.
  fileprivate static func crossEntropy(
    _ scores: inout [Double], row: Range<Int>, label: Int
  ) -> Double {
    var largest = -Double.infinity
    for index in row { largest = max(largest, scores[index]) }
    let own = scores[row.lowerBound + label] - largest
    var sum = 0.0
    for index in row {
      scores[index] = exp(scores[index] - largest)
      sum += scores[index]
    }
    for index in row { scores[index] /= sum }
    return log(sum) - own
  }
}
