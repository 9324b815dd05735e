import Tensors

/// One direction of one layer of a recurrent network over time: the products, and the loop that
/// hands each step to a cell.
struct RecurrentPass {
  let cell: any RecurrentCell
  let inputs, hidden, steps: Int
  /// From the last step to the first.
  let isReversed: Bool
  private let weightIH, weightHH: Range<Int>
  private let biasIH, biasHH: Range<Int>?
  private let extras: [Range<Int>]
  private let batch: Int

  // `[T, N, …]` in the order of time.
  /// `W x + b` of all steps, and on the way back the gradient at it.
  private let fromInput: MemoryPlan.Slot
  private let fromHidden: MemoryPlan.Slot
  /// Outputs and cells, each with a step of zeros before the first.
  private let outputs, cells: MemoryPlan.Slot
  private let saved: MemoryPlan.Slot
  private let backward: (output: MemoryPlan.Slot, cell: MemoryPlan.Slot, before: MemoryPlan.Slot)?

  /// - Parameters:
  ///   - suffix: behind PyTorch's names, such as `_l0_reverse`; nil for kinds that PyTorch lacks.
  init(
    cell: any RecurrentCell, inputs: Int, hidden: Int, steps: Int, isReversed: Bool = false,
    layer: String, suffix: String?, _ site: Site, plan: inout MemoryPlan
  ) {
    self.cell = cell
    self.inputs = inputs
    self.hidden = hidden
    self.steps = steps
    self.isReversed = isReversed
    let suffix = suffix ?? ""
    weightIH = site.range(layer, "weight_ih\(suffix)")
    weightHH = site.range(layer, "weight_hh\(suffix)")
    switch cell.biases {
    case .none: (biasIH, biasHH) = (nil, nil)
    case .one: (biasIH, biasHH) = (site.range(layer, "bias"), nil)
    case .two:
      (biasIH, biasHH) = (
        site.range(layer, "bias_ih\(suffix)"), site.range(layer, "bias_hh\(suffix)")
      )
    }
    extras = cell.extras(hidden: hidden).map { site.range(layer, $0.name) }
    let moments = site.moments
    batch = moments.batch
    let rows = steps * batch
    func floats(_ count: Int) -> MemoryPlan.Slot {
      plan.floats(count, from: moments.forward, to: moments.last)
    }
    fromInput = floats(rows * cell.gates * hidden)
    fromHidden = floats(rows * cell.gates * hidden)
    outputs = floats((rows + batch) * hidden)
    cells = floats((rows + batch) * hidden)
    saved = floats(rows * cell.saved * hidden)
    let size = batch * hidden
    backward = moments.backward.map { back in
      (
        plan.floats(size, from: back, to: back), plan.floats(size, from: back, to: back),
        plan.floats(size, from: back, to: back)
      )
    }
  }

  /// The tensors of one pass.
  static func parameters(
    _ cell: any RecurrentCell, inputs: Int, hidden: Int, suffix: String?
  ) -> [ParameterSpec] {
    let rows = cell.gates * hidden
    let start = ParameterSpec.inverseRoot(hidden)
    let end = suffix ?? ""
    var found = [
      ParameterSpec("weight_ih\(end)", [rows, inputs], .weight, start),
      ParameterSpec("weight_hh\(end)", [rows, hidden], .weight, start),
    ]
    switch cell.biases {
    case .none: break
    case .one: found.append(ParameterSpec("bias", [rows], .bias, .parts(cell.biasStart)))
    case .two:
      found.append(ParameterSpec("bias_ih\(end)", [rows], .bias, .parts(cell.biasStart)))
      found.append(ParameterSpec("bias_hh\(end)", [rows], .bias))
    }
    return found + cell.extras(hidden: hidden)
  }

  static func flops(_ cell: any RecurrentCell, inputs: Int, hidden: Int, steps: Int) -> Int {
    2 * steps * cell.gates * hidden * (inputs + hidden)
  }

  /// The step that comes as number `order`.
  private func time(_ order: Int) -> Int { isReversed ? steps - 1 - order : order }

  private func step(_ context: StepContext, order: Int, sample: Int) -> CellStep {
    let memory = context.memory
    let count = context.count
    let now = time(order) * count + sample
    let row = cell.gates * hidden
    let hiddens = memory.floats(outputs)
    let cellStates = memory.floats(cells)
    return CellStep(
      hidden: hidden, fromInput: memory.floats(fromInput) + now * row,
      fromHidden: memory.floats(fromHidden) + now * row,
      hiddenBefore: hiddens + (order * count + sample) * hidden,
      cellBefore: cellStates + (order * count + sample) * hidden,
      output: hiddens + ((order + 1) * count + sample) * hidden,
      cell: cellStates + ((order + 1) * count + sample) * hidden,
      saved: memory.floats(saved) + now * cell.saved * hidden,
      extras: extras.map { context.parameter($0) })
  }

  // MARK: Forward

  /// - Parameters:
  ///   - output: `[T, N, stride]`, of which this pass writes `hidden` values from its start on.
  func forward(
    _ context: StepContext, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    let count = context.count
    let width = cell.gates * hidden
    let memory = context.memory
    let sums = memory.floats(fromInput)
    fill(sums, rows: steps * count, biasIH, context)
    MatrixProduct.multiply(
      m: steps * count, n: width, k: inputs, a: input, lda: inputs,
      b: context.parameter(weightIH), ldb: inputs, transposeB: true, beta: 1, c: sums, ldc: width,
      pool: context.pool)
    let hiddens = memory.floats(outputs)
    hiddens.update(repeating: 0, count: count * hidden)
    memory.floats(cells).update(repeating: 0, count: count * hidden)
    for order in 0..<steps {
      let recurrent = memory.floats(fromHidden) + time(order) * count * width
      fill(recurrent, rows: count, biasHH, context)
      MatrixProduct.multiply(
        m: count, n: width, k: hidden, a: hiddens + order * count * hidden, lda: hidden,
        b: context.parameter(weightHH), ldb: hidden, transposeB: true, beta: 1, c: recurrent,
        ldc: width, pool: context.pool)
      for sample in 0..<count {
        let step = step(context, order: order, sample: sample)
        cell.forward(step)
        (output + (time(order) * count + sample) * stride).update(
          from: step.output, count: hidden)
      }
    }
  }

  private func fill(
    _ sums: UnsafeMutablePointer<Float>, rows: Int, _ bias: Range<Int>?, _ context: StepContext
  ) {
    let width = cell.gates * hidden
    guard let bias else { return sums.update(repeating: 0, count: rows * width) }
    for row in 0..<rows {
      (sums + row * width).update(from: context.parameter(bias), count: width)
    }
  }

  // MARK: Backward

  /// - Parameters:
  ///   - outputGradient: `[T, N, stride]`, of which `hidden` values from its start on are this
  ///     pass's.
  ///   - inputGradient: `[T, N, inputs]`; added to where `adds`.
  func backward(
    _ context: StepContext, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    stride: Int, inputGradient: UnsafeMutablePointer<Float>?, adds: Bool
  ) {
    guard let backward else { return }
    let count = context.count
    let width = cell.gates * hidden
    let memory = context.memory
    let (dh, dc) = (memory.floats(backward.output), memory.floats(backward.cell))
    let before = memory.floats(backward.before)
    dc.update(repeating: 0, count: count * hidden)
    before.update(repeating: 0, count: count * hidden)
    for range in extras { context.gradient(range).update(repeating: 0, count: range.count) }
    let weight = context.parameter(weightHH)
    let hiddenGradients = memory.floats(fromHidden)
    for order in (0..<steps).reversed() {
      dh.update(from: before, count: count * hidden)
      if order < steps - 1 {
        MatrixProduct.multiply(
          m: count, n: hidden, k: width, a: hiddenGradients + time(order + 1) * count * width,
          lda: width, b: weight, ldb: hidden, beta: 1, c: dh, ldc: hidden, pool: context.pool)
      }
      for sample in 0..<count {
        VectorMath.add(
          outputGradient + (time(order) * count + sample) * stride, to: dh + sample * hidden,
          count: hidden)
        cell.backward(
          step(context, order: order, sample: sample),
          CellGradients(
            output: dh + sample * hidden, cell: dc + sample * hidden,
            hiddenBefore: before + sample * hidden, extras: extras.map { context.gradient($0) }))
      }
    }
    let sums = memory.floats(fromInput)
    let rows = steps * count
    MatrixProduct.multiply(
      m: width, n: inputs, k: rows, a: sums, lda: width, transposeA: true, b: input, ldb: inputs,
      c: context.gradient(weightIH), ldc: inputs, pool: context.pool)
    // Steps may run backwards in memory, so their products are added one by one.
    let hiddens = memory.floats(outputs)
    for order in 0..<steps {
      MatrixProduct.multiply(
        m: width, n: hidden, k: count, a: hiddenGradients + time(order) * count * width,
        lda: width, transposeA: true, b: hiddens + order * count * hidden, ldb: hidden,
        beta: order == 0 ? 0 : 1, c: context.gradient(weightHH), ldc: hidden, pool: context.pool)
    }
    if let biasIH {
      Dense.sumRows(sums, rows: rows, columns: width, into: context.gradient(biasIH))
    }
    if let biasHH {
      Dense.sumRows(hiddenGradients, rows: rows, columns: width, into: context.gradient(biasHH))
    }
    if let inputGradient {
      MatrixProduct.multiply(
        m: rows, n: inputs, k: width, a: sums, lda: width, b: context.parameter(weightIH),
        ldb: inputs, beta: adds ? 1 : 0, c: inputGradient, ldc: inputs, pool: context.pool)
    }
  }
}
