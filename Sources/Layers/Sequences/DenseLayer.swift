import Tensors

/// A fully connected layer, `[I]` to `[O]`, parameters as PyTorch's `Linear`.
public struct DenseLayer: ExecutableLayer {
  public static let kind = "dense"
  /// Length of the vector it gives.
  public var outputs: Int
  public var title: String { "Dense" }
  public var isOriginal: Bool { true }

  /// - Parameter outputs: length of the vector it gives.
  public init(outputs: Int) { self.outputs = outputs }

  public func with(outputs: Int) -> DenseLayer? { DenseLayer(outputs: outputs) }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    try LayerError.require(outputs, "outputs", in: 1...1 << 20)
    _ = try inputs[0].vector()
    return .vector(outputs)
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    [
      ParameterSpec(
        "weight", [outputs, inputs[0].count], .weight, ParameterSpec.inverseRoot(inputs[0].count)),
      ParameterSpec("bias", [outputs], .bias),
    ]
  }

  public func flops(of inputs: [ValueShape]) -> Int { 2 * inputs[0].count * outputs }

  package func stage(_ place: PlacedLayer) -> any Stage { DenseStage(name: place.name) }
}

extension Node {
  /// A fully connected layer.
  public static func dense(name: String, outputs: Int) -> Node {
    Node(DenseLayer(outputs: outputs), name: name)
  }
}

private struct DenseStage: Stage {
  let name: String

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    DenseOperation(
      layer: Dense(inputs: site.input.shape.count, outputs: site.output.shape.count),
      weight: site.range(name, "weight"), bias: site.range(name, "bias"), input: site.input,
      output: site.output)
  }
}

private struct DenseOperation: Operation {
  let layer: Dense
  let weight: Range<Int>
  let bias: Range<Int>
  let input, output: Site.Value

  func forward(_ step: StepContext) {
    layer.forward(
      rows: step.count, input: step.memory.floats(input.slot), weight: step.parameter(weight),
      bias: step.parameter(bias), output: step.memory.floats(output.slot), pool: step.pool)
  }

  func backward(_ step: StepContext) {
    guard let dy = output.gradient else { return }
    layer.backward(
      rows: step.count, input: step.memory.floats(input.slot), weight: step.parameter(weight),
      outputGradient: step.memory.floats(dy), weightGradient: step.gradient(weight),
      biasGradient: step.gradient(bias),
      inputGradient: input.gradient.map { step.memory.floats($0) }, pool: step.pool)
  }
}
