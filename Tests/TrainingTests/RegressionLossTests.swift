import Tensors
import TestSupport
import Testing
import Training

@Suite struct RegressionLossTests {
  private func evaluate(
    _ loss: RegressionLoss, outputs: [Float], targets: [Float]
  ) -> (loss: Double, gradient: [Float]) {
    var gradient = [Float](repeating: .nan, count: targets.count)
    let value = gradient.withUnsafeMutableBufferPointer { gradient in
      outputs.withUnsafeBufferPointer { outputs in
        targets.withUnsafeBufferPointer { targets in
          loss(outputs: outputs, targets: targets, gradient: gradient)
        }
      }
    }
    return (value, gradient)
  }

  @Test func equalsTheClosedForms() {
    // Differences 1, -2, 0, 3: squares sum to 14, sizes to 6.
    let outputs: [Float] = [2, -1, 0.5, 3]
    let targets: [Float] = [1, 1, 0.5, 0]
    let squared = evaluate(.mse, outputs: outputs, targets: targets)
    #expect(squared.loss == 3.5)
    #expect(squared.gradient == [0.5, -1, 0, 1.5])
    let absolute = evaluate(.mae, outputs: outputs, targets: targets)
    #expect(absolute.loss == 1.5)
    #expect(absolute.gradient == [0.25, -0.25, 0, 0.25])
  }

  @Test(arguments: RegressionLoss.allCases) func gradientIsTheSlope(loss: RegressionLoss) {
    var outputs = randomValues(12, seed: 5)
    // None so near its target that a difference would step over the kink of the absolute value.
    let targets = zip(outputs, randomValues(12, seed: 6)).map {
      $0 + ($1 < 0 ? $1 - 0.1 : $1 + 0.1)
    }
    let gradient = evaluate(loss, outputs: outputs, targets: targets).gradient
    for index in outputs.indices {
      let kept = outputs[index]
      outputs[index] = kept + 0x1p-8
      let above = evaluate(loss, outputs: outputs, targets: targets).loss
      let high = outputs[index]
      outputs[index] = kept - 0x1p-8
      let below = evaluate(loss, outputs: outputs, targets: targets).loss
      let slope = (above - below) / Double(high - outputs[index])
      outputs[index] = kept
      #expect(abs(slope - Double(gradient[index])) < 1e-6)
    }
  }

  @Test(arguments: RegressionLoss.allCases) func meanIsOverTheTargets(loss: RegressionLoss) {
    // A batch that is not full: outputs of earlier batches stand behind it.
    let short = evaluate(loss, outputs: [3, 1, 1e30], targets: [1, 1])
    #expect(short.loss == (loss == .mse ? 2 : 1))
    #expect(short.gradient == (loss == .mse ? [2, 0] : [0.5, 0]))
  }

  @Test(arguments: RegressionLoss.allCases) func notANumberShows(loss: RegressionLoss) {
    let found = evaluate(loss, outputs: [.nan, 1], targets: [0, 0])
    #expect(found.loss.isNaN && found.gradient[0].isNaN)
    #expect(found.gradient[1].isFinite)
  }
}
