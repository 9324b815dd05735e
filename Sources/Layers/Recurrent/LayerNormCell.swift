import Foundation
import Tensors

/// Layer-normalised LSTM (Ba et al. 2016), gates i, f, g, o:
///
///     i, f, o = σ(LN(W x) + LN(U h)), g = tanh(…), c = f ⊙ c + i ⊙ g, h = o ⊙ tanh(LN(c))
///
/// each normalisation with scale and shift of its own.
struct LayerNormCell: RecurrentCell {
  private static let epsilon: Float = 1e-5

  var gates: Int { 4 }
  /// The four gates, the three normalised values (4, 4 and 1 of them), and the inverse deviations in
  /// a last one.
  var saved: Int { 4 + 4 + 4 + 1 + 1 }
  var biases: RecurrentBiases { .none }
  var biasStart: [Float] { [] }

  func extras(hidden: Int) -> [ParameterSpec] {
    [("ln_ih", 4), ("ln_hh", 4), ("ln_cell", 1)].flatMap { name, blocks in
      [
        ParameterSpec("\(name).weight", [blocks * hidden], .normalization, .constant(1)),
        // The forget gate starts open.
        ParameterSpec(
          "\(name).bias", [blocks * hidden], .normalization,
          name == "ln_ih" ? .parts([0, 1, 0, 0]) : .constant(0)),
      ]
    }
  }

  /// Writes the normalised values; returns the inverse deviation.
  private func normalise(
    _ values: UnsafePointer<Float>, into normalised: UnsafeMutablePointer<Float>, count: Int
  ) -> Float {
    var mean: Float = 0
    for index in 0..<count { mean += values[index] }
    mean /= Float(count)
    var squares: Float = 0
    for index in 0..<count { squares += (values[index] - mean) * (values[index] - mean) }
    let inverse = 1 / (squares / Float(count) + LayerNormCell.epsilon).squareRoot()
    for index in 0..<count { normalised[index] = (values[index] - mean) * inverse }
    return inverse
  }

  func forward(_ step: CellStep) {
    let size = step.hidden
    let x = step.saved + 4 * size
    let h = step.saved + 8 * size
    let c = step.saved + 12 * size
    let inverses = step.saved + 13 * size
    // With fewer than three units there is no room for three numbers; they are made again then.
    let inverseX = normalise(step.fromInput, into: x, count: 4 * size)
    let inverseH = normalise(step.fromHidden, into: h, count: 4 * size)
    for unit in 0..<size {
      func sum(_ gate: Int) -> Float {
        let at = gate * size + unit
        return step.extras[0][at] * x[at] + step.extras[1][at] + step.extras[2][at] * h[at]
          + step.extras[3][at]
      }
      let (i, f, g, o) = (sigmoid(sum(0)), sigmoid(sum(1)), tanhf(sum(2)), sigmoid(sum(3)))
      step.cell[unit] = f * step.cellBefore[unit] + i * g
      for (gate, value) in [i, f, g, o].enumerated() { step.saved[gate * size + unit] = value }
    }
    let inverseC = normalise(step.cell, into: c, count: size)
    for unit in 0..<size {
      step.output[unit] =
        step.saved[3 * size + unit]
        * tanhf(step.extras[4][unit] * c[unit] + step.extras[5][unit])
    }
    for (place, value) in [inverseX, inverseH, inverseC].enumerated() where place < size {
      inverses[place] = value
    }
  }

  func backward(_ step: CellStep, _ gradients: CellGradients) {
    let size = step.hidden
    let x = step.saved + 4 * size
    let h = step.saved + 8 * size
    let c = step.saved + 12 * size
    let inverses = step.saved + 13 * size
    // dc through the normalised cell: kept where the gradient before will stand.
    let work = gradients.hiddenBefore
    for unit in 0..<size {
      let squashed = tanhf(step.extras[4][unit] * c[unit] + step.extras[5][unit])
      let o = step.saved[3 * size + unit]
      let dh = gradients.output[unit]
      let inner = dh * o * (1 - squashed * squashed)
      gradients.extras[4][unit] += inner * c[unit]
      gradients.extras[5][unit] += inner
      work[unit] = inner * step.extras[4][unit]
      // Of the gates so far only o.
      step.fromInput[3 * size + unit] = dh * squashed * o * (1 - o)
    }
    unnormalise(work, normalised: c, inverse: inverses[2 < size ? 2 : 0], count: size)
    for unit in 0..<size {
      let i = step.saved[unit]
      let f = step.saved[size + unit]
      let g = step.saved[2 * size + unit]
      let dc = gradients.cell[unit] + work[unit]
      step.fromInput[unit] = dc * g * i * (1 - i)
      step.fromInput[size + unit] = dc * step.cellBefore[unit] * f * (1 - f)
      step.fromInput[2 * size + unit] = dc * i * (1 - g * g)
      gradients.cell[unit] = dc * f
    }
    for at in 0..<4 * size {
      let gradient = step.fromInput[at]
      gradients.extras[0][at] += gradient * x[at]
      gradients.extras[1][at] += gradient
      gradients.extras[2][at] += gradient * h[at]
      gradients.extras[3][at] += gradient
      step.fromInput[at] = gradient * step.extras[0][at]
      step.fromHidden[at] = gradient * step.extras[2][at]
    }
    unnormalise(step.fromInput, normalised: x, inverse: inverses[0], count: 4 * size)
    unnormalise(
      step.fromHidden, normalised: h, inverse: inverses[1 < size ? 1 : 0], count: 4 * size)
    gradients.hiddenBefore.update(repeating: 0, count: size)
  }

  /// From the gradient at normalised values to the one at the values.
  private func unnormalise(
    _ gradient: UnsafeMutablePointer<Float>, normalised: UnsafePointer<Float>, inverse: Float,
    count: Int
  ) {
    var (sum, along): (Float, Float) = (0, 0)
    for index in 0..<count {
      sum += gradient[index]
      along += gradient[index] * normalised[index]
    }
    for index in 0..<count {
      gradient[index] =
        inverse
        * (gradient[index] - sum / Float(count) - normalised[index] * along / Float(count))
    }
  }
}
