import Tensors

/// Mean and variance of each feature over the clips that a head learns from: what its batch
/// normalisation takes them apart by.
struct FeatureScale {
  let mean: [Float]
  let variance: [Float]
  /// As the normalisation divides: `1 / √(variance + epsilon)`.
  private let factors: [Double]

  /// - Parameter epsilon: of the normalisation.
  init(_ rows: [[Float]], epsilon: Float) {
    precondition(!rows.isEmpty, "a scale needs a clip")
    let width = rows[0].count
    let share = 1 / Double(rows.count)
    var sums = [Double](repeating: 0, count: width)
    for row in rows { for index in 0..<width { sums[index] += Double(row[index]) } }
    let mean = sums.map { Float($0 * share) }
    var squares = [Double](repeating: 0, count: width)
    for row in rows {
      for index in 0..<width {
        let distance = Double(row[index]) - Double(mean[index])
        squares[index] += distance * distance
      }
    }
    variance = squares.map { Float($0 * share) }
    self.mean = mean
    factors = variance.map { 1 / (Double($0) + Double(epsilon)).squareRoot() }
  }

  var count: Int { mean.count }

  /// Features of a block of columns, brought to the scale: `[rows, columns]`.
  private func scaled(_ rows: [[Float]], _ columns: Range<Int>) -> [Double] {
    var values: [Double] = []
    values.reserveCapacity(rows.count * columns.count)
    for row in rows {
      for index in columns {
        values.append((Double(row[index]) - Double(mean[index])) * factors[index])
      }
    }
    return values
  }

  private var blocks: [Range<Int>] {
    stride(from: 0, to: count, by: 512).map { $0..<min($0 + 512, count) }
  }

  /// Products of the rows with each other, divided by the number of features, `[rows, rows]`.
  func products(_ rows: [[Float]], pool: WorkerPool) -> [Double] {
    var products = [Double](repeating: 0, count: rows.count * rows.count)
    for block in blocks {
      let values = scaled(rows, block)
      products.withUnsafeMutableBufferPointer { products in
        MatrixProduct.multiply(
          m: rows.count, n: rows.count, k: block.count, a: values, lda: block.count, b: values,
          ldb: block.count, transposeB: true, beta: 1, c: products.baseAddress!, ldc: rows.count,
          pool: pool)
      }
    }
    let share = 1 / Double(count)
    for index in products.indices { products[index] *= share }
    return products
  }

  /// The weights of the scaled features that come of coefficients of the rows, `[classes, features]`:
  /// the scores are as with `products`.
  func weights(
    _ rows: [[Float]], coefficients: [Double], classes: Int, pool: WorkerPool
  ) -> [Float] {
    var weights = [Float](repeating: 0, count: classes * count)
    let share = 1 / Double(count)
    for block in blocks {
      let values = scaled(rows, block)
      var part = [Double](repeating: 0, count: classes * block.count)
      MatrixProduct.multiply(
        m: classes, n: block.count, k: rows.count, a: coefficients, lda: classes,
        transposeA: true, b: values, ldb: block.count, c: &part, ldc: block.count, pool: pool)
      for index in 0..<classes {
        for (offset, column) in block.enumerated() {
          weights[index * count + column] = Float(part[index * block.count + offset] * share)
        }
      }
    }
    return weights
  }

  /// The scores of a row by such weights, in double precision.
  func scores(_ row: [Float], weights: [Float], bias: [Float]) -> [Float] {
    var scaled = [Double](repeating: 0, count: count)
    for index in 0..<count {
      scaled[index] = (Double(row[index]) - Double(mean[index])) * factors[index]
    }
    return bias.indices.map { number in
      var sum = Double(bias[number])
      let first = number * count
      for index in 0..<count { sum += scaled[index] * Double(weights[first + index]) }
      return Float(sum)
    }
  }
}
