internal import CKernels
import Tensors

/// Copies a volume into another layout: another halo, or rounded to bf16. Gradients, which are
/// always dense floats, pass as they are.
package struct RelayoutStage: Stage {
  package init() {}

  package var rereadsInputs: Bool { false }
  package var passesGradient: Bool { true }

  package func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    RelayoutOperation(input: site.input, output: site.output)
  }
}

private struct RelayoutOperation: Operation {
  let input, output: Site.Value

  func forward(_ step: StepContext) {
    let (from, to) = (input.layout, output.layout)
    let source = step.memory.bytes(input.slot)
    let target = step.memory.bytes(output.slot)
    step.pool.parallelFor(step.count) { sample in
      let x = UnsafeRawPointer(source + sample * from.sampleBytes)
      let y = UnsafeMutableRawPointer(target + sample * to.sampleBytes)
      to.clearHalo(of: y)
      for row in 0..<from.rows { from.copyRow(row, of: x, to: y, as: to) }
    }
  }

  func backward(_ step: StepContext) {}
}

extension ActivationLayout {
  /// Copies a row between layouts of one extent, with the element that the target wants.
  fileprivate func copyRow(
    _ row: Int, of sample: UnsafeRawPointer, to target: UnsafeMutableRawPointer,
    as layout: ActivationLayout
  ) {
    let x = sample + offset(ofRow: row) * element.bytes
    let y = target + layout.offset(ofRow: row) * layout.element.bytes
    switch (element, layout.element) {
    case (.fp32, .bf16):
      vc_to_bf16(
        x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: UInt16.self), rowValues)
    case (.bf16, .fp32):
      vc_from_bf16(
        x.assumingMemoryBound(to: UInt16.self), y.assumingMemoryBound(to: Float.self), rowValues)
    default: y.copyMemory(from: x, byteCount: rowValues * element.bytes)
    }
  }
}
