import Tensors

/// Convolution → bias or batch normalisation → ReLU → max pooling.
///
/// With batch normalisation while training, the convolution's output is kept, because its
/// statistics are needed before the rest can run. Otherwise it never exists whole.
struct ConvolutionOperation: Operation {
  private let convolution: any ConvolutionEngine
  private let affinePool: AffineMaxPool
  /// Dense convolutions only, whose bands of rows are pooled before they are ever whole.
  private let fused: FusedConvolution?
  /// Without a normalisation, with windows that are large enough, and unless direct kernels are
  /// asked for.
  private let pooledGradient: PooledWeightGradient?
  private let input, output: Site.Value
  private let weight: Range<Int>
  private let bias: Range<Int>?
  private let norm: Normalisation?
  /// Samples whose gradient at the convolution's output exists at a time, the largest buffer there
  /// is.
  private let part: Int
  private let positions: Int
  private let channels: Int

  /// The normalisation's tensors in the network.
  private struct Normalisation {
    let layer: BatchNormalisation
    let gamma: Range<Int>
    let beta: Range<Int>
    let runningMean: Range<Int>
    let runningVariance: Range<Int>

    init(_ name: String, _ layer: BatchNorm, channels: Int, in site: Site) {
      self.layer = BatchNormalisation(
        channels: channels, epsilon: layer.epsilon, momentum: layer.momentum)
      gamma = site.range(name, "weight")
      beta = site.range(name, "bias")
      runningMean = site.range(name, "running_mean")
      runningVariance = site.range(name, "running_var")
    }
  }

  // Buffers of every mode.
  private let packed: MemoryPlan.Slot
  /// Scale and shift of the affine map, `[2, C]`.
  private let affine: MemoryPlan.Slot
  /// Slabs of the fused convolution, or the unfused one's scratch.
  private let forwardScratch: MemoryPlan.Slot
  /// The convolution's output, where it is needed whole.
  private let convolved: MemoryPlan.Slot?
  private let finishes: Bool
  private let residual: Site.Value?
  private var training: Training?

  private struct Training {
    let packedTransposed: MemoryPlan.Slot?
    let index: MemoryPlan.Slot
    let state: MemoryPlan.Slot
    let statisticsScratch: MemoryPlan.Slot?
    /// Gradient at the convolution's output, with its halo; nil where nobody asks for it whole.
    let gradient: MemoryPlan.Slot?
    let sums: MemoryPlan.Slot
    /// `a`, `b` and `e` of `AffineMaxPool.backward`, `[3, C]`.
    let coefficients: MemoryPlan.Slot
    let weightScratch: MemoryPlan.Slot
    let inputScratch: MemoryPlan.Slot?
  }

  init(_ stage: ConvolutionStage, _ site: Site, plan: inout MemoryPlan) {
    let moments = site.moments
    let convolution = makeConvolution(
      geometry: stage.geometry, input: site.input.layout, method: site.method)
    let dense = convolution as? Convolution
    let pool = AffineMaxPool(
      window: stage.window, relu: stage.relu, input: convolution.output,
      outputHalo: site.output.layout.halo, outputElement: site.output.layout.element,
      ceiling: stage.ceiling)
    self.convolution = convolution
    affinePool = pool
    let learns = site.moments.backward != nil
    // Nothing to pool and nothing to remember: one pass that writes where the next reader wants it.
    finishes = !learns && stage.window == .one
    residual = stage.addsResidual ? site.inputs[1] : nil
    precondition(residual == nil || finishes, "residuals are added in inference, without pooling")
    let fused = finishes ? nil : dense.map { FusedConvolution(convolution: $0, pool: pool) }
    self.fused = fused
    input = site.input
    output = site.output
    weight = site.range(stage.name, "weight")
    bias = stage.bias ? site.range(stage.name, "bias") : nil
    positions = convolution.output.extent.count
    let channels = stage.geometry.outputChannels
    self.channels = channels
    norm = stage.norm.map { Normalisation($0, $1, channels: channels, in: site) }

    let batch = moments.batch
    pooledGradient =
      norm == nil && site.method == .fewestProducts
      ? dense.flatMap { PooledWeightGradient(convolution: $0, pool: pool) } : nil
    part =
      pooledGradient != nil || convolution.sumsParts
      ? min(batch, max(2 * moments.workers, 4)) : batch
    packed = plan.floats(convolution.packedCount, from: moments.start, to: moments.end)
    affine = plan.floats(2 * channels, from: moments.start, to: moments.end)
    let keepsConvolved = !finishes && (fused == nil || (norm != nil && learns))
    forwardScratch = plan.floats(
      fused.flatMap { keepsConvolved ? nil : moments.workers * $0.scratchCount }
        ?? (finishes ? dense?.inferenceScratch(workers: moments.workers) : nil)
          ?? convolution.forwardScratch(workers: moments.workers),
      from: moments.forward, to: moments.forward)
    convolved =
      keepsConvolved
      ? plan.floats(batch * convolution.output.sampleCount, from: moments.forward, to: moments.last)
      : nil
    training = nil
    if let back = moments.backward {
      training = plannedTraining(moments, back: back, wantsInput: input.gradient != nil, &plan)
    }
  }

  /// What the way back needs of memory.
  private func plannedTraining(
    _ moments: Moments, back: Int, wantsInput: Bool, _ plan: inout MemoryPlan
  ) -> Training {
    let batch = moments.batch
    return Training(
      packedTransposed: wantsInput
        ? plan.floats(convolution.packedTransposedCount, from: moments.start, to: moments.end)
        : nil,
      index: plan.request(
        bytes: batch * affinePool.output.denseCount, from: moments.forward, to: back),
      state: plan.floats(4 * channels, from: moments.forward, to: back),
      statisticsScratch: norm.map {
        plan.doubles(
          $0.layer.scratchCount(batch: batch), from: moments.forward, to: moments.forward)
      },
      gradient: pooledGradient == nil || wantsInput
        ? plan.request(
          bytes: part * convolution.gradientLayout.sampleBytes, from: back, to: back) : nil,
      sums: plan.doubles(2 * batch * channels, from: back, to: back),
      coefficients: plan.floats(3 * channels, from: back, to: back),
      weightScratch: plan.floats(
        pooledGradient?.scratchCount
          ?? convolution.weightGradientScratch(workers: moments.workers), from: back, to: back),
      inputScratch: wantsInput
        ? plan.floats(
          convolution.inputGradientScratch(workers: moments.workers), from: back, to: back)
        : nil)
  }

  func prepare(_ step: StepContext) {
    let weights = step.parameter(weight)
    let scale = step.memory.floats(affine)
    let shift = scale + channels
    let packedWeights = step.memory.floats(packed)
    if training == nil, let norm {
      // Inference: the normalisation's scale goes into the weights, its shift stays.
      norm.layer.fold(
        gamma: step.parameter(norm.gamma), beta: step.parameter(norm.beta),
        runningMean: step.statistics(norm.runningMean),
        runningVariance: step.statistics(norm.runningVariance), scale: scale, shift: shift)
      if let bias {
        let offsets = step.parameter(bias)
        for channel in 0..<channels { shift[channel] += scale[channel] * offsets[channel] }
      }
      convolution.pack(
        weights, scale: scale, into: packedWeights, transposed: false, pool: step.pool)
      scale.update(repeating: 1, count: channels)
      return
    }
    convolution.pack(
      weights, scale: nil, into: packedWeights, transposed: false, pool: step.pool)
    if norm == nil {
      scale.update(repeating: 1, count: channels)
      if let bias {
        shift.update(from: step.parameter(bias), count: channels)
      } else {
        shift.update(repeating: 0, count: channels)
      }
    }
    if let transposed = training?.packedTransposed {
      convolution.pack(
        weights, scale: nil, into: step.memory.floats(transposed), transposed: true,
        pool: step.pool)
    }
  }

  func forward(_ step: StepContext) {
    let x = step.memory.bytes(input.slot)
    let y = step.memory.bytes(output.slot)
    let weights = step.memory.floats(packed)
    let target = affinePool.output
    if target.halo != .zero {
      step.pool.parallelFor(step.count) { target.clearHalo(of: y + $0 * target.sampleBytes) }
    }
    let scale = step.memory.floats(affine)
    let shift = scale + channels
    let scratch = step.memory.floats(forwardScratch)
    if finishes {
      let finish = ConvolutionFinish(
        bias: shift, residual: residual.map { UnsafeRawPointer(step.memory.bytes($0.slot)) },
        residualLayout: residual?.layout, low: affinePool.relu ? 0 : -.infinity,
        high: affinePool.relu ? affinePool.ceiling : .infinity)
      return convolution.infer(
        batch: step.count, input: x, packed: weights, finish: finish, output: y, layout: target,
        scratch: scratch, pool: step.pool)
    }
    let index = training.map { step.memory.bytes($0.index) }
    guard let convolvedSlot = convolved else {
      fused?.forward(
        batch: step.count, input: x, packed: weights, scale: scale, shift: shift, output: y,
        index: index, scratch: scratch, workers: step.pool)
      return
    }
    let convolved = step.memory.floats(convolvedSlot)
    guard let training, let norm, let statistics = training.statisticsScratch else {
      // Ways of convolving that do not run band by band.
      convolution.forward(
        batch: step.count, input: x, packed: weights, bias: nil, relu: false, output: convolved,
        scratch: scratch, pool: step.pool)
      return affinePool.forward(
        batch: step.count, input: convolved, scale: scale, shift: shift, output: y, index: index,
        pool: step.pool)
    }
    convolution.forward(
      batch: step.count, input: x, packed: weights,
      bias: bias.map { UnsafePointer(step.parameter($0)) },
      relu: false, output: convolved, scratch: scratch, pool: step.pool)
    let state = BatchNormalisation.State(step.memory.floats(training.state), channels: channels)
    norm.layer.computeStatistics(
      batch: step.count, positions: positions, input: convolved, gamma: step.parameter(norm.gamma),
      beta: step.parameter(norm.beta), runningMean: step.statistics(norm.runningMean),
      runningVariance: step.statistics(norm.runningVariance), state: state,
      scratch: step.memory.doubles(statistics), pool: step.pool)
    affinePool.forward(
      batch: step.count, input: convolved, scale: state.scale, shift: state.shift, output: y,
      index: index, pool: step.pool)
  }

  func backward(_ step: StepContext) {
    guard let training, let outputGradient = output.gradient else { return }
    let memory = step.memory
    let dy = memory.floats(outputGradient)
    let index = memory.bytes(training.index)
    // Without a normalisation nobody asks for it again.
    let convolved = norm == nil ? nil : self.convolved.map { UnsafePointer(memory.floats($0)) }
    let a = memory.floats(training.coefficients)
    let b = a + channels
    let e = b + channels
    affineBackward(
      step, training, convolved: convolved, outputGradient: dy, index: index, a: a, b: b, e: e)
    let weightScratch = memory.floats(training.weightScratch)
    if let pooledGradient {
      pooledGradient(
        batch: step.count, input: memory.bytes(input.slot), outputGradient: dy, index: index,
        gradient: step.gradient(weight), scratch: weightScratch, workers: step.pool)
    }
    guard let gradientSlot = training.gradient else { return }
    let gradient = memory.bytes(gradientSlot)
    for first in stride(from: 0, to: step.count, by: part) {
      let samples = first..<min(first + part, step.count)
      let pooled = first * affinePool.output.denseCount
      affinePool.backward(
        batch: samples.count,
        input: convolved.map { $0 + first * convolution.output.sampleCount },
        outputGradient: dy + pooled, index: index + pooled, a: a, b: b, e: e,
        inputGradient: gradient, gradientLayout: convolution.gradientLayout, pool: step.pool)
      if pooledGradient == nil {
        convolution.sumWeightGradient(
          samples: samples,
          input: memory.bytes(input.slot) + first * convolution.input.sampleBytes,
          outputGradient: gradient, scratch: weightScratch, pool: step.pool)
      }
      if let inputGradient = input.gradient, let transposed = training.packedTransposed,
        let scratch = training.inputScratch
      {
        convolution.inputGradient(
          batch: samples.count, outputGradient: gradient, weights: step.parameter(weight),
          packed: memory.floats(transposed),
          inputGradient: memory.floats(inputGradient) + first * convolution.input.denseCount,
          scratch: memory.floats(scratch), pool: step.pool)
      }
    }
    if pooledGradient == nil {
      convolution.finishWeightGradient(
        step.gradient(weight), scratch: weightScratch, pool: step.pool)
    }
  }

  /// Gradients of the normalisation's parameters and of the bias, and the coefficients of
  /// `AffineMaxPool.backward`: what needs sums over the whole batch.
  private func affineBackward(
    _ step: StepContext, _ training: Training, convolved: UnsafePointer<Float>?,
    outputGradient: UnsafePointer<Float>, index: UnsafePointer<UInt8>,
    a: UnsafeMutablePointer<Float>, b: UnsafeMutablePointer<Float>, e: UnsafeMutablePointer<Float>
  ) {
    let state = BatchNormalisation.State(
      step.memory.floats(training.state), channels: channels)
    let sums = step.memory.doubles(training.sums)
    let normalised = sums + step.count * channels
    affinePool.backwardSums(
      batch: step.count, input: convolved, mean: state.mean, inverse: state.inverse,
      outputGradient: outputGradient, index: index, sums: sums, normalisedSums: normalised,
      pool: step.pool)
    if let norm {
      norm.layer.backward(
        batch: step.count, positions: positions, gamma: step.parameter(norm.gamma), state: state,
        sums: sums, normalisedSums: normalised, gammaGradient: step.gradient(norm.gamma),
        betaGradient: step.gradient(norm.beta), a: a, b: b, e: e)
      // A bias before a normalisation changes nothing.
      if let bias { step.gradient(bias).update(repeating: 0, count: channels) }
      return
    }
    a.update(repeating: 1, count: channels)
    guard let bias else { return }
    let gradient = step.gradient(bias)
    for channel in 0..<channels {
      var sum = 0.0
      for sample in 0..<step.count { sum += sums[sample * channels + channel] }
      gradient[channel] = Float(sum)
    }
  }
}
