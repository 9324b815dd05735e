import Tensors

/// The last step of a sequence, or the mean over all: `[T, C]` to `[C]`.
public struct TimePool: ExecutableLayer {
  public static let kind = "timepooling"
  /// Which steps the vector comes from.
  public var mode: TimePooling
  public var title: String { mode == .mean ? "Mean over time" : "Last step" }
  public var isOriginal: Bool { true }
  public var keepsFeatures: Bool { true }

  /// - Parameter mode: the last step, or the mean over all.
  public init(mode: TimePooling) { self.mode = mode }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    return .vector(try inputs[0].sequence().features)
  }

  package func stage(_ place: PlacedLayer) -> any Stage { TimePoolStage(mode: mode) }
}

extension Node {
  /// The last step, or the mean over all.
  public static func timePooling(_ mode: TimePooling) -> Node { Node(TimePool(mode: mode)) }
}

private struct TimePoolStage: Stage {
  let mode: TimePooling

  var rereadsInputs: Bool { false }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    TimePoolOperation(mode: mode, input: site.input, output: site.output)
  }
}

private struct TimePoolOperation: Operation {
  let mode: TimePooling
  let input, output: Site.Value

  func forward(_ step: StepContext) {
    mode.forward(
      steps: input.shape.rows, count: step.count * output.shape.count,
      input: step.memory.floats(input.slot), output: step.memory.floats(output.slot))
  }

  func backward(_ step: StepContext) {
    guard let dx = input.gradient, let dy = output.gradient else { return }
    mode.backward(
      steps: input.shape.rows, count: step.count * output.shape.count,
      outputGradient: step.memory.floats(dy), inputGradient: step.memory.floats(dx))
  }
}
