import Layers
import Tensors

/// Runs a network, forward and back, for one batch size.
///
/// All memory of a step is laid out once, when the executor is made; a step allocates nothing. Not
/// thread-safe: one executor belongs to one thread, which its pool then helps.
public final class Executor {
  /// What an executor can be used for; it cannot be changed afterwards.
  public enum Mode: Sendable {
    /// Batch normalisation by running statistics, folded into the weights; no gradients.
    case inference
    /// Batch statistics, dropout, gradients.
    case training
  }

  /// Whose parameters it reads and whose gradients it writes.
  public let network: Network
  /// Clips at most.
  public let batch: Int
  /// Whether it can go back and learn.
  public let mode: Mode

  /// A stage, bound to its memory.
  private struct Step {
    let operation: any Operation
    /// What has to be summed before its way back.
    let sum: AccumulateOperation?
    let learns: Bool
  }

  private let learnsStatistics: Bool
  private let steps: [Step]
  private let inputOperation: InputOperation
  private let chunks: Chunks
  /// Slots that hold the whole batch while steps know of one chunk, and the bytes of a sample there.
  private let moving: [(slot: MemoryPlan.Slot, sampleBytes: Int)]
  /// The memory as each thread sees it that runs chunks by itself, and a pool of one thread for it.
  private let lanes: [StepMemory]
  private var memory: StepMemory { lanes[0] }
  private let alone = WorkerPool(threads: 1)
  private let pool: WorkerPool
  private let inputSlot: MemoryPlan.Slot
  private let logitsSlot: MemoryPlan.Slot
  private let logitsGradientSlot: MemoryPlan.Slot?
  private var isPrepared = false
  private let carriesState: Bool
  private var hasForgotten = false
  /// What is to be poisoned after each moment, where it is.
  private let ends: [Int: [MemoryPlan.Slot]]?

  /// - Parameters:
  ///   - exactConvolution: takes every multiplication of a convolution's definition, where
  ///     Winograd's would do with fewer.
  ///   - precision: of the products; parameters and their gradients are floats in any case.
  ///   - frozen: so many nodes, from the first on, work as in inference and learn nothing.
  ///   - fuses: runs neighbours in one pass where that can be; without, every node by itself.
  ///   - poisonsMemory: fills memory whose time is over with values that are not numbers, so that a
  ///     wrong lifetime shows; slow.
  ///   - atATime: how many clips, or frames where a network looks at these by themselves,
  ///     inference takes through the volumes of a network before the next ones; nil for as many as
  ///     caches hold.
  ///   - carriesState: recurrent layers go on where they ended in the step before, for inference of
  ///     a network that sees one clip in parts.
  public init(
    network: Network, batch: Int, mode: Mode, exactConvolution: Bool = false,
    precision: Precision = .fp32, frozen: Int = 0, fuses: Bool = true,
    poisonsMemory: Bool = false, atATime: Int? = nil, carriesState: Bool = false, pool: WorkerPool
  ) throws(NetworkError) {
    precondition(batch > 0, "a batch holds a clip")
    precondition(!carriesState || mode == .inference, "training begins each clip anew")
    let graph = try network.architecture.graph()
    var plan = StagePlan(
      graph, purpose: mode == .training ? .training : .inference,
      frozen: mode == .training ? frozen : 0, fuses: fuses)
    let layouts = plan.chooseLayouts(element: precision.element)
    let chunks =
      mode == .training
      ? Chunks(batch: batch)
      : Chunks(plan, layouts: layouts, batch: batch, wanted: atATime)
    var buffers = BufferPlan(
      plan, layouts: layouts, batch: batch, chunks: chunks, workers: pool.threads,
      isTraining: mode == .training,
      hasParameters: { node in
        node >= frozen && graph.places[node].parameters.contains { $0.role != .statistics }
      })
    let isOriginal = network.architecture.formatVersion == 1
    let ranges = network.ranges
    steps = plan.stages.enumerated().map { index, planned in
      let isByFrame = index < chunks.stages && chunks.parts > 1
      func value(_ number: Int, _ gradient: MemoryPlan.Slot?) -> Site.Value {
        Site.Value(
          shape: isByFrame ? plan.shapes[number].oneFrame : plan.shapes[number],
          layout: isByFrame ? layouts[number].oneFrame : layouts[number],
          slot: buffers.slots[number], gradient: gradient)
      }
      let site = Site(
        inputs: zip(planned.inputs, buffers.inputGradients[index]).map { value($0, $1) },
        output: value(planned.output, buffers.outputGradients[index]),
        moments: buffers.moments(index), method: exactConvolution ? .direct : .fewestProducts,
        element: precision.element,
        randomKey: isOriginal || planned.nodes.isEmpty
          ? UInt64(index) : RandomStream.key(graph.places[planned.nodes[0]].layer.name),
        ranges: ranges, carriesState: carriesState)
      return Step(
        operation: planned.stage.operation(site, plan: &buffers.memory), sum: buffers.sums[index],
        learns: buffers.learns[index])
    }
    do throws(TensorError) {
      lanes = try StepMemory.lanes(
        buffers.memory, count: chunks.runsInLanes ? pool.threads : 1, within: 0...chunks.stages)
    } catch {
      throw NetworkError(code: .outOfMemory, message: error.message)
    }
    self.chunks = chunks
    moving =
      [(buffers.input, layouts[0].denseCount * MemoryLayout<Float>.size / chunks.parts)]
      + buffers.crossing.map { (buffers.slots[$0], layouts[$0].sampleBytes / chunks.parts) }
    ends = poisonsMemory ? buffers.memory.ends() : nil
    if poisonsMemory { lanes[0].poisonAll() }
    inputOperation = InputOperation(
      layout: chunks.parts > 1 ? layouts[0].oneFrame : layouts[0], dense: buffers.input,
      output: buffers.slots[0])
    self.network = network
    self.batch = batch
    self.mode = mode
    learnsStatistics = mode == .training && frozen == 0
    self.pool = pool
    self.carriesState = carriesState
    inputSlot = buffers.input
    logitsSlot = buffers.slots[plan.stages.last?.output ?? 0]
    logitsGradientSlot = buffers.outputGradients.last ?? nil
  }

  /// Bytes of activations, gradients, packed weights and scratch; the network's own parameters and
  /// gradients come on top.
  public var peakBytes: Int { memory.bytes }

  /// `[N, frames, height, width, channels]`, dense; to be filled before `forward`, which may then
  /// use the memory for other things.
  package var input: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: memory.floats(inputSlot), count: batch * network.architecture.input.count)
  }

  /// `[N, classes]`, after `forward`.
  package var logits: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: memory.floats(logitsSlot), count: batch * network.architecture.classes)
  }

  /// `[N, classes]`, to be filled between `forward` and `backward`.
  package var logitsGradient: UnsafeMutableBufferPointer<Float> {
    guard let logitsGradientSlot else { preconditionFailure("an inference executor has none") }
    return UnsafeMutableBufferPointer(
      start: memory.floats(logitsGradientSlot), count: batch * network.architecture.classes)
  }

  /// To be called after the network's parameters or statistics were changed from outside: what was
  /// made of them is made anew before the next step.
  public func parametersChanged() { isPrepared = false }

  /// The next step begins anew: whatever recurrent layers carry from step to step is forgotten.
  public func forgetState() { hasForgotten = false }

  /// Logits of the first `count` clips of `input`. `dropout` is this step's own stream of random
  /// numbers; without one nothing is dropped.
  public func forward(count: Int, dropout: RandomStream? = nil) {
    let context = context(count: count, dropout: dropout)
    if !isPrepared {
      for step in steps { step.operation.prepare(context) }
      isPrepared = true
    }
    if carriesState {
      precondition(count == batch, "a state belongs to its clip")
      if !hasForgotten { for step in steps { step.operation.forget(context) } }
      hasForgotten = true
    }
    if chunks.stages > 0 { runChunks(clips: count) } else { runInput(context) }
    run(chunks.stages..<steps.count, context)
    if learnsStatistics { network.batchesTracked += 1 }
  }

  /// Replaces the network's gradients by those of `logitsGradient`, after `forward` of as many
  /// clips.
  public func backward(count: Int) {
    precondition(mode == .training, "an inference executor has no backward pass")
    let context = context(count: count, dropout: nil)
    for (index, step) in steps.enumerated().reversed() where step.learns {
      step.sum?.run(context)
      step.operation.backward(context)
      poison(memory, after: 2 * steps.count - index)
    }
  }

  private func runInput(_ context: StepContext) {
    inputOperation.forward(context)
    poison(context.memory, after: 0)
  }

  private func run(_ range: Range<Int>, _ context: StepContext) {
    for index in range {
      steps[index].operation.forward(context)
      poison(context.memory, after: index + 1)
    }
  }

  /// Runs the chunked steps over all clips: each chunk by one thread, or one after the other by all.
  private func runChunks(clips: Int) {
    let samples = clips * chunks.parts
    let number = (samples + chunks.count - 1) / chunks.count
    func run(_ chunk: Int, in memory: StepMemory, _ pool: WorkerPool) {
      let first = chunk * chunks.count
      for (slot, bytes) in moving { memory.advance(slot, by: first * bytes) }
      let context = context(
        memory, pool, count: min(chunks.count, samples - first), dropout: nil)
      runInput(context)
      self.run(0..<chunks.stages, context)
      for (slot, bytes) in moving { memory.advance(slot, by: -first * bytes) }
    }
    if chunks.runsInLanes {
      pool.parallelFor(number) { chunk, worker in run(chunk, in: lanes[worker], alone) }
    } else {
      for chunk in 0..<number { run(chunk, in: memory, pool) }
    }
  }

  private func poison(_ memory: StepMemory, after moment: Int) {
    guard let ends else { return }
    for slot in ends[moment] ?? [] { memory.poison(slot) }
  }

  private func context(count: Int, dropout: RandomStream?) -> StepContext {
    precondition((1...batch).contains(count), "\(count) clips in a batch of \(batch)")
    return context(memory, pool, count: count, dropout: dropout)
  }

  private func context(
    _ memory: StepMemory, _ pool: WorkerPool, count: Int, dropout: RandomStream?
  ) -> StepContext {
    StepContext(
      memory: memory, parameters: network.parameters.baseAddress!,
      gradients: network.gradients.baseAddress!, buffers: network.statisticsStart, pool: pool,
      count: count, dropout: dropout)
  }
}
