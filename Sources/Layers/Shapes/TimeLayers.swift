internal import CKernels
import Tensors

/// Some of the steps of time of a volume or a sequence: from `start` on, every `step`th, before
/// `end`.
public struct SliceTime: ExecutableLayer {
  public static let kind = "slice_time"
  /// The first step that is kept.
  public var start: Int
  /// Not included; nil is the end.
  public var end: Int?
  /// Steps from one that is kept to the next.
  public var step: Int
  public var title: String { "Slice \(start):\(end.map(String.init) ?? ""):\(step)" }
  public var keepsFeatures: Bool { true }

  /// - Parameter end: not included; nil is the end.
  public init(start: Int = 0, end: Int? = nil, step: Int = 1) {
    self.start = start
    self.end = end
    self.step = step
  }

  private enum CodingKeys: String, CodingKey { case start, end, step }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      start: try values.decodeIfPresent(Int.self, forKey: .start) ?? 0,
      end: try values.decodeIfPresent(Int.self, forKey: .end),
      step: try values.decodeIfPresent(Int.self, forKey: .step) ?? 1)
  }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    func kept(_ steps: Int) throws(LayerError) -> Int {
      let end = end ?? steps
      guard start >= 0, step > 0, step <= 1 << 20, end > start, end <= steps else {
        throw LayerError("takes steps \(start) to \(end) of \(steps), every \(step)th")
      }
      return (end - start + step - 1) / step
    }
    switch inputs[0] {
    case .volume(let extent, let channels):
      return .volume(
        Extent3(try kept(extent.depth), extent.height, extent.width), channels: channels)
    case .sequence(let steps, let features):
      return .sequence(steps: try kept(steps), features: features)
    case .vector: throw LayerError("needs steps of time and cannot take \(inputs[0])")
    }
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    TimeStage(start: start, step: step, isDifference: false)
  }
}

/// The difference to the step before, 0 at the first: as many steps as there were.
public struct DifferenceTime: ExecutableLayer {
  public static let kind = "difference_time"
  public var title: String { "Difference over time" }
  public var keepsFeatures: Bool { true }

  /// Without settings.
  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    if case .vector = inputs[0] {
      throw LayerError("needs steps of time and cannot take \(inputs[0])")
    }
    return inputs[0]
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    TimeStage(start: 0, step: 1, isDifference: true)
  }
}

extension Node {
  /// Some of the steps of time.
  public static func sliceTime(start: Int = 0, end: Int? = nil, step: Int = 1) -> Node {
    Node(SliceTime(start: start, end: end, step: step))
  }
  /// The difference to the step before.
  public static var differenceTime: Node { Node(DifferenceTime()) }
}

private struct TimeStage: Stage {
  let start, step: Int
  let isDifference: Bool

  var rereadsInputs: Bool { false }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    TimeOperation(
      start: start, every: step, isDifference: isDifference, input: site.input,
      output: site.output)
  }
}

/// Works on runs of one step of one clip, which lie in one piece in dense volumes and in sequences.
private struct TimeOperation: Operation {
  let start, every: Int
  let isDifference: Bool
  let input, output: Site.Value

  /// Steps, values of one, and whether clips come before steps.
  private static func axes(_ shape: ValueShape) -> (steps: Int, size: Int, isVolume: Bool) {
    switch shape {
    case .volume(let extent, let channels):
      (extent.depth, extent.height * extent.width * channels, true)
    case .sequence(let steps, let features): (steps, features, false)
    case .vector(let count): (1, count, false)
    }
  }

  private static func place(
    _ axes: (steps: Int, size: Int, isVolume: Bool), time: Int, sample: Int, batch: Int
  ) -> Int {
    (axes.isVolume ? sample * axes.steps + time : time * batch + sample) * axes.size
  }

  func forward(_ step: StepContext) {
    let x = step.memory.floats(input.slot)
    let (from, to) = (Self.axes(input.shape), Self.axes(output.shape))
    RowLoop.clearHalo(step, output)
    if case .volume = output.shape {
      return RowLoop.run(step, output) { run in
        let time = start + run.row / output.layout.extent.height * every
        let offset = run.row % output.layout.extent.height * run.count
        output.write(run, step) { y in
          let here = Self.place(from, time: time, sample: run.sample, batch: step.count) + offset
          write(x + here, before: time > 0 ? x + here - from.size : nil, to: y, count: run.count)
        }
      }
    }
    let y = step.memory.floats(output.slot)
    step.pool.parallelFor(to.steps * step.count) { task in
      let (number, sample) = (task / step.count, task % step.count)
      let time = start + number * every
      let here = Self.place(from, time: time, sample: sample, batch: step.count)
      let before = Self.place(from, time: time - 1, sample: sample, batch: step.count)
      write(
        x + here, before: time > 0 ? x + before : nil,
        to: y + Self.place(to, time: number, sample: sample, batch: step.count), count: to.size)
    }
  }

  private func write(
    _ x: UnsafePointer<Float>, before: UnsafePointer<Float>?, to y: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    guard isDifference else { return y.update(from: x, count: count) }
    guard let before else { return y.update(repeating: 0, count: count) }
    for index in 0..<count { y[index] = x[index] - before[index] }
  }

  func backward(_ step: StepContext) {
    guard let gradientIn = input.gradient, let gradientOut = output.gradient else { return }
    let (dx, dy) = (step.memory.floats(gradientIn), step.memory.floats(gradientOut))
    let (from, to) = (Self.axes(input.shape), Self.axes(output.shape))
    step.pool.parallelFor(from.steps * step.count) { task in
      let (time, sample) = (task / step.count, task % step.count)
      let target = dx + Self.place(from, time: time, sample: sample, batch: step.count)
      func gradient(_ number: Int) -> UnsafePointer<Float> {
        UnsafePointer(dy + Self.place(to, time: number, sample: sample, batch: step.count))
      }
      if isDifference {
        target.update(repeating: 0, count: from.size)
        if time > 0 { VectorMath.add(gradient(time), to: target, count: from.size) }
        if time + 1 < from.steps {
          let next = gradient(time + 1)
          for index in 0..<from.size { target[index] -= next[index] }
        }
        return
      }
      let (number, rest) = (time - start).quotientAndRemainder(dividingBy: every)
      if time >= start, rest == 0, number < to.steps {
        target.update(from: gradient(number), count: from.size)
      } else {
        target.update(repeating: 0, count: from.size)
      }
    }
  }
}
