import Tensors

/// A convolution along time of a sequence `[T, N, C]`: the sequence is brought into the order of
/// volumes `[N, T, 1, 1, C]`, convolved there, and brought back.
struct SequenceConvolutionStage: Stage {
  let place: PlacedLayer
  let settings: ConvolutionSettings

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    SequenceConvolutionOperation(self, site, plan: &plan)
  }
}

struct SequenceConvolutionOperation: Operation {
  private let convolution: ConvolutionOperation
  private let input, output: Site.Value
  private let volumeIn, volumeOut: Site.Value

  init(_ stage: SequenceConvolutionStage, _ site: Site, plan: inout MemoryPlan) {
    input = site.input
    output = site.output
    let moments = site.moments
    let features = site.input.shape.features
    let extent = Extent3(site.input.shape.rows, 1, 1)
    let volume = ConvolutionStage(
      name: stage.place.name, geometry: stage.settings.geometry(on: extent, channels: features),
      bias: stage.settings.bias, input: extent)
    let need = volume.need(ofInput: 0, element: site.element)
    let layoutIn = ActivationLayout(
      extent: extent, channels: features, halo: need.halo, element: need.element)
    let layoutOut = ActivationLayout(
      extent: Extent3(site.output.shape.rows, 1, 1), channels: site.output.shape.features)
    func value(_ layout: ActivationLayout, gradient: Bool) -> Site.Value {
      Site.Value(
        shape: .volume(layout.extent, channels: layout.channels), layout: layout,
        slot: plan.request(
          bytes: moments.batch * layout.sampleBytes, from: moments.forward, to: moments.last),
        gradient: gradient
          ? moments.backward.map {
            plan.floats(moments.batch * layout.denseCount, from: $0, to: $0)
          } : nil)
    }
    volumeIn = value(layoutIn, gradient: site.input.gradient != nil)
    volumeOut = value(layoutOut, gradient: true)
    convolution = ConvolutionOperation(
      volume,
      Site(
        inputs: [volumeIn], output: volumeOut, moments: moments, method: site.method,
        element: site.element, randomKey: site.randomKey, ranges: site.ranges), plan: &plan)
  }

  func prepare(_ step: StepContext) { convolution.prepare(step) }

  func forward(_ step: StepContext) {
    let memory = step.memory
    let layout = volumeIn.layout
    let (steps, features) = (layout.extent.depth, layout.channels)
    let x = memory.floats(input.slot)
    let padded = memory.bytes(volumeIn.slot)
    for sample in 0..<step.count {
      let target = padded + sample * layout.sampleBytes
      layout.clearHalo(of: target)
      for time in 0..<steps {
        layout.storeRow(
          x + (time * step.count + sample) * features, depth: time, height: 0, in: target)
      }
    }
    convolution.forward(step)
    copy(
      memory.floats(volumeOut.slot), batch: step.count, toSequence: memory.floats(output.slot),
      volumeOut.layout)
  }

  func backward(_ step: StepContext) {
    guard let dy = output.gradient, let volumeGradient = volumeOut.gradient else { return }
    let memory = step.memory
    let layout = volumeOut.layout
    let (steps, features) = (layout.extent.depth, layout.channels)
    let (source, target) = (memory.floats(dy), memory.floats(volumeGradient))
    for time in 0..<steps {
      for sample in 0..<step.count {
        (target + (sample * steps + time) * features).update(
          from: source + (time * step.count + sample) * features, count: features)
      }
    }
    convolution.backward(step)
    if let dx = input.gradient, let gradient = volumeIn.gradient {
      copy(
        memory.floats(gradient), batch: step.count, toSequence: memory.floats(dx),
        volumeIn.layout)
    }
  }

  private func copy(
    _ volume: UnsafePointer<Float>, batch: Int, toSequence sequence: UnsafeMutablePointer<Float>,
    _ layout: ActivationLayout
  ) {
    let (steps, features) = (layout.extent.depth, layout.channels)
    for time in 0..<steps {
      for sample in 0..<batch {
        (sequence + (time * batch + sample) * features).update(
          from: volume + (sample * steps + time) * features, count: features)
      }
    }
  }
}
