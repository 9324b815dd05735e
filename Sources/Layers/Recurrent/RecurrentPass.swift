internal import CKernels
import Tensors

/// One direction of one layer of a recurrent network over time: the products, and the loop that
/// hands each step to a cell.
///
/// The product with the input is one for all steps, those with the output before one a step over the
/// whole batch. All is kept in the order of time, whichever way the loop runs.
struct RecurrentPass {
  let cell: any RecurrentCell
  let inputs, hidden, steps: Int
  /// From the last step to the first.
  let isReversed: Bool
  private let weightIH, weightHH: Range<Int>
  private let biasIH, biasHH: Range<Int>?
  private let extras: [Range<Int>]
  private let passes: CellPasses
  /// Values a row of products, of the part of them that reads `h` itself, and of what is saved.
  private let width, plain, kept: Int

  /// `W x + b` of all steps `[T, N, …]`, and on the way back the gradient at it.
  private let fromInput: MemoryPlan.Slot
  private let fromHidden: MemoryPlan.Slot
  /// Outputs and cells `[T + 1, N, H]`, with a step of zeros where the loop begins.
  private let outputs, cells: MemoryPlan.Slot
  private let saved: MemoryPlan.Slot
  private let back: Back?
  /// Output and cell of the last step, `[2, N, H]`, where the next step goes on from them.
  private let carried: MemoryPlan.Slot?

  /// Gradients of one step, `[N, H]`.
  private struct Back {
    let output, cell, before: MemoryPlan.Slot
    let gated: MemoryPlan.Slot?
  }

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
    passes = cell.passes
    width = cell.gates * hidden
    plain = (cell.gatesHidden ? cell.gates - 1 : cell.gates) * hidden
    kept = cell.saved(hidden: hidden)
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
    let rows = steps * moments.batch
    func floats(_ count: Int) -> MemoryPlan.Slot {
      plan.floats(count, from: moments.forward, to: moments.last)
    }
    fromInput = floats(rows * width)
    fromHidden = floats(rows * width)
    outputs = floats((rows + moments.batch) * hidden)
    cells = floats((rows + moments.batch) * hidden)
    saved = floats(rows * kept)
    let size = moments.batch * hidden
    carried =
      site.carriesState
      ? plan.floats(2 * size, from: moments.start, to: moments.end) : nil
    back = moments.backward.map { back in
      func step() -> MemoryPlan.Slot { plan.floats(size, from: back, to: back) }
      return Back(
        output: step(), cell: step(), before: step(), gated: cell.gatesHidden ? step() : nil)
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

  /// Where a step's output lies among `outputs`, and where the one before it.
  private func place(_ time: Int) -> Int { isReversed ? time : time + 1 }
  private func placeBefore(_ time: Int) -> Int { isReversed ? time + 1 : time }

  /// What the cell reads and writes at a step, without gradients.
  private func cellStep(_ context: StepContext, at time: Int, gradients: Bool) -> vc_cell_step {
    let (memory, count) = (context.memory, context.count)
    let (now, before) = (place(time) * count * hidden, placeBefore(time) * count * hidden)
    var step = vc_cell_step()
    step.rows = count
    step.hidden = hidden
    step.from_input = memory.floats(fromInput) + time * count * width
    step.from_hidden = memory.floats(fromHidden) + time * count * width
    step.hidden_before = UnsafePointer(memory.floats(outputs) + before)
    step.cell_before = UnsafePointer(memory.floats(cells) + before)
    step.output = memory.floats(outputs) + now
    step.cell = memory.floats(cells) + now
    step.saved = memory.floats(saved) + time * count * kept
    step.setExtras(extras, context, gradients: gradients)
    return step
  }

  // MARK: Forward

  /// - Parameters:
  ///   - output: `[T, N, stride]`, of which this pass writes `hidden` values from its start on.
  func forward(
    _ context: StepContext, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    let (memory, count) = (context.memory, context.count)
    let sums = memory.floats(fromInput)
    fill(sums, rows: steps * count, biasIH, context)
    MatrixProduct.multiply(
      m: steps * count, n: width, k: inputs, a: input, lda: inputs,
      b: context.parameter(weightIH), ldb: inputs, transposeB: true, beta: 1, c: sums, ldc: width,
      pool: context.pool)
    begin(memory, count)
    let weight = context.parameter(weightHH)
    for order in 0..<steps {
      let time = time(order)
      var step = cellStep(context, at: time, gradients: false)
      fill(step.from_hidden, rows: count, biasHH, context)
      MatrixProduct.multiply(
        m: count, n: plain, k: hidden, a: step.hidden_before, lda: hidden, b: weight, ldb: hidden,
        transposeB: true, beta: 1, c: step.from_hidden, ldc: width, pool: context.pool)
      if let gate = passes.gate {
        gate(&step)
        MatrixProduct.multiply(
          m: count, n: width - plain, k: hidden, a: step.saved, lda: kept,
          b: weight + plain * hidden, ldb: hidden, transposeB: true, beta: 1,
          c: step.from_hidden + plain, ldc: width, pool: context.pool)
      }
      passes.forward(&step)
      for sample in 0..<count {
        (output + (time * count + sample) * stride).update(
          from: step.output + sample * hidden, count: hidden)
      }
    }
    keep(memory, count)
  }

  /// Writes what the first step reads of the one before.
  private func begin(_ memory: StepMemory, _ count: Int) {
    let (start, size) = (placeBefore(time(0)) * count * hidden, count * hidden)
    guard let carried else {
      (memory.floats(outputs) + start).update(repeating: 0, count: size)
      (memory.floats(cells) + start).update(repeating: 0, count: size)
      return
    }
    (memory.floats(outputs) + start).update(from: memory.floats(carried), count: size)
    (memory.floats(cells) + start).update(from: memory.floats(carried) + size, count: size)
  }

  /// Keeps what the last step leaves to the one behind it.
  private func keep(_ memory: StepMemory, _ count: Int) {
    guard let carried else { return }
    let (end, size) = (place(time(steps - 1)) * count * hidden, count * hidden)
    memory.floats(carried).update(from: memory.floats(outputs) + end, count: size)
    (memory.floats(carried) + size).update(from: memory.floats(cells) + end, count: size)
  }

  /// The next step goes on from nothing.
  func forget(_ context: StepContext) {
    guard let carried else { return }
    context.memory.floats(carried).update(repeating: 0, count: 2 * context.count * hidden)
  }

  private func fill(
    _ sums: UnsafeMutablePointer<Float>, rows: Int, _ bias: Range<Int>?, _ context: StepContext
  ) {
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
    guard let back else { return }
    let (memory, count) = (context.memory, context.count)
    let (dh, dc) = (memory.floats(back.output), memory.floats(back.cell))
    let before = memory.floats(back.before)
    dc.update(repeating: 0, count: count * hidden)
    before.update(repeating: 0, count: count * hidden)
    for range in extras { context.gradient(range).update(repeating: 0, count: range.count) }
    let weight = context.parameter(weightHH)
    let hiddenGradients = memory.floats(fromHidden)
    for order in (0..<steps).reversed() {
      let time = time(order)
      dh.update(from: before, count: count * hidden)
      if order < steps - 1 {
        MatrixProduct.multiply(
          m: count, n: hidden, k: plain,
          a: hiddenGradients + self.time(order + 1) * count * width, lda: width, b: weight,
          ldb: hidden, beta: 1, c: dh, ldc: hidden, pool: context.pool)
      }
      for sample in 0..<count {
        VectorMath.add(
          outputGradient + (time * count + sample) * stride, to: dh + sample * hidden,
          count: hidden)
      }
      var step = cellStep(context, at: time, gradients: true)
      step.output_gradient = UnsafePointer(dh)
      step.cell_gradient = dc
      step.before_gradient = before
      passes.backward(&step)
      if let gateBackward = passes.gateBackward, let slot = back.gated {
        let gated = memory.floats(slot)
        MatrixProduct.multiply(
          m: count, n: hidden, k: width - plain, a: step.from_hidden + plain, lda: width,
          b: weight + plain * hidden, ldb: hidden, c: gated, ldc: hidden, pool: context.pool)
        step.gated_gradient = UnsafePointer(gated)
        gateBackward(&step)
      }
    }
    finish(context, input: input, inputGradient: inputGradient, adds: adds)
  }

  /// Gradients of weights, biases and the input, from those at the products of all steps.
  private func finish(
    _ context: StepContext, input: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>?, adds: Bool
  ) {
    let (memory, count) = (context.memory, context.count)
    let rows = steps * count
    let sums = memory.floats(fromInput)
    let hiddenGradients = memory.floats(fromHidden)
    MatrixProduct.multiply(
      m: width, n: inputs, k: rows, a: sums, lda: width, transposeA: true, b: input, ldb: inputs,
      c: context.gradient(weightIH), ldc: inputs, pool: context.pool)
    let weightGradient = context.gradient(weightHH)
    MatrixProduct.multiply(
      m: plain, n: hidden, k: rows, a: hiddenGradients, lda: width, transposeA: true,
      b: memory.floats(outputs) + placeBefore(0) * count * hidden, ldb: hidden,
      c: weightGradient, ldc: hidden, pool: context.pool)
    MatrixProduct.multiply(
      m: width - plain, n: hidden, k: rows, a: hiddenGradients + plain, lda: width,
      transposeA: true, b: memory.floats(saved), ldb: kept, c: weightGradient + plain * hidden,
      ldc: hidden, pool: context.pool)
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
