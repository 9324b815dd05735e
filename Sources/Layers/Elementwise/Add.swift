internal import CKernels
import Tensors

/// The sum of values of one shape: a residual, for instance. With a rectifier behind it, both run in
/// one pass.
public struct Add: ExecutableLayer {
  public static let kind = "add"
  public var title: String { "Add" }

  /// The node says what is added.
  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    guard inputs.count > 1, inputs.count <= 64, inputs.allSatisfy({ $0 == inputs[0] }) else {
      throw LayerError(
        "adds 2 to 64 values of one shape, not "
          + inputs.map(\.description).joined(separator: " and "))
    }
    return inputs[0]
  }

  public func flops(of inputs: [ValueShape]) -> Int { (inputs.count - 1) * inputs[0].count }

  package func worksByFrame(_ inputs: [ValueShape]) -> Bool { true }
  package func stage(_ place: PlacedLayer) -> any Stage { AddStage() }
}

extension Node {
  /// The sum of several values, to be told which by `reading`.
  public static var add: Node { Node(Add()) }
}

private struct AddStage: Stage {
  /// Of a rectifier behind it.
  var ceiling: Float?

  func fused(with next: PlacedLayer, at position: Int, for purpose: Purpose) -> (any Stage)? {
    guard ceiling == nil, let layer = next.layer as? any ClampingLayer else { return nil }
    return AddStage(ceiling: layer.ceiling)
  }

  func need(ofInput index: Int, element: Element) -> InputNeed { InputNeed() }
  var rereadsInputs: Bool { false }
  var rereadsOutput: Bool { ceiling != nil }
  var passesGradient: Bool { ceiling == nil }
  var replacedInput: Int? { 0 }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    AddOperation(ceiling: ceiling, inputs: site.inputs, output: site.output)
  }
}

private struct AddOperation: Operation {
  let ceiling: Float?
  let inputs: [Site.Value]
  let output: Site.Value

  func forward(_ step: StepContext) {
    let kernels = InstructionSet.kernels.pointee
    RowLoop.clearHalo(step, output)
    RowLoop.run(step, output) { run in
      output.write(run, step) { sum in
        let first = inputs[0].floats(run, step)
        if first != sum { sum.update(from: first, count: run.count) }
        for input in inputs.dropFirst() { kernels.add(sum, input.floats(run, step), run.count) }
        if let ceiling { kernels.activate(vc_rectifier, ceiling, sum, sum, run.count) }
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let ceiling, let dy = output.gradient else { return }
    let kernel = InstructionSet.kernels.pointee.activate_backward!
    let from = step.memory.floats(dy)
    RowLoop.run(step, output) { run in
      output.read(run, step) { y in
        for input in inputs {
          guard let dx = input.gradient else { continue }
          kernel(
            vc_rectifier, ceiling, y, from + run.dense, step.memory.floats(dx) + run.dense,
            run.count)
        }
      }
    }
  }
}
