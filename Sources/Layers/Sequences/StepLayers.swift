import Tensors

/// Mean over height and width of each time step: `[D, H, W, C]` to `[D, C]`.
public struct SpatialMean: ExecutableLayer {
  public static let kind = "spatialmean"
  public var title: String { "Spatial mean" }
  public var isOriginal: Bool { true }
  public var keepsFeatures: Bool { true }

  /// Without settings.
  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    let (extent, channels) = try inputs[0].volume()
    return .sequence(steps: extent.depth, features: channels)
  }

  package func stage(_ place: PlacedLayer) -> any Stage { StepStage(isMean: true) }
}

/// Each time step flattened for itself, in PyTorch's order (channel, height, width):
/// `[D, H, W, C]` to `[D, C · H · W]`. The time axis stays for a recurrent layer.
public struct FlattenSteps: ExecutableLayer {
  public static let kind = "flattensteps"
  public var title: String { "Flatten per step" }
  public var isOriginal: Bool { true }
  /// Where it reads a single position a step; of more, classes do not fit what it gives.
  public var keepsFeatures: Bool { true }

  /// Without settings.
  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    let (extent, channels) = try inputs[0].volume()
    return .sequence(steps: extent.depth, features: channels * extent.height * extent.width)
  }

  package func stage(_ place: PlacedLayer) -> any Stage { StepStage(isMean: false) }
}

extension Node {
  /// Mean over height and width of each time step.
  public static var spatialMean: Node { Node(SpatialMean()) }
  /// Each time step flattened for itself.
  public static var flattenSteps: Node { Node(FlattenSteps()) }
}

private struct StepStage: Stage {
  let isMean: Bool

  var rereadsInputs: Bool { false }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    StepOperation(isMean: isMean, input: site.input, output: site.output)
  }
}

private struct StepOperation: Operation {
  let isMean: Bool
  let input, output: Site.Value

  func forward(_ step: StepContext) {
    let run = isMean ? StepFeatures.spatialMean : StepFeatures.flatten
    run(
      step.count, input.layout, step.memory.floats(input.slot), step.memory.floats(output.slot),
      step.pool)
  }

  func backward(_ step: StepContext) {
    guard let dx = input.gradient, let dy = output.gradient else { return }
    let run = isMean ? StepFeatures.spatialMeanBackward : StepFeatures.flattenBackward
    run(step.count, input.layout, step.memory.floats(dy), step.memory.floats(dx), step.pool)
  }
}
