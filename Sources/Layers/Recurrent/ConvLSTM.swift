internal import CKernels
import Tensors

/// LSTM whose products are convolutions, so that it works on maps (Shi et al. 2015, without
/// peepholes): `[D, H, W, C]` to `[D, H, W, F]` over time D, or to `[1, H, W, F]` of the last step.
///
/// Weights `weight_ih` `[4F, C, k, k]`, `weight_hh` `[4F, F, k, k]` and `bias` `[4F]` in gate order
/// i, f, g, o; both convolutions keep the size of the maps.
public struct ConvLSTM: ExecutableLayer {
  public static let kind = "convlstm"
  /// Channels of the maps it gives.
  public var filters: Int
  /// Height and width of the kernels, odd.
  public var kernel: Int
  /// Whether it gives every step, or the last one only.
  public var givesAllSteps: Bool
  public var title: String { "ConvLSTM \(kernel)×\(kernel)" }

  /// - Parameter kernel: height and width, odd.
  public init(filters: Int, kernel: Int, givesAllSteps: Bool = true) {
    self.filters = filters
    self.kernel = kernel
    self.givesAllSteps = givesAllSteps
  }

  private enum Key: String, CodingKey {
    case filters, kernel
    case givesAllSteps = "all_steps"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      filters: try values.decode(Int.self, forKey: .filters),
      kernel: try values.decode(Int.self, forKey: .kernel),
      givesAllSteps: try values.decodeIfPresent(Bool.self, forKey: .givesAllSteps) ?? true)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(filters, forKey: .filters)
    try values.encode(kernel, forKey: .kernel)
    if !givesAllSteps { try values.encode(false, forKey: .givesAllSteps) }
  }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    try LayerError.require(filters, "filters", in: 1...2048)
    guard (1...31).contains(kernel), kernel % 2 == 1 else {
      throw LayerError("a kernel of \(kernel): odd sides from 1 to 31 are possible")
    }
    var extent = try inputs[0].volume().extent
    if !givesAllSteps { extent.depth = 1 }
    return .volume(extent, channels: filters)
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    let channels = inputs[0].features
    let start = ParameterSpec.inverseRoot(filters * kernel * kernel)
    return [
      ParameterSpec("weight_ih", [4 * filters, channels, kernel, kernel], .weight, start),
      ParameterSpec("weight_hh", [4 * filters, filters, kernel, kernel], .weight, start),
      ParameterSpec("bias", [4 * filters], .bias, .parts([0, 1, 0, 0])),
    ]
  }

  public func flops(of inputs: [ValueShape]) -> Int {
    8 * inputs[0].rows * filters * kernel * kernel * (inputs[0].features + filters)
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    ConvLSTMStage(name: place.name, layer: self)
  }
}

extension Node {
  /// LSTM on maps.
  public static func convLSTM(
    name: String, filters: Int, kernel: Int, givesAllSteps: Bool = true
  ) -> Node {
    Node(ConvLSTM(filters: filters, kernel: kernel, givesAllSteps: givesAllSteps), name: name)
  }
}

private struct ConvLSTMStage: Stage {
  let name: String
  let layer: ConvLSTM

  func need(ofInput index: Int, element: Element) -> InputNeed {
    InputNeed(halo: Extent3(0, layer.kernel / 2, layer.kernel / 2))
  }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    ConvLSTMOperation(self, site, plan: &plan)
  }
}

private struct ConvLSTMOperation: Operation {
  private let filters, steps: Int
  private let input, output: Site.Value
  private let weightIH, weightHH, bias: Range<Int>
  /// Over all steps at once, and over one.
  private let outer, inner: Convolution
  /// Positions of a map.
  private let positions: Int
  /// The first step whose output others read.
  private let firstGiven: Int

  private let packedOuter, packedInner: MemoryPlan.Slot
  /// `[N, T, H, W, 4F]`: what comes from the input, and on the way back the gradient at the gates.
  private let fromInput: MemoryPlan.Slot
  /// `[T, N, H, W, 4F]`
  private let fromHidden: MemoryPlan.Slot
  /// Outputs and cells `[T + 1, N, H, W, F]`, zeros first.
  private let outputs, cells, saved: MemoryPlan.Slot
  /// The outputs as the inner convolution reads them, `[T, N]` padded maps.
  private let padded: MemoryPlan.Slot
  private let scratch: MemoryPlan.Slot
  private let back: Back?

  private struct Back {
    let packedOuter: MemoryPlan.Slot?
    let packedInner: MemoryPlan.Slot
    /// Gradients at the gates as the convolutions want them.
    let outerGradient, innerGradient: MemoryPlan.Slot
    let outerSums, innerSums: MemoryPlan.Slot
    let scratch: MemoryPlan.Slot
    let hidden, cell, before: MemoryPlan.Slot
  }

  init(_ stage: ConvLSTMStage, _ site: Site, plan: inout MemoryPlan) {
    let moments = site.moments
    filters = stage.layer.filters
    input = site.input
    output = site.output
    weightIH = site.range(stage.name, "weight_ih")
    weightHH = site.range(stage.name, "weight_hh")
    bias = site.range(stage.name, "bias")
    let extent = site.input.layout.extent
    steps = extent.depth
    firstGiven = stage.layer.givesAllSteps ? 0 : extent.depth - 1
    positions = extent.height * extent.width
    let side = stage.layer.kernel
    func geometry(_ channels: Int) -> ConvolutionGeometry {
      ConvolutionGeometry(
        kernel: Extent3(1, side, side), padding: Extent3(0, side / 2, side / 2),
        inputChannels: channels, outputChannels: 4 * stage.layer.filters)
    }
    // Sums of weight gradients are carried over steps, which Winograd's kernels cannot.
    outer = Convolution(
      geometry: geometry(site.input.layout.channels), input: site.input.layout, method: .direct)
    inner = Convolution(
      geometry: geometry(filters),
      input: ActivationLayout(
        extent: Extent3(1, extent.height, extent.width), channels: filters,
        halo: Extent3(0, side / 2, side / 2)), method: .direct)
    let batch = moments.batch
    let map = batch * positions * filters
    func floats(_ count: Int) -> MemoryPlan.Slot {
      plan.floats(count, from: moments.forward, to: moments.last)
    }
    packedOuter = plan.floats(outer.packedCount, from: moments.start, to: moments.end)
    packedInner = plan.floats(inner.packedCount, from: moments.start, to: moments.end)
    fromInput = floats(steps * map * 4)
    fromHidden = floats(steps * map * 4)
    outputs = floats((steps + 1) * map)
    cells = floats((steps + 1) * map)
    saved = floats(steps * map * 4)
    padded = floats(steps * batch * inner.input.sampleCount)
    scratch = plan.floats(
      max(
        outer.forwardScratch(workers: moments.workers),
        inner.forwardScratch(workers: moments.workers)), from: moments.forward, to: moments.forward)
    guard let when = moments.backward else {
      back = nil
      return
    }
    func late(_ count: Int) -> MemoryPlan.Slot { plan.floats(count, from: when, to: when) }
    let workers = moments.workers
    back = Back(
      packedOuter: site.input.gradient == nil
        ? nil : plan.floats(outer.packedTransposedCount, from: moments.start, to: moments.end),
      packedInner: plan.floats(inner.packedTransposedCount, from: moments.start, to: moments.end),
      outerGradient: late(batch * outer.gradientLayout.sampleCount),
      innerGradient: late(batch * inner.gradientLayout.sampleCount),
      outerSums: late(outer.weightGradientScratch(workers: workers)),
      innerSums: late(inner.weightGradientScratch(workers: workers)),
      scratch: late(
        max(
          outer.inputGradientScratch(workers: workers),
          inner.inputGradientScratch(workers: workers))),
      hidden: late(map), cell: late(map), before: late(map))
  }

  func prepare(_ step: StepContext) {
    let (ih, hh) = (step.parameter(weightIH), step.parameter(weightHH))
    outer.pack(ih, into: step.memory.floats(packedOuter), pool: step.pool)
    inner.pack(hh, into: step.memory.floats(packedInner), pool: step.pool)
    guard let back else { return }
    if let slot = back.packedOuter {
      outer.pack(ih, into: step.memory.floats(slot), transposed: true, pool: step.pool)
    }
    inner.pack(
      hh, into: step.memory.floats(back.packedInner), transposed: true, pool: step.pool)
  }

  /// What the cell reads and writes at a run of positions of a map at a step.
  private func cellStep(
    _ step: StepContext, time: Int, sample: Int, first: Int, count: Int
  ) -> vc_cell_step {
    let memory = step.memory
    let place = (time * step.count + sample) * positions + first
    let next = place + step.count * positions
    let (hiddens, states) = (memory.floats(outputs), memory.floats(cells))
    var cell = vc_cell_step()
    cell.rows = count
    cell.hidden = filters
    cell.from_input =
      memory.floats(fromInput) + ((sample * steps + time) * positions + first) * 4 * filters
    cell.from_hidden = memory.floats(fromHidden) + place * 4 * filters
    cell.hidden_before = UnsafePointer(hiddens + place * filters)
    cell.cell_before = UnsafePointer(states + place * filters)
    cell.output = hiddens + next * filters
    cell.cell = states + next * filters
    cell.saved = memory.floats(saved) + place * 4 * filters
    return cell
  }

  func forward(_ step: StepContext) {
    let (count, memory) = (step.count, step.memory)
    let map = positions * filters
    outer.forward(
      batch: count, input: memory.bytes(input.slot), packed: memory.floats(packedOuter),
      bias: step.parameter(bias), relu: false, output: memory.floats(fromInput),
      scratch: memory.floats(scratch), pool: step.pool)
    let hiddens = memory.floats(outputs)
    hiddens.update(repeating: 0, count: count * map)
    memory.floats(cells).update(repeating: 0, count: count * map)
    let reads = memory.floats(padded)
    let layout = inner.input
    RowLoop.clearHalo(step, output)
    for time in 0..<steps {
      for sample in 0..<count {
        layout.pad(
          hiddens + (time * count + sample) * map,
          into: reads + (time * count + sample) * layout.sampleCount)
      }
      inner.forward(
        batch: count, input: reads + time * count * layout.sampleCount,
        packed: memory.floats(packedInner), bias: nil, relu: false,
        output: memory.floats(fromHidden) + time * count * map * 4,
        scratch: memory.floats(scratch), pool: step.pool)
      let (height, width) = (output.layout.extent.height, output.layout.extent.width)
      step.pool.parallelFor(count * height) { task in
        let (sample, row) = (task / height, task % height)
        var cell = cellStep(step, time: time, sample: sample, first: row * width, count: width)
        vc_lstm_forward(&cell)
        guard time >= firstGiven else { return }
        output.layout.storeRow(
          cell.output, depth: time - firstGiven, height: row,
          in: UnsafeMutableRawPointer(memory.bytes(output.slot))
            + sample * output.layout.sampleBytes)
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let back, let slot = output.gradient else { return }
    let (count, memory) = (step.count, step.memory)
    let map = positions * filters
    let dy = memory.floats(slot)
    let (dh, dc) = (memory.floats(back.hidden), memory.floats(back.cell))
    let before = memory.floats(back.before)
    dc.update(repeating: 0, count: count * map)
    dh.update(repeating: 0, count: count * map)
    let gates = memory.floats(fromHidden)
    let target = memory.floats(back.innerGradient)
    let layout = inner.gradientLayout
    for (order, time) in (0..<steps).reversed().enumerated() {
      step.pool.parallelFor(count) { sample in
        if time >= firstGiven {
          let given = sample * (steps - firstGiven) + time - firstGiven
          VectorMath.add(dy + given * map, to: dh + sample * map, count: map)
        }
        var cell = cellStep(step, time: time, sample: sample, first: 0, count: positions)
        cell.output_gradient = UnsafePointer(dh + sample * map)
        cell.cell_gradient = dc + sample * map
        cell.before_gradient = before + sample * map
        vc_lstm_backward(&cell)
        layout.pad(
          gates + (time * count + sample) * map * 4, into: target + sample * layout.sampleCount)
      }
      inner.sumWeightGradient(
        samples: order * count..<(order + 1) * count,
        input: memory.floats(padded) + time * count * inner.input.sampleCount,
        outputGradient: target, scratch: memory.floats(back.innerSums), pool: step.pool)
      // Nothing comes before the first step.
      guard time > 0 else { continue }
      inner.inputGradient(
        batch: count, outputGradient: target, weights: step.parameter(weightHH),
        packed: memory.floats(back.packedInner), inputGradient: dh,
        scratch: memory.floats(back.scratch), pool: step.pool)
    }
    inner.finishWeightGradient(
      step.gradient(weightHH), scratch: memory.floats(back.innerSums), pool: step.pool)
    finish(step, back)
  }

  /// The gradients through the convolution of the input.
  private func finish(_ step: StepContext, _ back: Back) {
    let (count, memory) = (step.count, step.memory)
    let gates = memory.floats(fromInput)
    let size = steps * positions * 4 * filters
    Dense.sumRows(
      gates, rows: count * steps * positions, columns: 4 * filters, into: step.gradient(bias))
    let target = memory.floats(back.outerGradient)
    let layout = outer.gradientLayout
    step.pool.parallelFor(count) { sample in
      layout.pad(gates + sample * size, into: target + sample * layout.sampleCount)
    }
    outer.weightGradient(
      batch: count, input: memory.bytes(input.slot), outputGradient: target,
      gradient: step.gradient(weightIH), scratch: memory.floats(back.outerSums), pool: step.pool)
    guard let dx = input.gradient, let packed = back.packedOuter else { return }
    outer.inputGradient(
      batch: count, outputGradient: target, weights: step.parameter(weightIH),
      packed: memory.floats(packed), inputGradient: memory.floats(dx),
      scratch: memory.floats(back.scratch), pool: step.pool)
  }
}
