import Tensors

/// Dropout while training; nothing otherwise. Values of any shape.
public struct DropoutLayer: ExecutableLayer {
  public static let kind = "dropout"
  /// The share of values that is dropped, at least 0 and below 1.
  public var rate: Float
  public var title: String { "Dropout \(rate)" }
  public var isOriginal: Bool { true }
  /// Passes its input on in inference.
  public var onlyTrains: Bool { true }
  public var keepsFeatures: Bool { true }

  /// - Parameter rate: the share that is dropped.
  public init(rate: Float) { self.rate = rate }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    guard rate >= 0, rate < 1 else {
      throw LayerError("a rate of \(rate): it lies in 0 to 1, 1 not included")
    }
    return inputs[0]
  }

  package func stage(_ place: PlacedLayer) -> any Stage { DropoutStage(rate: rate) }
}

extension Node {
  /// Dropout while training.
  public static func dropout(rate: Float) -> Node { Node(DropoutLayer(rate: rate)) }
}

private struct DropoutStage: Stage {
  let rate: Float

  var rereadsInputs: Bool { false }

  func need(ofInput index: Int, element: Element) -> InputNeed { InputNeed() }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    DropoutOperation(rate: rate, site, plan: &plan)
  }
}

private struct DropoutOperation: Operation {
  private let layer: Dropout
  private let count: Int
  private let key: UInt64
  private let input, output: Site.Value
  private let mask: MemoryPlan.Slot

  init(rate: Float, _ site: Site, plan: inout MemoryPlan) {
    layer = Dropout(rate: rate)
    count = site.input.shape.count
    key = site.randomKey
    input = site.input
    output = site.output
    mask = plan.floats(
      site.moments.batch * count, from: site.moments.forward, to: site.moments.last)
  }

  func forward(_ step: StepContext) {
    let mask = step.memory.floats(mask)
    if let dropout = step.dropout {
      var base = dropout
      let seed = base.next()
      for sample in 0..<step.count {
        var random = RandomStream(seed: seed, purpose: .dropout, key, UInt64(sample))
        layer.drawMask(mask + sample * count, count: count, random: &random)
      }
    } else {
      mask.update(repeating: 1, count: step.count * count)
    }
    // Who reads a volume may want zeros around it, and half the bits.
    RowLoop.clearHalo(step, output)
    RowLoop.run(step, output) { run in
      let x = input.floats(run, step)
      output.write(run, step) {
        layer.apply(mask: mask + run.dense, count: run.count, input: x, output: $0)
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let dx = input.gradient, let dy = output.gradient else { return }
    layer.apply(
      mask: step.memory.floats(mask), count: step.count * count, input: step.memory.floats(dy),
      output: step.memory.floats(dx))
  }
}
