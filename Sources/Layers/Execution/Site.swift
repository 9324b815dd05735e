import Tensors

/// Where an operation runs: the memory it reads and writes, its parameters, and when.
package struct Site {
  /// A value at one of its readers or at its maker.
  package struct Value {
    package let shape: ValueShape
    /// How each clip of a volume lies in memory; of other shapes a plain row of floats.
    package let layout: ActivationLayout
    package let slot: MemoryPlan.Slot
    /// Dense floats; nil where nobody wants it.
    package let gradient: MemoryPlan.Slot?

    package init(
      shape: ValueShape, layout: ActivationLayout, slot: MemoryPlan.Slot,
      gradient: MemoryPlan.Slot?
    ) {
      self.shape = shape
      self.layout = layout
      self.slot = slot
      self.gradient = gradient
    }
  }

  package let inputs: [Value]
  package let output: Value
  package let moments: Moments
  package let method: Convolution.Method
  /// What convolutions and large products compute in.
  package let element: Element
  /// Tells this operation's random numbers from those of others.
  package let randomKey: UInt64
  /// Where tensors of a full name lie in the flat buffers.
  package let ranges: [String: Range<Int>]
  /// Whether recurrent layers go on where they ended in the step before.
  package let carriesState: Bool

  package init(
    inputs: [Value], output: Value, moments: Moments, method: Convolution.Method,
    element: Element, randomKey: UInt64, ranges: [String: Range<Int>], carriesState: Bool = false
  ) {
    self.inputs = inputs
    self.output = output
    self.moments = moments
    self.method = method
    self.element = element
    self.randomKey = randomKey
    self.ranges = ranges
    self.carriesState = carriesState
  }

  /// The only input, or the first.
  package var input: Value { inputs[0] }

  /// Where the tensor `name` of the layer `layer` lies.
  package func range(_ layer: String, _ name: String) -> Range<Int> {
    guard let range = ranges["\(layer).\(name)"] else {
      preconditionFailure("\(layer) did not say that it has a tensor \(name)")
    }
    return range
  }
}

/// When an operation runs, in the plan's time.
package struct Moments {
  package let forward: Int
  /// Nil where nothing is learned.
  package let backward: Int?
  package let start: Int
  package let end: Int
  /// Clips at most.
  package let batch: Int
  package let workers: Int

  package init(
    forward: Int, backward: Int?, start: Int, end: Int, batch: Int, workers: Int
  ) {
    self.forward = forward
    self.backward = backward
    self.start = start
    self.end = end
    self.batch = batch
    self.workers = workers
  }

  /// The last moment at which something that the forward pass made is needed.
  package var last: Int { backward ?? forward }
}
