internal import CKernels
import Tensors

/// A function of each value, in place where its way back does not need what it read.
struct ActivationStage: Stage {
  let kind: vc_activation
  let setting: Float

  /// Whether the derivative is a function of the output alone.
  private var differentiatesOutput: Bool {
    kind == vc_rectifier || kind == vc_leaky || kind == vc_sigmoid || kind == vc_tanh
  }

  var rereadsInputs: Bool { !differentiatesOutput }
  var rereadsOutput: Bool { differentiatesOutput }
  var replacedInput: Int? { 0 }

  func need(ofInput index: Int, element: Element) -> InputNeed { InputNeed() }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    ActivationOperation(
      kind: kind, setting: setting, input: site.input, output: site.output,
      source: differentiatesOutput ? site.output : site.input)
  }
}

private struct ActivationOperation: Operation {
  let kind: vc_activation
  let setting: Float
  let input, output: Site.Value
  /// What the way back reads.
  let source: Site.Value

  func forward(_ step: StepContext) {
    let kernel = InstructionSet.kernels.pointee.activate!
    RowLoop.clearHalo(step, output)
    RowLoop.run(step, output) { run in
      let x = input.floats(run, step)
      output.write(run, step) { kernel(kind, setting, x, $0, run.count) }
    }
  }

  func backward(_ step: StepContext) {
    guard let dx = input.gradient, let dy = output.gradient else { return }
    let kernel = InstructionSet.kernels.pointee.activate_backward!
    let (to, from) = (step.memory.floats(dx), step.memory.floats(dy))
    RowLoop.run(step, source) { run in
      source.read(run, step) {
        kernel(kind, setting, $0, from + run.dense, to + run.dense, run.count)
      }
    }
  }
}
