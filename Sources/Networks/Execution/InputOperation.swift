import Layers
import Tensors

/// Copies dense input into the layout that its readers want.
struct InputOperation: Operation {
  let layout: ActivationLayout
  let dense: MemoryPlan.Slot
  let output: MemoryPlan.Slot

  func forward(_ step: StepContext) {
    let source = step.memory.floats(dense)
    let target = step.memory.bytes(output)
    step.pool.parallelFor(step.count) { sample in
      layout.pad(
        source + sample * layout.denseCount, into: target + sample * layout.sampleBytes)
    }
  }

  func backward(_ step: StepContext) {}
}

/// Sums the gradients that several readers of a value left, in the order of the readers.
struct AccumulateOperation {
  let sources: [MemoryPlan.Slot]
  /// May be one of the sources.
  let target: MemoryPlan.Slot
  /// Floats of one clip.
  let count: Int

  private static let block = 1 << 15

  func run(_ step: StepContext) {
    let total = step.count * count
    // The sum begins with what lies in the target, if anything does: addition of two is commutative,
    // and further ones follow in their order.
    let first = sources.firstIndex(of: target) ?? 0
    step.pool.parallelFor((total + Self.block - 1) / Self.block) { index in
      let begin = index * Self.block
      let length = min(Self.block, total - begin)
      let sum = step.memory.floats(target) + begin
      if sources[first] != target {
        sum.update(from: step.memory.floats(sources[first]) + begin, count: length)
      }
      for (number, source) in sources.enumerated() where number != first {
        VectorMath.add(step.memory.floats(source) + begin, to: sum, count: length)
      }
    }
  }
}
