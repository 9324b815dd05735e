import Tensors
import Testing

@testable import Training

@Suite struct SoftmaxCrossEntropyTests {
  private func evaluate(
    _ loss: SoftmaxCrossEntropy, logits: [Float], labels: [Int], second: [Int]? = nil,
    share: [Float]? = nil
  ) -> (loss: Double, gradient: [Float]) {
    var gradient = [Float](repeating: .nan, count: logits.count)
    var mixture: SoftmaxCrossEntropy.Mixture?
    if let second, let share { mixture = .init(second: second, share: share) }
    var slopes = gradient.mutableSpan
    let value = loss(logits: logits.span, labels: labels, mixture: mixture, gradient: &slopes)
    return (value, gradient)
  }

  @Test(arguments: Goldens.all.losses) func equalsPyTorch(_ golden: Goldens.Loss) {
    let loss = SoftmaxCrossEntropy(
      classes: golden.classes, labelSmoothing: golden.smoothing, classWeights: golden.weights)
    let found = evaluate(
      loss, logits: golden.logits, labels: golden.labels, second: golden.second,
      share: golden.share)
    #expect(abs(found.loss - golden.loss) <= 1e-6 * abs(golden.loss))
    #expect(relativeError(found.gradient, golden.gradient) <= 2e-6)
  }

  @Test(arguments: [false, true]) func gradientIsTheSlope(mixed: Bool) {
    let classes = 5
    var random = RandomStream(seed: 3, purpose: .test)
    var logits = (0..<4 * classes).map { _ in random.uniform(-2, 2) }
    let labels = [0, 4, 2, 2]
    let second = [1, 4, 0, 3]
    let share: [Float] = [0.3, 0.8, 0.5, 1]
    let loss = SoftmaxCrossEntropy(
      classes: classes, labelSmoothing: 0.15, classWeights: [0.5, 1, 2, 0.25, 3])
    func value() -> (loss: Double, gradient: [Float]) {
      evaluate(
        loss, logits: logits, labels: labels, second: mixed ? second : nil,
        share: mixed ? share : nil)
    }
    let gradient = value().gradient
    for index in logits.indices {
      let kept = logits[index]
      logits[index] = kept + 0x1p-10
      let above = value().loss
      logits[index] = kept - 0x1p-10
      let below = value().loss
      logits[index] = kept
      #expect(abs((above - below) / 0x1p-9 - Double(gradient[index])) < 1e-5)
    }
  }

  @Test func hugeLogitsStayFinite() {
    let loss = SoftmaxCrossEntropy(classes: 3, labelSmoothing: 0.1)
    let found = evaluate(loss, logits: [3e30, -3e30, 0, 1e4, 1e4, -1e4], labels: [0, 1])
    #expect(found.loss.isFinite)
    #expect(found.gradient.allSatisfy { $0.isFinite })
  }

  @Test func balancedWeightsGiveEveryClassTheSameTotal() {
    let counts = [10, 0, 40, 2]
    let weights = ClassWeighting.balanced.weights(counts: counts)
    let totals = zip(weights, counts).map { $0 * Double($1) }
    #expect(weights[1] == 0)
    #expect(abs(totals[0] - totals[2]) < 1e-9 && abs(totals[0] - totals[3]) < 1e-9)
    #expect(abs(totals.reduce(0, +) - 52) < 1e-9)
    #expect(ClassWeighting.none.weights(counts: counts) == [1, 1, 1, 1])
  }
}
