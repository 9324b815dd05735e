import Tensors

/// What an operation is given at each call.
package struct StepContext {
  package let memory: StepMemory
  package let parameters: UnsafeMutablePointer<Float>
  package let gradients: UnsafeMutablePointer<Float>
  /// Running statistics.
  package let buffers: UnsafeMutablePointer<Float>
  package let pool: WorkerPool
  /// Clips in this step, at most the executor's batch.
  package let count: Int
  /// Random numbers of this step's dropout; nil switches it off.
  package let dropout: RandomStream?

  package init(
    memory: StepMemory, parameters: UnsafeMutablePointer<Float>,
    gradients: UnsafeMutablePointer<Float>, buffers: UnsafeMutablePointer<Float>,
    pool: WorkerPool, count: Int, dropout: RandomStream?
  ) {
    self.memory = memory
    self.parameters = parameters
    self.gradients = gradients
    self.buffers = buffers
    self.pool = pool
    self.count = count
    self.dropout = dropout
  }

  package func parameter(_ range: Range<Int>) -> UnsafeMutablePointer<Float> {
    parameters + range.lowerBound
  }

  package func gradient(_ range: Range<Int>) -> UnsafeMutablePointer<Float> {
    gradients + range.lowerBound
  }

  package func statistics(_ range: Range<Int>) -> UnsafeMutablePointer<Float> {
    buffers + range.lowerBound
  }
}

/// One pass forward and, when training, one back.
package protocol Operation {
  /// Called before the first step and after every change of the parameters.
  func prepare(_ step: StepContext)
  /// Called before the first step and whenever the next has nothing to do with those before: what
  /// is carried from step to step is forgotten.
  func forget(_ step: StepContext)
  func forward(_ step: StepContext)
  /// Reads the gradient at the output, writes those at the inputs and of the parameters. Not called
  /// where nobody wants any of them.
  func backward(_ step: StepContext)
}

extension Operation {
  package func prepare(_ step: StepContext) {}
  package func forget(_ step: StepContext) {}
}
