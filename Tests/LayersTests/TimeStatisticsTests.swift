import Layers
import Tensors
import TestSupport
import Testing

/// The statistics over time beside their definition, written out one number at a time.
@Suite struct TimeStatisticsTests {
  private static func forward(_ x: [Float], steps: Int, features: Int) -> [Float] {
    var output = [Float](repeating: .nan, count: 2 * features)
    TimeStatistics.forward(
      steps: steps, features: features, input: x, stride: features, output: &output)
    return output
  }

  @Test(arguments: [(1, 3), (2, 1), (5, 7), (16, 33)])
  func isWhatItsDefinitionSays(steps: Int, features: Int) {
    let x = randomValues(steps * features, seed: 1, scale: 3)
    var expected: [Float] = []
    for feature in 0..<features {
      let values = (0..<steps).map { Double(x[$0 * features + feature]) }
      expected.append(Float(values.reduce(0, +) / Double(steps)))
    }
    for feature in 0..<features {
      let values = (0..<steps).map { Double(x[$0 * features + feature]) }
      let changes = zip(values.dropFirst(), values).map { abs($0 - $1) }
      expected.append(Float(changes.reduce(0, +) / Double(max(1, changes.count))))
    }
    #expect(relativeError(Self.forward(x, steps: steps, features: features), expected) < 1e-6)
  }

  @Test(arguments: [(1, 2), (2, 3), (6, 5)])
  func gradientMatchesCentralDifferences(steps: Int, features: Int) {
    let x = randomValues(steps * features, seed: 2)
    let dy = randomValues(2 * features, seed: 3)
    var dx = [Float](repeating: .nan, count: x.count)
    TimeStatistics.backward(
      steps: steps, features: features, input: x, stride: features, outputGradient: dy,
      inputGradient: &dx)
    func loss(_ x: [Float]) -> Double {
      zip(Self.forward(x, steps: steps, features: features), dy)
        .reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let estimated = x.indices.map { index -> Float in
      var (less, more) = (x, x)
      less[index] -= 1e-3
      more[index] += 1e-3
      return Float((loss(more) - loss(less)) / 2e-3)
    }
    #expect(relativeError(dx, estimated) < 1e-3)
  }

  /// A clip's steps may lie apart, with those of other clips between them.
  @Test func stepsMayLieApart() {
    let dense = randomValues(12, seed: 4)
    var wide = [Float](repeating: 9, count: 40)
    for step in 0..<4 {
      wide.replaceSubrange(step * 10..<step * 10 + 3, with: dense[step * 3..<step * 3 + 3])
    }
    var output = [Float](repeating: .nan, count: 6)
    TimeStatistics.forward(steps: 4, features: 3, input: wide, stride: 10, output: &output)
    #expect(output == Self.forward(dense, steps: 4, features: 3))
  }
}
