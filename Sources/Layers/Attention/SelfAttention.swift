import Foundation
import Tensors

/// Multi-head self-attention over time (Vaswani et al. 2017): `[T, C]` to `[T, C]`, parameters as
/// PyTorch's `MultiheadAttention`: `in_proj_weight` `[3C, C]`, `in_proj_bias`, `out_proj.weight`
/// `[C, C]`, `out_proj.bias`.
public struct SelfAttention: ExecutableLayer {
  public static let kind = "self_attention"
  /// Parts of the features that attend each for itself; they divide the features.
  public var heads: Int
  public var title: String { "Self-attention, \(heads) heads" }

  /// - Parameter heads: a number that divides the features.
  public init(heads: Int) { self.heads = heads }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    let (steps, features) = try inputs[0].sequence()
    try LayerError.require(heads, "heads", in: 1...1024)
    guard features % heads == 0, steps <= 1 << 14 else {
      throw LayerError("\(heads) heads do not divide \(features) features evenly")
    }
    return inputs[0]
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    let size = inputs[0].features
    // Xavier's uniform start, as PyTorch's.
    return [
      ParameterSpec(
        "in_proj_weight", [3 * size, size], .weight, .uniform((6 / Float(4 * size)).squareRoot())),
      ParameterSpec("in_proj_bias", [3 * size], .bias),
      ParameterSpec("out_proj.weight", [size, size], .weight, ParameterSpec.inverseRoot(size)),
      ParameterSpec("out_proj.bias", [size], .bias),
    ]
  }

  public func flops(of inputs: [ValueShape]) -> Int {
    let (steps, size) = (inputs[0].rows, inputs[0].features)
    return 8 * steps * size * size + 4 * steps * steps * size
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    SelfAttentionStage(name: place.name, heads: heads)
  }
}

extension Node {
  /// Multi-head self-attention over time.
  public static func selfAttention(name: String, heads: Int) -> Node {
    Node(SelfAttention(heads: heads), name: name)
  }
}

private struct SelfAttentionStage: Stage {
  let name: String
  let heads: Int

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    SelfAttentionOperation(self, site, plan: &plan)
  }
}

private struct SelfAttentionOperation: Operation {
  private let heads, steps, size: Int
  private let input, output: Site.Value
  private let weightIn, biasIn, weightOut, biasOut: Range<Int>
  /// Queries, keys and values `[T, N, 3C]`, and the gradients at them.
  private let projected: MemoryPlan.Slot
  private let projectedGradient: MemoryPlan.Slot?
  /// Shares of each step in each, `[N, heads, T, T]`.
  private let shares: MemoryPlan.Slot
  /// What the heads found, `[T, N, C]`, and the gradient there.
  private let mixed: MemoryPlan.Slot
  private let mixedGradient: MemoryPlan.Slot?

  init(_ stage: SelfAttentionStage, _ site: Site, plan: inout MemoryPlan) {
    heads = stage.heads
    steps = site.input.shape.rows
    size = site.input.shape.features
    input = site.input
    output = site.output
    weightIn = site.range(stage.name, "in_proj_weight")
    biasIn = site.range(stage.name, "in_proj_bias")
    weightOut = site.range(stage.name, "out_proj.weight")
    biasOut = site.range(stage.name, "out_proj.bias")
    let moments = site.moments
    let rows = steps * moments.batch
    projected = plan.floats(rows * 3 * size, from: moments.forward, to: moments.last)
    mixed = plan.floats(rows * size, from: moments.forward, to: moments.last)
    shares = plan.floats(
      moments.batch * heads * steps * steps, from: moments.forward, to: moments.last)
    projectedGradient = moments.backward.map { [size] in
      plan.floats(rows * 3 * size, from: $0, to: $0)
    }
    mixedGradient = moments.backward.map { [size] in plan.floats(rows * size, from: $0, to: $0) }
  }

  /// `y = x Wᵀ + b` of all rows.
  private func project(
    _ step: StepContext, _ x: UnsafePointer<Float>, _ weight: Range<Int>, _ bias: Range<Int>,
    to y: UnsafeMutablePointer<Float>, outputs: Int
  ) {
    Dense(inputs: size, outputs: outputs).forward(
      rows: steps * step.count, input: x, weight: step.parameter(weight),
      bias: step.parameter(bias), output: y, pool: step.pool)
  }

  func forward(_ step: StepContext) {
    let memory = step.memory
    let (p, m) = (memory.floats(projected), memory.floats(mixed))
    project(step, memory.floats(input.slot), weightIn, biasIn, to: p, outputs: 3 * size)
    let width = size / heads
    let scale = 1 / Float(width).squareRoot()
    let all = memory.floats(shares)
    step.pool.parallelFor(step.count * heads) { task in
      let (sample, head) = (task / heads, task % heads)
      let table = all + task * steps * steps
      let row = step.count * 3 * size
      let query = p + sample * 3 * size + head * width
      let (key, value) = (query + size, query + 2 * size)
      MatrixProduct.multiply(
        m: steps, n: steps, k: width, alpha: scale, a: query, lda: row, b: key, ldb: row,
        transposeB: true, c: table, ldc: steps)
      for time in 0..<steps { softmax(table + time * steps) }
      MatrixProduct.multiply(
        m: steps, n: width, k: steps, a: table, lda: steps, b: value, ldb: row,
        c: m + sample * size + head * width, ldc: step.count * size)
    }
    project(step, m, weightOut, biasOut, to: memory.floats(output.slot), outputs: size)
  }

  private func softmax(_ row: UnsafeMutablePointer<Float>) {
    var largest = -Float.infinity
    for index in 0..<steps { largest = max(largest, row[index]) }
    var sum: Float = 0
    for index in 0..<steps {
      row[index] = expf(row[index] - largest)
      sum += row[index]
    }
    for index in 0..<steps { row[index] /= sum }
  }

  func backward(_ step: StepContext) {
    guard let gradient = output.gradient, let projectedGradient, let mixedGradient else { return }
    let memory = step.memory
    let (p, m) = (memory.floats(projected), memory.floats(mixed))
    let (dp, dm) = (memory.floats(projectedGradient), memory.floats(mixedGradient))
    let rows = steps * step.count
    Dense(inputs: size, outputs: size).backward(
      rows: rows, input: m, weight: step.parameter(weightOut),
      outputGradient: memory.floats(gradient), weightGradient: step.gradient(weightOut),
      biasGradient: step.gradient(biasOut), inputGradient: dm, pool: step.pool)
    let width = size / heads
    let scale = 1 / Float(width).squareRoot()
    let all = memory.floats(shares)
    step.pool.parallelFor(step.count * heads) { task in
      let (sample, head) = (task / heads, task % heads)
      let table = all + task * steps * steps
      let row = step.count * 3 * size
      let offset = sample * 3 * size + head * width
      let found = dm + sample * size + head * width
      // Values: dV = Aᵀ dM.
      MatrixProduct.multiply(
        m: steps, n: width, k: steps, a: table, lda: steps, transposeA: true, b: found,
        ldb: step.count * size, c: dp + offset + 2 * size, ldc: row)
      for time in 0..<steps { backThroughShares(step, table, found, p + offset + 2 * size, time) }
      MatrixProduct.multiply(
        m: steps, n: width, k: steps, alpha: scale, a: table, lda: steps, b: p + offset + size,
        ldb: row, c: dp + offset, ldc: row)
      MatrixProduct.multiply(
        m: steps, n: width, k: steps, alpha: scale, a: table, lda: steps, transposeA: true,
        b: p + offset, ldb: row, c: dp + offset + size, ldc: row)
    }
    Dense(inputs: size, outputs: 3 * size).backward(
      rows: rows, input: memory.floats(input.slot), weight: step.parameter(weightIn),
      outputGradient: dp, weightGradient: step.gradient(weightIn),
      biasGradient: step.gradient(biasIn),
      inputGradient: input.gradient.map { memory.floats($0) }, pool: step.pool)
  }

  /// Replaces a row of shares by the gradient at its scores: `a (dM·v − Σ a dM·v)`.
  private func backThroughShares(
    _ step: StepContext, _ table: UnsafeMutablePointer<Float>, _ found: UnsafePointer<Float>,
    _ values: UnsafePointer<Float>, _ time: Int
  ) {
    let width = size / heads
    let row = table + time * steps
    let gradient = found + time * step.count * size
    func along(_ other: Int) -> Float {
      let value = values + other * step.count * 3 * size
      var sum: Float = 0
      for index in 0..<width { sum += gradient[index] * value[index] }
      return sum
    }
    var base: Float = 0
    for other in 0..<steps { base += row[other] * along(other) }
    for other in 0..<steps { row[other] *= along(other) - base }
  }
}
