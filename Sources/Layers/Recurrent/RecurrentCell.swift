import Foundation
import Tensors

/// One step of a recurrent unit, for one clip: what the loop over time leaves to each kind.
///
/// The loop has made the products: `fromInput = W x + b` for all steps, `fromHidden = U h + b'`, both
/// `[gates · H]`. What a cell saves on the way forward it finds again on the way back.
protocol RecurrentCell: Sendable {
  /// Blocks of `H` rows in the weights.
  var gates: Int { get }
  /// Values a unit that are kept for the way back.
  var saved: Int { get }
  /// Tensors besides weights and biases, under PyTorch's names where it has them.
  func extras(hidden: Int) -> [ParameterSpec]
  /// Whether the products have biases of their own, both of them as PyTorch's.
  var biases: RecurrentBiases { get }
  /// Starting values of the bias, a gate each.
  var biasStart: [Float] { get }

  func forward(_ step: CellStep)
  /// Replaces `fromInput` and `fromHidden` by the gradients at them.
  func backward(_ step: CellStep, _ gradients: CellGradients)
}

extension RecurrentCell {
  func extras(hidden: Int) -> [ParameterSpec] { [] }
  var biases: RecurrentBiases { .one }
}

enum RecurrentBiases {
  case none, one, two
}

/// What a cell reads and writes at one step, `[H]` each but where said.
struct CellStep {
  let hidden: Int
  /// `[gates · H]`
  let fromInput, fromHidden: UnsafeMutablePointer<Float>
  /// Zeros at the first step.
  let hiddenBefore, cellBefore: UnsafePointer<Float>
  let output, cell: UnsafeMutablePointer<Float>
  /// `[saved · H]`
  let saved: UnsafeMutablePointer<Float>
  let extras: [UnsafeMutablePointer<Float>]
}

struct CellGradients {
  /// At the output, complete.
  let output: UnsafePointer<Float>
  /// At the cell; replaced by the one for the step before.
  let cell: UnsafeMutablePointer<Float>
  /// What the output before gets besides the product's: written.
  let hiddenBefore: UnsafeMutablePointer<Float>
  /// Of the extra tensors: added to.
  let extras: [UnsafeMutablePointer<Float>]
}

@inline(__always)
func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }

/// Long short-term memory, gates i, f, g, o: see `LSTM`.
struct LSTMCell: RecurrentCell {
  var gates: Int { 4 }
  var saved: Int { 4 }
  var biases = RecurrentBiases.two
  var biasStart: [Float] { [0, 1, 0, 0] }

  func forward(_ step: CellStep) {
    let size = step.hidden
    for unit in 0..<size {
      func sum(_ gate: Int) -> Float {
        step.fromInput[gate * size + unit] + step.fromHidden[gate * size + unit]
      }
      let (i, f, g, o) = (sigmoid(sum(0)), sigmoid(sum(1)), tanhf(sum(2)), sigmoid(sum(3)))
      let cell = f * step.cellBefore[unit] + i * g
      step.cell[unit] = cell
      step.output[unit] = o * tanhf(cell)
      for (gate, value) in [i, f, g, o].enumerated() { step.saved[gate * size + unit] = value }
    }
  }

  func backward(_ step: CellStep, _ gradients: CellGradients) {
    let size = step.hidden
    for unit in 0..<size {
      let i = step.saved[unit]
      let f = step.saved[size + unit]
      let g = step.saved[2 * size + unit]
      let o = step.saved[3 * size + unit]
      let squashed = tanhf(step.cell[unit])
      let dh = gradients.output[unit]
      let dc = gradients.cell[unit] + dh * o * (1 - squashed * squashed)
      set(step, 0, unit, dc * g * i * (1 - i))
      set(step, 1, unit, dc * step.cellBefore[unit] * f * (1 - f))
      set(step, 2, unit, dc * i * (1 - g * g))
      set(step, 3, unit, dh * squashed * o * (1 - o))
      gradients.cell[unit] = dc * f
      gradients.hiddenBefore[unit] = 0
    }
  }

  @inline(__always)
  private func set(_ step: CellStep, _ gate: Int, _ unit: Int, _ value: Float) {
    step.fromInput[gate * step.hidden + unit] = value
    step.fromHidden[gate * step.hidden + unit] = value
  }
}

/// Gated recurrent unit (Cho et al. 2014) as PyTorch's, gates r, z, n:
///
///     r, z = σ(W x + b + U h + b'), n = tanh(W x + b + r ⊙ (U h + b')), h = (1 − z) ⊙ n + z ⊙ h
struct GRUCell: RecurrentCell {
  var gates: Int { 3 }
  var saved: Int { 3 }
  var biases: RecurrentBiases { .two }
  var biasStart: [Float] { [0, 0, 0] }

  func forward(_ step: CellStep) {
    let size = step.hidden
    let (x, h) = (step.fromInput, step.fromHidden)
    for unit in 0..<size {
      let r = sigmoid(x[unit] + h[unit])
      let z = sigmoid(x[size + unit] + h[size + unit])
      let n = tanhf(x[2 * size + unit] + r * h[2 * size + unit])
      step.output[unit] = (1 - z) * n + z * step.hiddenBefore[unit]
      for (gate, value) in [r, z, n].enumerated() { step.saved[gate * size + unit] = value }
    }
  }

  func backward(_ step: CellStep, _ gradients: CellGradients) {
    let size = step.hidden
    for unit in 0..<size {
      let r = step.saved[unit]
      let z = step.saved[size + unit]
      let n = step.saved[2 * size + unit]
      let dh = gradients.output[unit]
      let dn = dh * (1 - z) * (1 - n * n)
      let dr = dn * step.fromHidden[2 * size + unit] * r * (1 - r)
      let dz = dh * (step.hiddenBefore[unit] - n) * z * (1 - z)
      for (gate, value) in [dr, dz].enumerated() {
        step.fromInput[gate * size + unit] = value
        step.fromHidden[gate * size + unit] = value
      }
      step.fromInput[2 * size + unit] = dn
      step.fromHidden[2 * size + unit] = dn * r
      gradients.hiddenBefore[unit] = dh * z
    }
  }
}

/// LSTM whose gates see the cell (Gers and Schmidhuber 2000): i and f the one before, o the new one,
/// each unit its own.
struct PeepholeCell: RecurrentCell {
  var gates: Int { 4 }
  var saved: Int { 4 }
  var biasStart: [Float] { [0, 1, 0, 0] }

  func extras(hidden: Int) -> [ParameterSpec] {
    ["weight_ci", "weight_cf", "weight_co"].map {
      ParameterSpec($0, [hidden], .bias, ParameterSpec.inverseRoot(hidden))
    }
  }

  func forward(_ step: CellStep) {
    let size = step.hidden
    let (ci, cf, co) = (step.extras[0], step.extras[1], step.extras[2])
    for unit in 0..<size {
      func sum(_ gate: Int) -> Float {
        step.fromInput[gate * size + unit] + step.fromHidden[gate * size + unit]
      }
      let before = step.cellBefore[unit]
      let i = sigmoid(sum(0) + ci[unit] * before)
      let f = sigmoid(sum(1) + cf[unit] * before)
      let g = tanhf(sum(2))
      let cell = f * before + i * g
      let o = sigmoid(sum(3) + co[unit] * cell)
      step.cell[unit] = cell
      step.output[unit] = o * tanhf(cell)
      for (gate, value) in [i, f, g, o].enumerated() { step.saved[gate * size + unit] = value }
    }
  }

  func backward(_ step: CellStep, _ gradients: CellGradients) {
    let size = step.hidden
    let (ci, cf, co) = (step.extras[0], step.extras[1], step.extras[2])
    for unit in 0..<size {
      let i = step.saved[unit]
      let f = step.saved[size + unit]
      let g = step.saved[2 * size + unit]
      let o = step.saved[3 * size + unit]
      let (cell, before) = (step.cell[unit], step.cellBefore[unit])
      let squashed = tanhf(cell)
      let dh = gradients.output[unit]
      let output = dh * squashed * o * (1 - o)
      let dc =
        gradients.cell[unit] + dh * o * (1 - squashed * squashed) + output * co[unit]
      let input = dc * g * i * (1 - i)
      let forget = dc * before * f * (1 - f)
      for (gate, value) in [input, forget, dc * i * (1 - g * g), output].enumerated() {
        step.fromInput[gate * size + unit] = value
        step.fromHidden[gate * size + unit] = value
      }
      gradients.extras[0][unit] += input * before
      gradients.extras[1][unit] += forget * before
      gradients.extras[2][unit] += output * cell
      gradients.cell[unit] = dc * f + input * ci[unit] + forget * cf[unit]
      gradients.hiddenBefore[unit] = 0
    }
  }
}

/// LSTM with coupled input and forget gates (Greff et al. 2017), gates f, g, o: `i = 1 − f`.
struct CoupledCell: RecurrentCell {
  var gates: Int { 3 }
  var saved: Int { 3 }
  var biasStart: [Float] { [1, 0, 0] }

  func forward(_ step: CellStep) {
    let size = step.hidden
    for unit in 0..<size {
      func sum(_ gate: Int) -> Float {
        step.fromInput[gate * size + unit] + step.fromHidden[gate * size + unit]
      }
      let (f, g, o) = (sigmoid(sum(0)), tanhf(sum(1)), sigmoid(sum(2)))
      let cell = f * step.cellBefore[unit] + (1 - f) * g
      step.cell[unit] = cell
      step.output[unit] = o * tanhf(cell)
      for (gate, value) in [f, g, o].enumerated() { step.saved[gate * size + unit] = value }
    }
  }

  func backward(_ step: CellStep, _ gradients: CellGradients) {
    let size = step.hidden
    for unit in 0..<size {
      let f = step.saved[unit]
      let g = step.saved[size + unit]
      let o = step.saved[2 * size + unit]
      let squashed = tanhf(step.cell[unit])
      let dh = gradients.output[unit]
      let dc = gradients.cell[unit] + dh * o * (1 - squashed * squashed)
      let parts = [
        dc * (step.cellBefore[unit] - g) * f * (1 - f), dc * (1 - f) * (1 - g * g),
        dh * squashed * o * (1 - o),
      ]
      for (gate, value) in parts.enumerated() {
        step.fromInput[gate * size + unit] = value
        step.fromHidden[gate * size + unit] = value
      }
      gradients.cell[unit] = dc * f
      gradients.hiddenBefore[unit] = 0
    }
  }
}
