internal import CKernels
import Tensors

extension BatchNorm: ExecutableLayer {
  package func worksByFrame(_ inputs: [ValueShape]) -> Bool { true }

  package func stage(_ place: PlacedLayer) -> any Stage {
    BatchNormStage(name: place.name, settings: self)
  }
}

/// Batch normalisation that no convolution takes into its own pass, of values of any shape.
private struct BatchNormStage: Stage {
  let name: String
  let settings: BatchNorm

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    BatchNormOperation(self, site, plan: &plan)
  }
}

private struct BatchNormOperation: Operation {
  private let layer: BatchNormalisation
  private let channels: Int
  private let input, output: Site.Value
  private let gamma, beta, runningMean, runningVariance: Range<Int>
  /// Mean, inverse deviation, scale and shift, `[4, C]`.
  private let state: MemoryPlan.Slot
  private let statistics: MemoryPlan.Slot?
  private let sums: MemoryPlan.Slot?

  init(_ stage: BatchNormStage, _ site: Site, plan: inout MemoryPlan) {
    let moments = site.moments
    channels = site.input.shape.features
    layer = BatchNormalisation(
      channels: channels, epsilon: stage.settings.epsilon, momentum: stage.settings.momentum)
    input = site.input
    output = site.output
    gamma = site.range(stage.name, "weight")
    beta = site.range(stage.name, "bias")
    runningMean = site.range(stage.name, "running_mean")
    runningVariance = site.range(stage.name, "running_var")
    let learns = moments.backward != nil
    state = plan.floats(
      4 * channels, from: learns ? moments.forward : moments.start,
      to: learns ? moments.last : moments.end)
    statistics =
      learns
      ? plan.doubles(
        layer.scratchCount(batch: moments.batch), from: moments.forward, to: moments.forward)
      : nil
    sums = moments.backward.map { [channels] in
      plan.doubles(2 * moments.batch * channels + 2 * channels, from: $0, to: $0)
    }
  }

  private func state(_ step: StepContext) -> BatchNormalisation.State {
    BatchNormalisation.State(step.memory.floats(state), channels: channels)
  }

  func prepare(_ step: StepContext) {
    guard statistics == nil else { return }
    let state = state(step)
    layer.fold(
      gamma: step.parameter(gamma), beta: step.parameter(beta),
      runningMean: step.statistics(runningMean), runningVariance: step.statistics(runningVariance),
      scale: state.scale, shift: state.shift)
  }

  func forward(_ step: StepContext) {
    let state = state(step)
    // Rows of a sequence lie one after the other whatever clip they are of: so many to a "sample".
    let rows = input.shape.rows
    if let statistics {
      layer.computeStatistics(
        batch: step.count, positions: rows, input: step.memory.floats(input.slot),
        gamma: step.parameter(gamma), beta: step.parameter(beta),
        runningMean: step.statistics(runningMean),
        runningVariance: step.statistics(runningVariance), state: state,
        scratch: step.memory.doubles(statistics), pool: step.pool)
    }
    let kernel = InstructionSet.kernels.pointee.affine!
    RowLoop.clearHalo(step, output)
    eachRun(step) { run in
      let x = input.floats(run, step)
      output.write(run, step) { y in
        for start in stride(from: 0, to: run.count, by: channels) {
          kernel(x + start, state.scale, state.shift, y + start, channels)
        }
      }
    }
  }

  /// Runs of whole rows of channels.
  private func eachRun(_ step: StepContext, _ body: (RowRun) -> Void) {
    if case .volume = output.shape { return RowLoop.run(step, output, body) }
    let rows = input.shape.rows
    step.pool.parallelFor(step.count) { sample in
      body(
        RowRun(
          dense: sample * rows * channels, count: rows * channels, sample: 0, row: 0,
          isVolume: false))
    }
  }

  func backward(_ step: StepContext) {
    guard let gradient = output.gradient, let sums else { return }
    let (x, dy) = (step.memory.floats(input.slot), step.memory.floats(gradient))
    let state = state(step)
    let rows = input.shape.rows
    let plain = step.memory.doubles(sums)
    let normalised = plain + step.count * channels
    step.pool.parallelFor(step.count) { sample in
      let (sum, other) = (plain + sample * channels, normalised + sample * channels)
      sum.update(repeating: 0, count: channels)
      other.update(repeating: 0, count: channels)
      for row in sample * rows..<(sample + 1) * rows {
        let (x, g) = (x + row * channels, dy + row * channels)
        for channel in 0..<channels {
          sum[channel] += Double(g[channel])
          other[channel] += Double(
            g[channel] * ((x[channel] - state.mean[channel]) * state.inverse[channel]))
        }
      }
    }
    let coefficients = UnsafeMutableRawPointer(normalised + step.count * channels)
      .assumingMemoryBound(to: Float.self)
    let (a, b, e) = (coefficients, coefficients + channels, coefficients + 2 * channels)
    layer.backward(
      batch: step.count, positions: rows, gamma: step.parameter(gamma), state: state, sums: plain,
      normalisedSums: normalised, gammaGradient: step.gradient(gamma),
      betaGradient: step.gradient(beta), a: a, b: b, e: e)
    guard let slot = input.gradient else { return }
    let dx = step.memory.floats(slot)
    step.pool.parallelFor(step.count) { sample in
      for row in sample * rows..<(sample + 1) * rows {
        let (x, g, target) = (x + row * channels, dy + row * channels, dx + row * channels)
        for channel in 0..<channels {
          target[channel] = a[channel] * g[channel] + b[channel] * x[channel] + e[channel]
        }
      }
    }
  }
}
