internal import CKernels
import Tensors

/// Long short-term memory (Hochreiter and Schmidhuber 1997) over a sequence, gates in PyTorch's
/// order i, f, g, o, with PyTorch's two biases.
///
///     i, f, o = σ(W x + b + U h + b'), g = tanh(…), c = f ⊙ c + i ⊙ g, h = o ⊙ tanh(c)
///
/// Sequences are time-major, `[T, N, features]`: then the input's product is one GEMM for all
/// steps, and each recurrent product is one GEMM over the batch.
package struct LSTM: Sendable {
  package let inputs: Int
  package let hidden: Int
  /// What the factors of a deep input product are rounded to on the way forward.
  package let element: Element

  package init(inputs: Int, hidden: Int, element: Element = .fp32) {
    self.inputs = inputs
    self.hidden = hidden
    self.element = element
  }

  /// Parameters: `weight_ih` `[4H, I]`, `weight_hh` `[4H, H]`, `bias_ih`, `bias_hh` `[4H]`.
  package struct Parameters {
    package let weightIH: UnsafeMutablePointer<Float>
    package let weightHH: UnsafeMutablePointer<Float>
    package let biasIH: UnsafeMutablePointer<Float>
    package let biasHH: UnsafeMutablePointer<Float>

    package init(
      weightIH: UnsafeMutablePointer<Float>, weightHH: UnsafeMutablePointer<Float>,
      biasIH: UnsafeMutablePointer<Float>, biasHH: UnsafeMutablePointer<Float>
    ) {
      self.weightIH = weightIH
      self.weightHH = weightHH
      self.biasIH = biasIH
      self.biasHH = biasHH
    }
  }

  /// Multiplications and additions of one sample's step.
  package var flopsPerStep: Int { 8 * hidden * (inputs + hidden) }

  /// Whether the inputs are so many that their product is cut along them.
  private var isDeep: Bool { inputs >= 64 * hidden }

  /// Floats of scratch for `forward`.
  package func forwardScratch(steps: Int, batch: Int, workers: Int) -> Int {
    isDeep
      ? MatrixProduct.deepScratch(
        m: steps * batch, n: 4 * hidden, element: element, workers: workers) : 0
  }

  /// `input` `[T, N, I]` to `output` `[T, N, H]`; `gates` `[T, N, 4H]` and `cells` `[T, N, H]` are
  /// kept for the backward pass.
  package func forward(
    steps: Int, batch: Int, input: UnsafePointer<Float>, parameters: Parameters,
    gates: UnsafeMutablePointer<Float>, cells: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let width = 4 * hidden
    for row in 0..<steps * batch {
      for column in 0..<width {
        gates[row * width + column] = parameters.biasIH[column] + parameters.biasHH[column]
      }
    }
    if isDeep {
      MatrixProduct.addDeep(
        m: steps * batch, n: width, k: inputs, a: input, b: parameters.weightIH, c: gates,
        element: element, scratch: scratch, pool: pool)
    } else {
      MatrixProduct.multiply(
        m: steps * batch, n: width, k: inputs, a: input, lda: inputs, b: parameters.weightIH,
        ldb: inputs, transposeB: true, beta: 1, c: gates, ldc: width, pool: pool)
    }
    let kernel = InstructionSet.kernels.pointee.lstm_gates!
    for step in 0..<steps {
      let now = step * batch
      if step > 0 {
        MatrixProduct.multiply(
          m: batch, n: width, k: hidden, a: output + (now - batch) * hidden, lda: hidden,
          b: parameters.weightHH, ldb: hidden, transposeB: true, beta: 1, c: gates + now * width,
          ldc: width, pool: pool)
      }
      kernel(
        gates + now * width, width, step > 0 ? cells + (now - batch) * hidden : nil, hidden,
        cells + now * hidden, output + now * hidden, hidden, batch, hidden)
    }
  }

  /// Floats of scratch for `backward`.
  package func backwardScratch(batch: Int) -> Int { batch * hidden }

  /// Gradients of all parameters, and of the input `[T, N, I]` where one is wanted.
  ///
  /// `outputGradient` `[T, N, H]` and `gates` are overwritten.
  package func backward(
    steps: Int, batch: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    cells: UnsafePointer<Float>, parameters: Parameters, gates: UnsafeMutablePointer<Float>,
    outputGradient: UnsafeMutablePointer<Float>, gradients: Parameters,
    inputGradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>,
    pool: WorkerPool
  ) {
    let width = 4 * hidden
    let kernel = InstructionSet.kernels.pointee.lstm_gates_backward!
    scratch.update(repeating: 0, count: batch * hidden)
    for step in stride(from: steps - 1, through: 0, by: -1) {
      let now = step * batch
      if step < steps - 1 {
        MatrixProduct.multiply(
          m: batch, n: hidden, k: width, a: gates + (now + batch) * width, lda: width,
          b: parameters.weightHH, ldb: hidden, beta: 1, c: outputGradient + now * hidden,
          ldc: hidden, pool: pool)
      }
      kernel(
        gates + now * width, width, step > 0 ? cells + (now - batch) * hidden : nil,
        cells + now * hidden, hidden, outputGradient + now * hidden, hidden, scratch, batch, hidden)
    }
    let rows = steps * batch
    MatrixProduct.multiply(
      m: width, n: inputs, k: rows, a: gates, lda: width, transposeA: true, b: input, ldb: inputs,
      c: gradients.weightIH, ldc: inputs, pool: pool)
    if steps > 1 {
      MatrixProduct.multiply(
        m: width, n: hidden, k: rows - batch, a: gates + batch * width, lda: width,
        transposeA: true, b: output, ldb: hidden, c: gradients.weightHH, ldc: hidden, pool: pool)
    } else {
      gradients.weightHH.update(repeating: 0, count: width * hidden)
    }
    Dense.sumRows(gates, rows: rows, columns: width, into: gradients.biasIH)
    gradients.biasHH.update(from: gradients.biasIH, count: width)
    if let inputGradient {
      MatrixProduct.multiply(
        m: rows, n: inputs, k: width, a: gates, lda: width, b: parameters.weightIH, ldb: inputs,
        c: inputGradient, ldc: inputs, pool: pool)
    }
  }
}
