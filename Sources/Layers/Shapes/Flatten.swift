internal import CKernels
import Tensors

/// Everything of a clip in one vector, in PyTorch's order: channel, time, height, width of a volume;
/// step, feature of a sequence.
public struct Flatten: ExecutableLayer {
  public static let kind = "flatten"
  public var title: String { "Flatten" }
  /// Where it reads a single position; of more, classes do not fit what it gives.
  public var keepsFeatures: Bool { true }

  /// Without settings.
  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    return .vector(inputs[0].count)
  }

  package func stage(_ place: PlacedLayer) -> any Stage { OrderStage() }
}

/// The same values under another shape, read and written in PyTorch's order: `[C]`, `[T, C]`, or
/// `[C, D, H, W]`.
public struct Reshape: ExecutableLayer {
  public static let kind = "reshape"
  /// One number for a vector, two for a sequence, four for a volume, channels first.
  public var shape: [Int]
  public var title: String { "Reshape " + shape.map(String.init).joined(separator: "×") }

  /// - Parameter shape: `[C]`, `[T, C]` or `[C, D, H, W]`, of as many values.
  public init(shape: [Int]) { self.shape = shape }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    for side in shape { try LayerError.require(side, "values along an axis", in: 1...1 << 28) }
    var count = 1
    for side in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: side)
      guard !overflows else { throw LayerError("\(shape) is too large") }
      count = product
    }
    guard count == inputs[0].count, [1, 2, 4].contains(shape.count) else {
      throw LayerError(
        "makes \(shape) of \(inputs[0]): the number of values must stay, as [C], [T, C] or "
          + "[C, D, H, W]")
    }
    switch shape.count {
    case 1: return .vector(shape[0])
    case 2: return .sequence(steps: shape[0], features: shape[1])
    default: return .volume(Extent3(shape[1], shape[2], shape[3]), channels: shape[0])
    }
  }

  package func stage(_ place: PlacedLayer) -> any Stage { OrderStage() }
}

/// A sequence as a volume of one position a step: `[T, C]` to `[T, 1, 1, C]`.
public struct StepsToVolume: ExecutableLayer {
  public static let kind = "steps_to_volume"
  public var title: String { "Steps to volume" }
  public var keepsFeatures: Bool { true }

  /// Without settings.
  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    let (steps, features) = try inputs[0].sequence()
    return .volume(Extent3(steps, 1, 1), channels: features)
  }

  package func stage(_ place: PlacedLayer) -> any Stage { OrderStage(keepsSteps: true) }
}

extension Node {
  /// Everything of a clip in one vector.
  public static var flatten: Node { Node(Flatten()) }
  /// The same values under another shape, in PyTorch's order.
  public static func reshape(_ shape: [Int]) -> Node { Node(Reshape(shape: shape)) }
  /// A sequence as a volume of one position a step.
  public static var stepsToVolume: Node { Node(StepsToVolume()) }
}

/// Brings each clip's values from their own order into PyTorch's and from there into the other's.
private struct OrderStage: Stage {
  /// Steps stay steps, whatever PyTorch's order of a volume.
  var keepsSteps = false

  var rereadsInputs: Bool { false }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    let moments = site.moments
    return OrderOperation(
      input: site.input, output: site.output, keepsSteps: keepsSteps,
      scratch: plan.floats(
        moments.batch * site.input.shape.count, from: moments.forward, to: moments.forward),
      backwardScratch: moments.backward.map {
        plan.floats(moments.batch * site.input.shape.count, from: $0, to: $0)
      })
  }
}

private struct OrderOperation: Operation {
  let input, output: Site.Value
  let keepsSteps: Bool
  let scratch: MemoryPlan.Slot
  let backwardScratch: MemoryPlan.Slot?

  func forward(_ step: StepContext) {
    let order = step.memory.floats(scratch)
    let y = step.memory.floats(scratch)
    let x = step.memory.floats(input.slot)
    step.pool.parallelFor(step.count) { sample in
      gather(input.shape, x, into: order, sample: sample, batch: step.count)
    }
    RowLoop.clearHalo(step, output)
    guard case .volume(_, let channels) = output.shape, !keepsSteps else {
      if case .volume = output.shape { return storeSteps(y, step) }
      let target = step.memory.floats(output.slot)
      return step.pool.parallelFor(step.count) { sample in
        scatter(output.shape, order, into: target, sample: sample, batch: step.count)
      }
    }
    let positions = output.shape.rows
    RowLoop.run(step, output) { run in
      let clip = order + run.sample * output.shape.count
      let first = run.row * output.layout.extent.width
      output.write(run, step) { row in
        for position in 0..<run.count / channels {
          for channel in 0..<channels {
            row[position * channels + channel] = clip[channel * positions + first + position]
          }
        }
      }
    }
  }

  /// Steps of each clip follow each other in `values`; each becomes a row.
  private func storeSteps(_ values: UnsafePointer<Float>, _ step: StepContext) {
    RowLoop.run(step, output) { run in
      output.write(run, step) { $0.update(from: values + run.dense, count: run.count) }
    }
  }

  func backward(_ step: StepContext) {
    guard let dx = input.gradient, let dy = output.gradient, let backwardScratch else { return }
    let order = step.memory.floats(backwardScratch)
    let (from, to) = (step.memory.floats(dy), step.memory.floats(dx))
    step.pool.parallelFor(step.count) { sample in
      if keepsSteps {
        let count = output.shape.count
        (order + sample * count).update(from: from + sample * count, count: count)
      } else {
        gather(output.shape, from, into: order, sample: sample, batch: step.count)
      }
      scatter(input.shape, order, into: to, sample: sample, batch: step.count)
    }
  }

  /// One clip of dense values into PyTorch's order, clip after clip.
  private func gather(
    _ shape: ValueShape, _ values: UnsafePointer<Float>, into order: UnsafeMutablePointer<Float>,
    sample: Int, batch: Int
  ) {
    let clip = order + sample * shape.count
    switch shape {
    case .volume(let extent, let channels):
      vc_transpose(values + sample * shape.count, clip, extent.count, channels)
    case .sequence(let steps, let features):
      for time in 0..<steps {
        (clip + time * features).update(
          from: values + (time * batch + sample) * features, count: features)
      }
    case .vector(let count): clip.update(from: values + sample * count, count: count)
    }
  }

  /// The way back.
  private func scatter(
    _ shape: ValueShape, _ order: UnsafePointer<Float>, into values: UnsafeMutablePointer<Float>,
    sample: Int, batch: Int
  ) {
    let clip = order + sample * shape.count
    switch shape {
    case .volume(let extent, let channels):
      vc_transpose(clip, values + sample * shape.count, channels, extent.count)
    case .sequence(let steps, let features):
      for time in 0..<steps {
        (values + (time * batch + sample) * features).update(
          from: clip + time * features, count: features)
      }
    case .vector(let count): (values + sample * count).update(from: clip, count: count)
    }
  }
}
