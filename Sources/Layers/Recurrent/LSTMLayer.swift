import Tensors

/// A long short-term memory over a sequence: `[T, I]` to `[T, H]`, parameters as PyTorch's `LSTM`,
/// with forget gates that start open (Jozefowicz et al. 2015).
public struct LSTMLayer: StackedLayer {
  public static let kind = "lstm"
  static let name = "LSTM"
  /// Features of a step, in each direction.
  public var hidden: Int
  /// On top of each other.
  public var layers: Int
  /// Whether a second pass goes from the last step to the first; then a step has twice the
  /// features.
  public var bidirectional: Bool
  public var isOriginal: Bool { isPlain }
  var cell: any RecurrentCell { LSTMCell() }

  /// One layer, from the first step to the last: that has a fast way of its own.
  private var isPlain: Bool { layers == 1 && !bidirectional }

  /// - Parameter layers: on top of each other, each reading the one below.
  public init(hidden: Int, layers: Int = 1, bidirectional: Bool = false) {
    self.hidden = hidden
    self.layers = layers
    self.bidirectional = bidirectional
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    isPlain ? LSTMStage(name: place.name, hidden: hidden) : stacked(place.name)
  }
}

extension Node {
  /// A recurrent layer over the steps.
  public static func lstm(name: String, hidden: Int) -> Node {
    Node(LSTMLayer(hidden: hidden), name: name)
  }
}

private struct LSTMStage: Stage {
  let name: String
  let hidden: Int

  var rereadsOutput: Bool { true }
  var spoilsGradient: Bool { true }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    guard site.carriesState else { return LSTMOperation(self, site, plan: &plan) }
    return RecurrentStage(name: name, cell: LSTMCell(), hidden: hidden, isNumbered: true)
      .operation(site, plan: &plan)
  }
}

private struct LSTMOperation: Operation {
  private let layer: LSTM
  private let steps: Int
  private let input, output: Site.Value
  private let ranges: [Range<Int>]
  private let gates: MemoryPlan.Slot
  private let cells: MemoryPlan.Slot
  private let forwardScratch: MemoryPlan.Slot
  private let backwardScratch: MemoryPlan.Slot?

  init(_ stage: LSTMStage, _ site: Site, plan: inout MemoryPlan) {
    let moments = site.moments
    layer = LSTM(
      inputs: site.input.shape.features, hidden: stage.hidden, element: site.element)
    steps = site.input.shape.rows
    input = site.input
    output = site.output
    ranges = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"].map {
      site.range(stage.name, $0)
    }
    let rows = steps * moments.batch
    gates = plan.floats(rows * 4 * stage.hidden, from: moments.forward, to: moments.last)
    cells = plan.floats(rows * stage.hidden, from: moments.forward, to: moments.last)
    forwardScratch = plan.floats(
      layer.forwardScratch(steps: steps, batch: moments.batch, workers: moments.workers),
      from: moments.forward, to: moments.forward)
    backwardScratch = moments.backward.map { [layer] in
      plan.floats(layer.backwardScratch(batch: moments.batch), from: $0, to: $0)
    }
  }

  private func views(_ pointer: (Range<Int>) -> UnsafeMutablePointer<Float>) -> LSTM.Parameters {
    LSTM.Parameters(
      weightIH: pointer(ranges[0]), weightHH: pointer(ranges[1]), biasIH: pointer(ranges[2]),
      biasHH: pointer(ranges[3]))
  }

  func forward(_ step: StepContext) {
    layer.forward(
      steps: steps, batch: step.count, input: step.memory.floats(input.slot),
      parameters: views(step.parameter), gates: step.memory.floats(gates),
      cells: step.memory.floats(cells), output: step.memory.floats(output.slot),
      scratch: step.memory.floats(forwardScratch), pool: step.pool)
  }

  func backward(_ step: StepContext) {
    guard let dy = output.gradient, let backwardScratch else { return }
    let memory = step.memory
    layer.backward(
      steps: steps, batch: step.count, input: memory.floats(input.slot),
      output: memory.floats(output.slot), cells: memory.floats(cells),
      parameters: views(step.parameter), gates: memory.floats(gates),
      outputGradient: memory.floats(dy), gradients: views(step.gradient),
      inputGradient: input.gradient.map { memory.floats($0) },
      scratch: memory.floats(backwardScratch), pool: step.pool)
  }
}
