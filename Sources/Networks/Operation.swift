import Layers
import Tensors

/// What an operation is given at each call.
struct StepContext {
  let memory: StepMemory
  let network: Network
  let pool: WorkerPool
  /// Clips in this step, at most the executor's batch.
  let count: Int
  /// Random numbers of this step's dropout; nil switches it off.
  let dropout: RandomStream?

  func parameter(_ range: Range<Int>) -> UnsafeMutablePointer<Float> {
    network.parameters.baseAddress! + range.lowerBound
  }

  func gradient(_ range: Range<Int>) -> UnsafeMutablePointer<Float> {
    network.gradients.baseAddress! + range.lowerBound
  }

  func statistics(_ range: Range<Int>) -> UnsafeMutablePointer<Float> {
    network.buffers.baseAddress! + range.lowerBound
  }
}

/// One pass forward and, when training, one back.
protocol Operation {
  /// Called before the first step and after every change of the parameters.
  func prepare(_ step: StepContext)
  func forward(_ step: StepContext)
  /// Reads the gradient at the output, writes those at the input and of the parameters.
  func backward(_ step: StepContext)
}

extension Operation {
  func prepare(_ step: StepContext) {}
}

/// Where an operation reads and writes.
struct Wiring {
  let input: MemoryPlan.Slot
  let output: MemoryPlan.Slot
  /// Dense; nil where nobody wants it.
  let inputGradient: MemoryPlan.Slot?
  /// Dense; nil for inference.
  let outputGradient: MemoryPlan.Slot?
}

/// When an operation runs, in the plan's time.
struct Moments {
  let forward: Int
  /// Nil for inference.
  let backward: Int?
  let start: Int
  let end: Int
  let batch: Int
  let workers: Int

  /// The last moment at which something that the forward pass made is needed.
  var last: Int { backward ?? forward }
}

/// Copies dense input into the padded layout that the first convolution reads.
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
