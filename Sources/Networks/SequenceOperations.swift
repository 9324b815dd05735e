import Layers
import Tensors

/// From volumes to sequences: spatial mean or flatten, each time step for itself.
struct StepFeaturesOperation: Operation {
  let layout: ActivationLayout
  let isMean: Bool
  let wiring: Wiring

  func forward(_ step: StepContext) {
    let run = isMean ? StepFeatures.spatialMean : StepFeatures.flatten
    run(
      step.count, layout, step.memory.floats(wiring.input), step.memory.floats(wiring.output),
      step.pool)
  }

  func backward(_ step: StepContext) {
    guard let dx = wiring.inputGradient, let dy = wiring.outputGradient else { return }
    let run = isMean ? StepFeatures.spatialMeanBackward : StepFeatures.flattenBackward
    run(step.count, layout, step.memory.floats(dy), step.memory.floats(dx), step.pool)
  }
}

/// A recurrent layer over a time-major sequence.
struct LSTMOperation: Operation {
  private let layer: LSTM
  private let steps: Int
  private let wiring: Wiring
  private let ranges: [Range<Int>]
  private let gates: MemoryPlan.Slot
  private let cells: MemoryPlan.Slot
  private let forwardScratch: MemoryPlan.Slot
  private let backwardScratch: MemoryPlan.Slot?

  init(
    name: String, steps: Int, inputs: Int, hidden: Int, element: Element, network: Network,
    wiring: Wiring, moments: Moments, plan: inout MemoryPlan
  ) {
    layer = LSTM(inputs: inputs, hidden: hidden, element: element)
    self.steps = steps
    self.wiring = wiring
    ranges = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"].map {
      network.entry("\(name).\($0)")!.range
    }
    let rows = steps * moments.batch
    gates = plan.floats(rows * 4 * hidden, from: moments.forward, to: moments.last)
    cells = plan.floats(rows * hidden, from: moments.forward, to: moments.last)
    forwardScratch = plan.floats(
      layer.forwardScratch(steps: steps, batch: moments.batch, workers: moments.workers),
      from: moments.forward, to: moments.forward)
    backwardScratch = moments.backward.map { [layer] in
      plan.floats(layer.backwardScratch(batch: moments.batch), from: $0, to: $0)
    }
  }

  private func views(_ pointer: (Range<Int>) -> UnsafeMutablePointer<Float>) -> LSTM.Parameters {
    LSTM.Parameters(
      weightIH: pointer(ranges[0]), weightHH: pointer(ranges[1]), biasIH: pointer(ranges[2]),
      biasHH: pointer(ranges[3]))
  }

  func forward(_ step: StepContext) {
    layer.forward(
      steps: steps, batch: step.count, input: step.memory.floats(wiring.input),
      parameters: views(step.parameter), gates: step.memory.floats(gates),
      cells: step.memory.floats(cells), output: step.memory.floats(wiring.output),
      scratch: step.memory.floats(forwardScratch), pool: step.pool)
  }

  func backward(_ step: StepContext) {
    guard let dy = wiring.outputGradient, let backwardScratch else { return }
    let memory = step.memory
    layer.backward(
      steps: steps, batch: step.count, input: memory.floats(wiring.input),
      output: memory.floats(wiring.output), cells: memory.floats(cells),
      parameters: views(step.parameter), gates: memory.floats(gates),
      outputGradient: memory.floats(dy), gradients: views(step.gradient),
      inputGradient: wiring.inputGradient.map { memory.floats($0) },
      scratch: memory.floats(backwardScratch), pool: step.pool)
  }
}

/// The last step of a sequence, or the mean over all.
struct TimePoolingOperation: Operation {
  let mode: TimePooling
  let steps: Int
  let features: Int
  let wiring: Wiring

  func forward(_ step: StepContext) {
    mode.forward(
      steps: steps, count: step.count * features, input: step.memory.floats(wiring.input),
      output: step.memory.floats(wiring.output))
  }

  func backward(_ step: StepContext) {
    guard let dx = wiring.inputGradient, let dy = wiring.outputGradient else { return }
    mode.backward(
      steps: steps, count: step.count * features, outputGradient: step.memory.floats(dy),
      inputGradient: step.memory.floats(dx))
  }
}

/// The mean over a sequence with learned weights.
struct AttentionOperation: Operation {
  private let layer: AttentionPooling
  private let steps: Int
  private let weight: Range<Int>
  private let wiring: Wiring
  private let shares: MemoryPlan.Slot

  init(
    name: String, steps: Int, features: Int, network: Network, wiring: Wiring, moments: Moments,
    plan: inout MemoryPlan
  ) {
    layer = AttentionPooling(features: features)
    self.steps = steps
    weight = network.entry("\(name).weight")!.range
    self.wiring = wiring
    shares = plan.floats(steps * moments.batch, from: moments.forward, to: moments.last)
  }

  func forward(_ step: StepContext) {
    layer.forward(
      steps: steps, batch: step.count, input: step.memory.floats(wiring.input),
      weight: step.parameter(weight), shares: step.memory.floats(shares),
      output: step.memory.floats(wiring.output))
  }

  func backward(_ step: StepContext) {
    guard let dy = wiring.outputGradient else { return }
    layer.backward(
      steps: steps, batch: step.count, input: step.memory.floats(wiring.input),
      output: step.memory.floats(wiring.output), weight: step.parameter(weight),
      shares: step.memory.floats(shares), outputGradient: step.memory.floats(dy),
      weightGradient: step.gradient(weight),
      inputGradient: wiring.inputGradient.map { step.memory.floats($0) })
  }
}

/// Dropout of vectors; a copy where no random numbers are given.
struct DropoutOperation: Operation {
  private let layer: Dropout
  private let count: Int
  /// Tells this layer's random numbers from those of other dropouts.
  private let number: UInt64
  private let wiring: Wiring
  private let mask: MemoryPlan.Slot

  init(
    rate: Float, count: Int, number: Int, wiring: Wiring, moments: Moments, plan: inout MemoryPlan
  ) {
    layer = Dropout(rate: rate)
    self.count = count
    self.number = UInt64(number)
    self.wiring = wiring
    mask = plan.floats(moments.batch * count, from: moments.forward, to: moments.last)
  }

  func forward(_ step: StepContext) {
    let mask = step.memory.floats(mask)
    if let dropout = step.dropout {
      var base = dropout
      let seed = base.next()
      for sample in 0..<step.count {
        var random = RandomStream(seed: seed, purpose: .dropout, number, UInt64(sample))
        layer.drawMask(mask + sample * count, count: count, random: &random)
      }
    } else {
      mask.update(repeating: 1, count: step.count * count)
    }
    layer.apply(
      mask: mask, count: step.count * count, input: step.memory.floats(wiring.input),
      output: step.memory.floats(wiring.output))
  }

  func backward(_ step: StepContext) {
    guard let dx = wiring.inputGradient, let dy = wiring.outputGradient else { return }
    layer.apply(
      mask: step.memory.floats(mask), count: step.count * count, input: step.memory.floats(dy),
      output: step.memory.floats(dx))
  }
}

/// A fully connected layer.
struct DenseOperation: Operation {
  let layer: Dense
  let weight: Range<Int>
  let bias: Range<Int>
  let wiring: Wiring

  init(name: String, inputs: Int, outputs: Int, network: Network, wiring: Wiring) {
    layer = Dense(inputs: inputs, outputs: outputs)
    weight = network.entry("\(name).weight")!.range
    bias = network.entry("\(name).bias")!.range
    self.wiring = wiring
  }

  func forward(_ step: StepContext) {
    layer.forward(
      rows: step.count, input: step.memory.floats(wiring.input), weight: step.parameter(weight),
      bias: step.parameter(bias), output: step.memory.floats(wiring.output), pool: step.pool)
  }

  func backward(_ step: StepContext) {
    guard let dy = wiring.outputGradient else { return }
    layer.backward(
      rows: step.count, input: step.memory.floats(wiring.input), weight: step.parameter(weight),
      outputGradient: step.memory.floats(dy), weightGradient: step.gradient(weight),
      biasGradient: step.gradient(bias),
      inputGradient: wiring.inputGradient.map { step.memory.floats($0) }, pool: step.pool)
  }
}
