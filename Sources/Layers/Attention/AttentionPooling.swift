import Foundation

/// From time-major sequences `[T, N, F]` to vectors `[N, F]`: a mean whose weights the network
/// learns, so that steps which tell much count more.
///
/// `score[t] = w · x[t]`, `share = softmax(score)` over the steps, `y = Σ share[t] x[t]` (one query,
/// as in Bahdanau et al. 2015 without their hidden layer). A bias would change nothing: softmax does
/// not see it. With `w = 0` it is the mean over all steps.
package struct AttentionPooling: Sendable {
  package let features: Int

  package init(features: Int) { self.features = features }

  /// Multiplications and additions of one clip.
  package func flops(steps: Int) -> Int { 4 * steps * features }

  /// - Parameters:
  ///   - weight: `[F]`.
  ///   - shares: `[T, N]`, written; `backward` needs them.
  package func forward(
    steps: Int, batch: Int, input: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    shares: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    for sample in 0..<batch {
      var largest = -Float.infinity
      for step in 0..<steps {
        let score = dot(weight, input + (step * batch + sample) * features)
        shares[step * batch + sample] = score
        largest = max(largest, score)
      }
      var sum: Float = 0
      for step in 0..<steps {
        let part = expf(shares[step * batch + sample] - largest)
        shares[step * batch + sample] = part
        sum += part
      }
      let y = output + sample * features
      y.update(repeating: 0, count: features)
      for step in 0..<steps {
        let share = shares[step * batch + sample] / sum
        shares[step * batch + sample] = share
        let x = input + (step * batch + sample) * features
        for feature in 0..<features { y[feature] += share * x[feature] }
      }
    }
  }

  /// `dscore[t] = share[t] (dy · x[t] − Σ share[u] dy · x[u])`, which is
  /// `share[t] dy · (x[t] − y)`.
  ///
  /// - Parameters:
  ///   - weightGradient: `[F]`, overwritten.
  ///   - inputGradient: `[T, N, F]`, overwritten; nil where nobody needs it.
  package func backward(
    steps: Int, batch: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    weight: UnsafePointer<Float>, shares: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>?
  ) {
    weightGradient.update(repeating: 0, count: features)
    for sample in 0..<batch {
      let dy = outputGradient + sample * features
      let base = dot(dy, output + sample * features)
      for step in 0..<steps {
        let row = step * batch + sample
        let x = input + row * features
        let share = shares[row]
        let score = share * (dot(dy, x) - base)
        for feature in 0..<features { weightGradient[feature] += score * x[feature] }
        guard let dx = inputGradient.map({ $0 + row * features }) else { continue }
        for feature in 0..<features { dx[feature] = share * dy[feature] + score * weight[feature] }
      }
    }
  }

  private func dot(_ one: UnsafePointer<Float>, _ other: UnsafePointer<Float>) -> Float {
    var sum: Float = 0
    for feature in 0..<features { sum += one[feature] * other[feature] }
    return sum
  }
}
