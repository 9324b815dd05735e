internal import CKernels
import Tensors

/// One step of a recurrent unit over a batch: what the loop over time leaves to each kind.
///
/// The loop has made the products: `fromInput = W x + b` for all steps, `fromHidden = U h + b'`, both
/// `[N, gates · H]`. What a cell saves on the way forward it finds again on the way back. The
/// arithmetic is CKernels' (`cells.inc`); a cell names its passes there.
protocol RecurrentCell: Sendable {
  /// Blocks of `H` rows in the weights.
  var gates: Int { get }
  /// Whether the last block of the recurrent weights reads `f ⊙ h` instead of `h`: the cell then
  /// makes that first, at the start of each row of what it saves.
  var gatesHidden: Bool { get }
  /// Values of a clip's step that are kept for the way back.
  func saved(hidden: Int) -> Int
  /// Tensors besides weights and biases, under PyTorch's names where it has them.
  func extras(hidden: Int) -> [ParameterSpec]
  /// Whether the products have biases of their own, both of them as PyTorch's.
  var biases: RecurrentBiases { get }
  /// Starting values of the bias, a gate each.
  var biasStart: [Float] { get }
  var passes: CellPasses { get }
}

extension RecurrentCell {
  var gatesHidden: Bool { false }
  func saved(hidden: Int) -> Int { gates * hidden }
  func extras(hidden: Int) -> [ParameterSpec] { [] }
  var biases: RecurrentBiases { .one }
}

enum RecurrentBiases {
  case none, one, two
}

/// The passes of a cell, forward and back; with `gatesHidden` also those around the second product.
struct CellPasses {
  let forward, backward: vc_cell_pass
  var gate: vc_cell_pass?
  var gateBackward: vc_cell_pass?
}

extension vc_cell_pass {
  func callAsFunction(_ step: inout vc_cell_step) {
    InstructionSet.kernels.pointee.cell_step(self, &step)
  }
}

extension vc_cell_step {
  /// Hands over the extra tensors, and the gradients at them.
  mutating func setExtras(
    _ ranges: [Range<Int>], _ context: StepContext, gradients: Bool
  ) {
    precondition(ranges.count <= vc_cell_extras)
    withUnsafeMutableBytes(of: &extras) { bytes in
      let places = bytes.bindMemory(to: UnsafePointer<Float>?.self)
      for (index, range) in ranges.enumerated() {
        places[index] = UnsafePointer(context.parameter(range))
      }
    }
    guard gradients else { return }
    withUnsafeMutableBytes(of: &extra_gradients) { bytes in
      let places = bytes.bindMemory(to: UnsafeMutablePointer<Float>?.self)
      for (index, range) in ranges.enumerated() { places[index] = context.gradient(range) }
    }
  }
}

/// Long short-term memory, gates i, f, g, o: see `LSTM`.
struct LSTMCell: RecurrentCell {
  var gates: Int { 4 }
  var biases: RecurrentBiases { .two }
  var biasStart: [Float] { [0, 1, 0, 0] }
  var passes: CellPasses { CellPasses(forward: vc_lstm_forward, backward: vc_lstm_backward) }
}

/// Gated recurrent unit (Cho et al. 2014) as PyTorch's, gates r, z, n:
///
///     r, z = σ(W x + b + U h + b'), n = tanh(W x + b + r ⊙ (U h + b')), h = (1 − z) ⊙ n + z ⊙ h
struct GRUCell: RecurrentCell {
  var gates: Int { 3 }
  var biases: RecurrentBiases { .two }
  var biasStart: [Float] { [0, 0, 0] }
  var passes: CellPasses { CellPasses(forward: vc_gru_forward, backward: vc_gru_backward) }
}

/// LSTM whose gates see the cell (Gers and Schmidhuber 2000), each unit its own, gates i, f, g, o:
///
///     i, f = σ(W x + b + U h + p ⊙ c), g = tanh(W x + b + U h), c' = f ⊙ c + i ⊙ g,
///     o = σ(W x + b + U h + p ⊙ c'), h' = o ⊙ tanh(c')
struct PeepholeCell: RecurrentCell {
  var gates: Int { 4 }
  var biasStart: [Float] { [0, 1, 0, 0] }
  var passes: CellPasses {
    CellPasses(forward: vc_peephole_forward, backward: vc_peephole_backward)
  }

  func extras(hidden: Int) -> [ParameterSpec] {
    ["weight_ci", "weight_cf", "weight_co"].map {
      ParameterSpec($0, [hidden], .bias, ParameterSpec.inverseRoot(hidden))
    }
  }
}

/// LSTM with coupled input and forget gates (Greff et al. 2017), gates f, g, o:
///
///     f, o = σ(W x + b + U h), g = tanh(W x + b + U h), c' = f ⊙ c + (1 − f) ⊙ g, h' = o ⊙ tanh(c')
struct CoupledCell: RecurrentCell {
  var gates: Int { 3 }
  var biasStart: [Float] { [1, 0, 0] }
  var passes: CellPasses {
    CellPasses(forward: vc_coupled_forward, backward: vc_coupled_backward)
  }
}

/// Layer-normalised LSTM (Ba et al. 2016), gates i, f, g, o:
///
///     i, f, o = σ(LN(W x) + LN(U h)), g = tanh(LN(W x) + LN(U h)),
///     c' = f ⊙ c + i ⊙ g, h' = o ⊙ tanh(LN(c'))
///
/// each normalisation with scale and shift of its own, those of `W x` and `U h` over all four gates
/// together.
struct LayerNormCell: RecurrentCell {
  var gates: Int { 4 }
  var biases: RecurrentBiases { .none }
  var biasStart: [Float] { [] }
  var passes: CellPasses {
    CellPasses(forward: vc_normalised_forward, backward: vc_normalised_backward)
  }

  /// The gates, the three normalised values, and an inverse deviation of each.
  func saved(hidden: Int) -> Int { (4 + 4 + 4 + 1) * hidden + 3 }

  func extras(hidden: Int) -> [ParameterSpec] {
    var specs: [ParameterSpec] = []
    for (name, blocks) in [("ln_ih", 4), ("ln_hh", 4), ("ln_cell", 1)] {
      // The forget gate starts open.
      let bias: ParameterSpec.Start = name == "ln_ih" ? .parts([0, 1, 0, 0]) : .constant(0)
      specs.append(
        ParameterSpec("\(name).weight", [blocks * hidden], .normalization, .constant(1)))
      specs.append(ParameterSpec("\(name).bias", [blocks * hidden], .normalization, bias))
    }
    return specs
  }
}

/// Minimal gated unit (Zhou et al. 2016), gates f, g: one gate for what is forgotten and what is
/// taken.
///
///     f = σ(W x + b + U h), g = tanh(W x + b + U (f ⊙ h)), h' = (1 − f) ⊙ h + f ⊙ g
struct MinimalGatedCell: RecurrentCell {
  var gates: Int { 2 }
  var gatesHidden: Bool { true }
  var biasStart: [Float] { [0, 0] }
  var passes: CellPasses {
    CellPasses(
      forward: vc_minimal_forward, backward: vc_minimal_backward, gate: vc_minimal_gate,
      gateBackward: vc_minimal_gate_backward)
  }

  /// `f ⊙ h`, f, g.
  func saved(hidden: Int) -> Int { 3 * hidden }
}
