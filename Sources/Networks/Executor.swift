import Layers
import Tensors

/// Runs a network, forward and back, for one batch size.
///
/// All memory of a step is laid out once, when the executor is made; a step allocates nothing. Not
/// thread-safe: one executor belongs to one thread, which its pool then helps.
public final class Executor {
  public enum Mode: Sendable {
    /// Batch normalisation by running statistics, folded into the weights; no gradients.
    case inference
    /// Batch statistics, dropout, gradients.
    case training
  }

  public let network: Network
  /// Clips at most.
  public let batch: Int
  public let mode: Mode

  private let learnsStatistics: Bool
  private let memory: StepMemory
  private let operations: [any Operation]
  private let pool: WorkerPool
  private let inputSlot: MemoryPlan.Slot
  private let logitsSlot: MemoryPlan.Slot
  private let logitsGradientSlot: MemoryPlan.Slot?
  private var isPrepared = false

  /// - Parameters:
  ///   - exactConvolution: takes every multiplication of a convolution's definition, where
  ///     Winograd's would do with fewer.
  ///   - precision: of the products; parameters and their gradients are floats in any case.
  ///   - freezesTrunk: trains the last layer only; those before it work as in inference.
  public init(
    network: Network, batch: Int, mode: Mode, exactConvolution: Bool = false,
    precision: Precision = .fp32, freezesTrunk: Bool = false, pool: WorkerPool
  ) throws(NetworkError) {
    precondition(batch > 0, "a batch holds a clip")
    let stages = try network.architecture.resolve()
    var builder = Builder(
      network: network, stages: stages, batch: batch, mode: mode,
      method: exactConvolution ? .direct : .fewestProducts, element: precision.element,
      freezesTrunk: freezesTrunk, workers: pool.threads)
    builder.build()
    do throws(TensorError) {
      memory = try StepMemory(builder.plan)
    } catch {
      throw NetworkError(code: .outOfMemory, message: error.message)
    }
    self.network = network
    self.batch = batch
    self.mode = mode
    learnsStatistics = mode == .training && !freezesTrunk
    self.pool = pool
    operations = builder.operations
    inputSlot = builder.input
    logitsSlot = builder.logits
    logitsGradientSlot = builder.logitsGradient
  }

  /// Bytes of activations, gradients, packed weights and scratch; the network's own parameters and
  /// gradients come on top.
  public var peakBytes: Int { memory.bytes }

  /// `[N, frames, height, width, channels]`, dense; to be filled before `forward`, which may then
  /// use the memory for other things.
  public var input: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: memory.floats(inputSlot), count: batch * network.architecture.input.count)
  }

  /// `[N, classes]`, after `forward`.
  public var logits: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: memory.floats(logitsSlot), count: batch * network.architecture.classes)
  }

  /// `[N, classes]`, to be filled between `forward` and `backward`.
  public var logitsGradient: UnsafeMutableBufferPointer<Float> {
    guard let logitsGradientSlot else { preconditionFailure("an inference executor has none") }
    return UnsafeMutableBufferPointer(
      start: memory.floats(logitsGradientSlot), count: batch * network.architecture.classes)
  }

  /// To be called after the network's parameters or statistics were changed from outside: what was
  /// made of them is made anew before the next step.
  public func parametersChanged() { isPrepared = false }

  /// Logits of the first `count` clips of `input`. `dropout` is this step's own stream of random
  /// numbers; without one nothing is dropped.
  public func forward(count: Int, dropout: RandomStream? = nil) {
    let step = context(count: count, dropout: dropout)
    if !isPrepared {
      for operation in operations { operation.prepare(step) }
      isPrepared = true
    }
    for operation in operations { operation.forward(step) }
    if learnsStatistics { network.batchesTracked += 1 }
  }

  /// Replaces the network's gradients by those of `logitsGradient`, after `forward` of as many
  /// clips.
  public func backward(count: Int) {
    precondition(mode == .training, "an inference executor has no backward pass")
    let step = context(count: count, dropout: nil)
    for operation in operations.reversed() { operation.backward(step) }
  }

  private func context(count: Int, dropout: RandomStream?) -> StepContext {
    precondition((1...batch).contains(count), "\(count) clips in a batch of \(batch)")
    return StepContext(
      memory: memory, network: network, pool: pool, count: count, dropout: dropout)
  }
}

/// Wires stages into operations and plans their memory.
private struct Builder {
  let network: Network
  let stages: [Stage]
  let batch: Int
  let mode: Executor.Mode
  let method: Convolution.Method
  /// What convolutions read.
  let element: Element
  /// Stages before this one need no way back.
  let firstTrained: Int
  let workers: Int

  var plan = MemoryPlan()
  var operations: [any Operation] = []
  var input: MemoryPlan.Slot
  var logits: MemoryPlan.Slot
  var logitsGradient: MemoryPlan.Slot?

  init(
    network: Network, stages: [Stage], batch: Int, mode: Executor.Mode,
    method: Convolution.Method, element: Element, freezesTrunk: Bool, workers: Int
  ) {
    self.network = network
    self.stages = stages
    self.batch = batch
    self.mode = mode
    self.method = method
    self.element = element
    self.workers = workers
    firstTrained = freezesTrunk ? Builder.head(of: stages) : 0
    input = plan.floats(batch * network.architecture.input.count, from: -1, to: 0)
    logits = input
  }

  /// The input copy is operation 0, stage i operation i + 1; backward runs the other way.
  private var end: Int { 2 * (stages.count + 1) }

  private func moments(_ operation: Int) -> Moments {
    Moments(
      forward: operation,
      backward: mode == .training && operation > firstTrained ? end - 1 - operation : nil,
      start: -1, end: end, batch: batch, workers: workers)
  }

  /// The classifier, with the dropout before it.
  private static func head(of stages: [Stage]) -> Int {
    var head = stages.count - 1
    while head > 0, case .dropout = stages[head - 1].kind { head -= 1 }
    return head
  }

  /// How stage `index` wants its input: the halo around it, and its elements.
  private func wish(_ index: Int) -> (halo: Extent3, element: Element) {
    guard index < stages.count, case .convolution(let stage) = stages[index].kind else {
      return (.zero, .fp32)
    }
    return (stage.geometry.padding, element)
  }

  mutating func build() {
    let shape = network.architecture.input
    var layout = ActivationLayout(
      extent: Extent3(shape.frames, shape.height, shape.width), channels: shape.channels,
      halo: wish(0).halo, element: wish(0).element)
    // An operation's output lives until the next one has used it, forward and back.
    var value = plan.request(bytes: batch * layout.sampleBytes, from: 0, to: moments(1).last)
    operations.append(InputOperation(layout: layout, dense: input, output: value))
    var gradient: MemoryPlan.Slot?

    for (index, stage) in stages.enumerated() {
      let now = moments(index + 1)
      let isLast = index == stages.count - 1
      let next = wish(index + 1)
      let size = outputSize(stage, next)
      var last = isLast ? end : moments(index + 2).last
      switch stage.kind {
      // These read their own output again on the way back.
      case .lstm, .attention: last = max(last, now.last)
      default: break
      }
      let output = plan.request(bytes: batch * size.stored, from: now.forward, to: last)
      let outputGradient = now.backward.map { back in
        plan.floats(batch * size.dense, from: isLast ? now.forward : back - 1, to: back)
      }
      let wiring = Wiring(
        input: value, output: output, inputGradient: gradient, outputGradient: outputGradient)
      operations.append(
        operation(
          stage, number: index, inputLayout: layout, next: next, wiring: wiring, moments: now))
      if case .convolution(let stage) = stage.kind {
        layout = ActivationLayout(
          extent: stage.output, channels: stage.geometry.outputChannels, halo: next.halo,
          element: next.element)
      }
      value = output
      gradient = outputGradient
    }
    logits = value
    logitsGradient = gradient
  }

  /// Bytes of one sample's output as the next stage wants it, and its floats.
  private func outputSize(
    _ stage: Stage, _ next: (halo: Extent3, element: Element)
  ) -> (stored: Int, dense: Int) {
    func floats(_ count: Int) -> (stored: Int, dense: Int) {
      (count * MemoryLayout<Float>.size, count)
    }
    switch stage.kind {
    case .convolution(let stage):
      let layout = ActivationLayout(
        extent: stage.output, channels: stage.geometry.outputChannels, halo: next.halo,
        element: next.element)
      return (layout.sampleBytes, layout.denseCount)
    case .spatialMean(let layout): return floats(layout.extent.depth * layout.channels)
    case .flattenSteps(let layout): return floats(layout.denseCount)
    case .lstm(_, let steps, _, let hidden): return floats(steps * hidden)
    case .timePooling(_, _, let features), .attention(_, _, let features): return floats(features)
    case .dropout(_, let count): return floats(count)
    case .dense(_, _, let outputs): return floats(outputs)
    }
  }

  private mutating func operation(
    _ stage: Stage, number: Int, inputLayout: ActivationLayout,
    next: (halo: Extent3, element: Element), wiring: Wiring, moments: Moments
  ) -> any Operation {
    switch stage.kind {
    case .convolution(let stage):
      ConvolutionOperation(
        stage, network: network, inputLayout: inputLayout, outputHalo: next.halo,
        outputElement: next.element, wiring: wiring, method: method, moments: moments, plan: &plan)
    case .spatialMean(let layout):
      StepFeaturesOperation(layout: layout, isMean: true, wiring: wiring)
    case .flattenSteps(let layout):
      StepFeaturesOperation(layout: layout, isMean: false, wiring: wiring)
    case .lstm(let name, let steps, let inputs, let hidden):
      LSTMOperation(
        name: name, steps: steps, inputs: inputs, hidden: hidden, element: element,
        network: network, wiring: wiring, moments: moments, plan: &plan)
    case .timePooling(let mode, let steps, let features):
      TimePoolingOperation(mode: mode, steps: steps, features: features, wiring: wiring)
    case .attention(let name, let steps, let features):
      AttentionOperation(
        name: name, steps: steps, features: features, network: network, wiring: wiring,
        moments: moments, plan: &plan)
    case .dropout(let rate, let count):
      DropoutOperation(
        rate: rate, count: count, number: number, wiring: wiring, moments: moments, plan: &plan)
    case .dense(let name, let inputs, let outputs):
      DenseOperation(
        name: name, inputs: inputs, outputs: outputs, network: network, wiring: wiring)
    }
  }
}
