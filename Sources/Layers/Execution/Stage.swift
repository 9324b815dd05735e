import Tensors

/// A layer that this package knows how to run.
package protocol ExecutableLayer: Layer {
  /// How it runs alone; the fusion pass then offers the stage what follows.
  func stage(_ place: PlacedLayer) -> any Stage
  /// Whether each frame that it makes, in inference, depends on the same frame of its inputs alone.
  func worksByFrame(_ inputs: [ValueShape]) -> Bool
}

extension ExecutableLayer {
  package func worksByFrame(_ inputs: [ValueShape]) -> Bool { false }
}

/// A layer at its place, with all shapes known.
package struct PlacedLayer: Sendable {
  /// Of the node, or made up where that has none.
  package let name: String
  package let layer: any ExecutableLayer
  package let inputs: [ValueShape]
  package let output: ValueShape

  package init(
    name: String, layer: any ExecutableLayer, inputs: [ValueShape], output: ValueShape
  ) {
    self.name = name
    self.layer = layer
    self.inputs = inputs
    self.output = output
  }
}

/// What an executor is made for.
package enum Purpose: Sendable {
  case inference
  case training
}

/// How a stage wants a volume that it reads.
package struct InputNeed: Hashable, Sendable {
  /// Zeros stored around it, at least.
  package var halo: Extent3 = .zero
  package var element: Element = .fp32
  /// No wider halo will do.
  package var isExact = false

  package init(halo: Extent3 = .zero, element: Element = .fp32, isExact: Bool = false) {
    self.halo = halo
    self.element = element
    self.isExact = isExact
  }

  /// Without a halo, in floats: like a plain array.
  package static let dense = InputNeed(isExact: true)
}

/// What runs as one operation: a layer, or several that do their work in one pass.
package protocol Stage: Sendable {
  /// The stage that does the work of `next` too, which is the only reader of this one's output and
  /// reads it as its input number `position`; nil where that cannot be.
  ///
  /// The other inputs of `next` come behind those of this stage, in their order.
  func fused(with next: PlacedLayer, at position: Int, for purpose: Purpose) -> (any Stage)?
  /// How it wants input number `index`, if that is a volume. `element` is what convolutions compute
  /// in.
  func need(ofInput index: Int, element: Element) -> InputNeed
  /// Whether the way back reads the inputs again.
  var rereadsInputs: Bool { get }
  /// Whether the way back reads the output again.
  var rereadsOutput: Bool { get }
  /// Whether the gradient at every input is the one at the output, value for value.
  var passesGradient: Bool { get }
  /// Whether the way back writes into the gradient at its output.
  var spoilsGradient: Bool { get }
  /// The input whose memory the output may take, where nobody else reads it and both are laid out
  /// alike.
  var replacedInput: Int? { get }
  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation
}

extension Stage {
  package func fused(
    with next: PlacedLayer, at position: Int, for purpose: Purpose
  ) -> (any Stage)? { nil }
  package func need(ofInput index: Int, element: Element) -> InputNeed { .dense }
  package var rereadsInputs: Bool { true }
  package var rereadsOutput: Bool { false }
  package var passesGradient: Bool { false }
  package var spoilsGradient: Bool { false }
  package var replacedInput: Int? { nil }
}
