import Tensors

/// A fully connected layer, `y = x Wᵀ + b`, weights `[outputs, inputs]` as PyTorch's `Linear`.
package struct Dense: Sendable {
  package let inputs: Int
  package let outputs: Int

  package init(inputs: Int, outputs: Int) {
    self.inputs = inputs
    self.outputs = outputs
  }

  /// `[rows, inputs]` to `[rows, outputs]`.
  package func forward(
    rows: Int, input: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    for row in 0..<rows { (output + row * outputs).update(from: bias, count: outputs) }
    MatrixProduct.multiply(
      m: rows, n: outputs, k: inputs, a: input, lda: inputs, b: weight, ldb: inputs,
      transposeB: true, beta: 1, c: output, ldc: outputs, pool: pool)
  }

  package func backward(
    rows: Int, input: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, weightGradient: UnsafeMutablePointer<Float>,
    biasGradient: UnsafeMutablePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
    pool: WorkerPool
  ) {
    MatrixProduct.multiply(
      m: outputs, n: inputs, k: rows, a: outputGradient, lda: outputs, transposeA: true, b: input,
      ldb: inputs, c: weightGradient, ldc: inputs, pool: pool)
    Dense.sumRows(outputGradient, rows: rows, columns: outputs, into: biasGradient)
    if let inputGradient {
      MatrixProduct.multiply(
        m: rows, n: inputs, k: outputs, a: outputGradient, lda: outputs, b: weight, ldb: inputs,
        c: inputGradient, ldc: inputs, pool: pool)
    }
  }

  /// `sum[c] = Σ values[r, c]`, in the order of the rows.
  static func sumRows(
    _ values: UnsafePointer<Float>, rows: Int, columns: Int, into sum: UnsafeMutablePointer<Float>
  ) {
    sum.update(repeating: 0, count: columns)
    for row in 0..<rows { VectorMath.add(values + row * columns, to: sum, count: columns) }
  }
}
