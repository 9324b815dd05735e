import Tensors

/// A layer that only limits its input from below by 0 and from above: ReLU and ReLU6. It can be done
/// in the same pass as what comes before.
package protocol ClampingLayer: ExecutableLayer {
  /// Infinite for a plain rectifier.
  var ceiling: Float { get }
}

/// A convolution with all that is done in the same pass over its output: convolution → bias or batch
/// normalisation → residual add (inference only) → ReLU or ReLU6 → max pooling.
package struct ConvolutionStage: Stage {
  package let name: String
  package let geometry: ConvolutionGeometry
  package let bias: Bool
  package var norm: (name: String, layer: BatchNorm)?
  /// Whether another value is added before the rectifier; it is the second input.
  package var addsResidual = false
  package var relu = false
  package var ceiling = Float.infinity
  package var window = Extent3.one
  package let input: Extent3

  package init(name: String, geometry: ConvolutionGeometry, bias: Bool, input: Extent3) {
    self.name = name
    self.geometry = geometry
    self.bias = bias
    self.input = input
  }

  package func fused(
    with next: PlacedLayer, at position: Int, for purpose: Purpose
  ) -> (any Stage)? {
    var stage = self
    let isOpen = !relu && window == .one
    switch next.layer {
    case let layer as BatchNorm where isOpen && norm == nil && !addsResidual:
      stage.norm = (next.name, layer)
    case is Add
    where isOpen && !geometry.isDepthwise && !addsResidual && purpose == .inference
      && next.inputs.count == 2
      && next.inputs[0] == next.inputs[1]:
      stage.addsResidual = true
    case let layer as any ClampingLayer where isOpen:
      stage.relu = true
      stage.ceiling = layer.ceiling
    case let layer as MaxPool3D where window == .one && !addsResidual && layer.fusableWindow != nil:
      stage.window = layer.fusableWindow ?? .one
    default: return nil
    }
    return stage
  }

  package func need(ofInput index: Int, element: Element) -> InputNeed {
    guard index == 0 else { return InputNeed() }
    return InputNeed(
      halo: geometry.isPlain || geometry.isDepthwise ? geometry.halo : .zero, element: element)
  }

  package func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    ConvolutionOperation(self, site, plan: &plan)
  }
}
