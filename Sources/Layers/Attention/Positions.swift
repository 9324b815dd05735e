import Tensors

/// Adds to each step of a sequence a vector of its own, learned from 0 on, so that attention can tell
/// times apart: parameter `weight` `[T, C]`.
public struct Positions: ExecutableLayer {
  public static let kind = "positions"
  public var title: String { "Positions" }

  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    _ = try inputs[0].sequence()
    return inputs[0]
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    [ParameterSpec("weight", [inputs[0].rows, inputs[0].features], .bias)]
  }

  package func stage(_ place: PlacedLayer) -> any Stage { PositionsStage(name: place.name) }
}

extension Node {
  /// Adds to each step a vector of its own.
  public static func positions(name: String) -> Node { Node(Positions(), name: name) }
}

private struct PositionsStage: Stage {
  let name: String

  var rereadsInputs: Bool { false }
  var passesGradient: Bool { true }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    PositionsOperation(
      weight: site.range(name, "weight"), input: site.input, output: site.output)
  }
}

private struct PositionsOperation: Operation {
  let weight: Range<Int>
  let input, output: Site.Value

  func forward(_ step: StepContext) {
    let (x, y) = (step.memory.floats(input.slot), step.memory.floats(output.slot))
    let size = input.shape.features
    y.update(from: x, count: step.count * input.shape.count)
    for time in 0..<input.shape.rows {
      for sample in 0..<step.count {
        VectorMath.add(
          step.parameter(weight) + time * size, to: y + (time * step.count + sample) * size,
          count: size)
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let gradient = output.gradient else { return }
    let dy = step.memory.floats(gradient)
    let size = input.shape.features
    for time in 0..<input.shape.rows {
      Dense.sumRows(
        dy + time * step.count * size, rows: step.count, columns: size,
        into: step.gradient(weight) + time * size)
    }
  }
}
