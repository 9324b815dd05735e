import Tensors

/// The mean over all steps of a sequence with learned weights: `[T, C]` to `[C]`.
public struct AttentionPool: ExecutableLayer {
  public static let kind = "attention"
  public var title: String { "Attention over time" }
  public var isOriginal: Bool { true }

  /// Its weights start at 0, which is the mean over all steps.
  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    return .vector(try inputs[0].sequence().features)
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    // From 0 on: training starts with the plain mean.
    [ParameterSpec("weight", [1, inputs[0].features], .weight)]
  }

  public func flops(of inputs: [ValueShape]) -> Int {
    AttentionPooling(features: inputs[0].features).flops(steps: inputs[0].rows)
  }

  package func stage(_ place: PlacedLayer) -> any Stage { AttentionPoolStage(name: place.name) }
}

extension Node {
  /// The mean over all steps with learned weights.
  public static func attention(name: String) -> Node { Node(AttentionPool(), name: name) }
}

private struct AttentionPoolStage: Stage {
  let name: String

  var rereadsOutput: Bool { true }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    AttentionPoolOperation(name: name, site, plan: &plan)
  }
}

private struct AttentionPoolOperation: Operation {
  private let layer: AttentionPooling
  private let steps: Int
  private let weight: Range<Int>
  private let input, output: Site.Value
  private let shares: MemoryPlan.Slot

  init(name: String, _ site: Site, plan: inout MemoryPlan) {
    layer = AttentionPooling(features: site.input.shape.features)
    steps = site.input.shape.rows
    weight = site.range(name, "weight")
    input = site.input
    output = site.output
    shares = plan.floats(
      steps * site.moments.batch, from: site.moments.forward, to: site.moments.last)
  }

  func forward(_ step: StepContext) {
    layer.forward(
      steps: steps, batch: step.count, input: step.memory.floats(input.slot),
      weight: step.parameter(weight), shares: step.memory.floats(shares),
      output: step.memory.floats(output.slot))
  }

  func backward(_ step: StepContext) {
    guard let dy = output.gradient else { return }
    layer.backward(
      steps: steps, batch: step.count, input: step.memory.floats(input.slot),
      output: step.memory.floats(output.slot), weight: step.parameter(weight),
      shares: step.memory.floats(shares), outputGradient: step.memory.floats(dy),
      weightGradient: step.gradient(weight),
      inputGradient: input.gradient.map { step.memory.floats($0) })
  }
}
