import Tensors

/// The mean over time of each feature, then the mean absolute difference of neighbouring steps:
/// `[T, C]` to `[2C]`. Of a single step the differences are 0.
///
/// The one tells what is there, the other how much it moves; neither depends on where in the clip
/// something happens.
public struct TimeStatistics: ExecutableLayer {
  public static let kind = "timestatistics"
  public var title: String { "Mean and change over time" }

  /// Without settings.
  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    return .vector(2 * (try inputs[0].sequence().features))
  }

  /// A subtraction, an absolute value and two sums for each value.
  public func flops(of inputs: [ValueShape]) -> Int { 4 * inputs[0].count }

  package func stage(_ place: PlacedLayer) -> any Stage { TimeStatisticsStage() }

  /// Of one clip, whose steps lie `stride` values apart.
  package static func forward(
    steps: Int, features: Int, input: UnsafePointer<Float>, stride: Int,
    output: UnsafeMutablePointer<Float>
  ) {
    let (mean, change) = (output, output + features)
    mean.update(from: input, count: features)
    change.update(repeating: 0, count: features)
    for step in 1..<max(steps, 1) {
      let (now, before) = (input + step * stride, input + (step - 1) * stride)
      for index in 0..<features {
        mean[index] += now[index]
        change[index] += abs(now[index] - before[index])
      }
    }
    for index in 0..<features {
      mean[index] /= Float(steps)
      change[index] /= Float(max(1, steps - 1))
    }
  }

  /// The gradient of one clip; that of a difference of exactly 0 is 0.
  package static func backward(
    steps: Int, features: Int, input: UnsafePointer<Float>, stride: Int,
    outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    let (mean, change) = (outputGradient, outputGradient + features)
    for step in 0..<steps {
      let dx = inputGradient + step * stride
      for index in 0..<features { dx[index] = mean[index] / Float(steps) }
    }
    for step in 1..<max(steps, 1) {
      let (now, before) = (input + step * stride, input + (step - 1) * stride)
      let (dNow, dBefore) = (inputGradient + step * stride, inputGradient + (step - 1) * stride)
      for index in 0..<features {
        let difference = now[index] - before[index]
        let sign: Float = difference > 0 ? 1 : difference < 0 ? -1 : 0
        let share = sign * change[index] / Float(steps - 1)
        dNow[index] += share
        dBefore[index] -= share
      }
    }
  }
}

extension Node {
  /// The mean over time, and the mean absolute difference of neighbouring steps.
  public static var timeStatistics: Node { Node(TimeStatistics()) }
}

private struct TimeStatisticsStage: Stage {
  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    TimeStatisticsOperation(input: site.input, output: site.output)
  }
}

private struct TimeStatisticsOperation: Operation {
  let input, output: Site.Value

  private var steps: Int { input.shape.rows }
  private var features: Int { input.shape.features }

  // Sequences lie in memory with time before clips.
  func forward(_ step: StepContext) {
    let (x, y) = (step.memory.floats(input.slot), step.memory.floats(output.slot))
    step.pool.parallelFor(step.count) { clip in
      TimeStatistics.forward(
        steps: steps, features: features, input: x + clip * features,
        stride: step.count * features, output: y + clip * 2 * features)
    }
  }

  func backward(_ step: StepContext) {
    guard let gradientIn = input.gradient, let gradientOut = output.gradient else { return }
    let (dx, dy) = (step.memory.floats(gradientIn), step.memory.floats(gradientOut))
    let x = step.memory.floats(input.slot)
    step.pool.parallelFor(step.count) { clip in
      TimeStatistics.backward(
        steps: steps, features: features, input: x + clip * features,
        stride: step.count * features, outputGradient: dy + clip * 2 * features,
        inputGradient: dx + clip * features)
    }
  }
}
