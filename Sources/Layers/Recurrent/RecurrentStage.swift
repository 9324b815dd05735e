import Tensors

/// A recurrent network over a sequence `[T, N, I]` to `[T, N, D · H]`: layers on top of each other,
/// each in one direction or both.
struct RecurrentStage: Stage {
  let name: String
  let cell: any RecurrentCell
  let hidden: Int
  var layers = 1
  var isBidirectional = false
  /// Whether names end as PyTorch's do.
  var isNumbered = false

  private var directions: Int { isBidirectional ? 2 : 1 }

  /// What is behind the names of one pass.
  private func suffix(_ layer: Int, _ direction: Int) -> String? {
    isNumbered ? "_l\(layer)" + (direction == 1 ? "_reverse" : "") : nil
  }

  func parameters(inputs: Int) -> [ParameterSpec] {
    eachPass(inputs: inputs) { layer, direction, inputs in
      RecurrentPass.parameters(
        cell, inputs: inputs, hidden: hidden, suffix: suffix(layer, direction))
    }.flatMap { $0 }
  }

  func flops(inputs: Int, steps: Int) -> Int {
    eachPass(inputs: inputs) { _, _, inputs in
      RecurrentPass.flops(cell, inputs: inputs, hidden: hidden, steps: steps)
    }.reduce(0, +)
  }

  private func eachPass<Result>(
    inputs: Int, _ body: (_ layer: Int, _ direction: Int, _ inputs: Int) -> Result
  ) -> [Result] {
    (0..<layers).flatMap { layer in
      (0..<directions).map { body(layer, $0, layer == 0 ? inputs : directions * hidden) }
    }
  }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    let moments = site.moments
    let steps = site.input.shape.rows
    let width = directions * hidden
    var passes: [[RecurrentPass]] = []
    for layer in 0..<layers {
      passes.append(
        (0..<directions).map { direction in
          RecurrentPass(
            cell: cell, inputs: layer == 0 ? site.input.shape.features : width, hidden: hidden,
            steps: steps, isReversed: direction == 1, layer: name,
            suffix: suffix(layer, direction), site, plan: &plan)
        })
    }
    let size = moments.batch * steps * width
    return RecurrentOperation(
      passes: passes, width: width, hidden: hidden, input: site.input, output: site.output,
      between: (1..<max(1, layers)).map { _ in
        plan.floats(size, from: moments.forward, to: moments.last)
      },
      gradients: moments.backward.map { back in
        (1..<max(1, layers)).map { _ in plan.floats(size, from: back, to: back) }
      })
  }
}

private struct RecurrentOperation: Operation {
  /// By layer and direction.
  let passes: [[RecurrentPass]]
  let width, hidden: Int
  let input, output: Site.Value
  /// What one layer gives to the next, and the gradients there.
  let between: [MemoryPlan.Slot]
  let gradients: [MemoryPlan.Slot]?

  func forget(_ step: StepContext) {
    for pass in passes.joined() { pass.forget(step) }
  }

  func forward(_ step: StepContext) {
    for (layer, directions) in passes.enumerated() {
      let x = step.memory.floats(layer == 0 ? input.slot : between[layer - 1])
      let y = step.memory.floats(layer == passes.count - 1 ? output.slot : between[layer])
      for (direction, pass) in directions.enumerated() {
        pass.forward(step, input: x, output: y + direction * hidden, stride: width)
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let last = output.gradient, let gradients else { return }
    for (layer, directions) in passes.enumerated().reversed() {
      let x = step.memory.floats(layer == 0 ? input.slot : between[layer - 1])
      let dy = step.memory.floats(layer == passes.count - 1 ? last : gradients[layer])
      let dx = (layer == 0 ? input.gradient : gradients[layer - 1]).map { step.memory.floats($0) }
      for (direction, pass) in directions.enumerated() {
        pass.backward(
          step, input: x, outputGradient: dy + direction * hidden, stride: width,
          inputGradient: dx, adds: direction > 0)
      }
    }
  }
}
