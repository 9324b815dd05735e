import Tensors

/// Several values side by side along their last axis: channels of volumes of one extent, features of
/// sequences of as many steps, or vectors.
public struct Concatenate: ExecutableLayer {
  public static let kind = "concatenate"
  public var title: String { "Concatenate" }

  /// The node says what lies side by side, in its order.
  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    func refused() -> LayerError {
      LayerError(
        "puts 2 to 64 values of one extent side by side, not "
          + inputs.map(\.description).joined(separator: " and "))
    }
    guard inputs.count > 1, inputs.count <= 64 else { throw refused() }
    let features = inputs.reduce(0) { $0 + $1.features }
    switch inputs[0] {
    case .volume(let extent, _):
      for case let other in inputs {
        guard case .volume(extent, _) = other else { throw refused() }
      }
      return .volume(extent, channels: features)
    case .sequence(let steps, _):
      for other in inputs {
        guard case .sequence(steps, _) = other else { throw refused() }
      }
      return .sequence(steps: steps, features: features)
    case .vector:
      for other in inputs {
        guard case .vector = other else { throw refused() }
      }
      return .vector(features)
    }
  }

  package func worksByFrame(_ inputs: [ValueShape]) -> Bool { true }
  package func stage(_ place: PlacedLayer) -> any Stage { ConcatenateStage() }
}

extension Node {
  /// Several values side by side, to be told which by `reading`.
  public static var concatenate: Node { Node(Concatenate()) }
}

private struct ConcatenateStage: Stage {
  var rereadsInputs: Bool { false }

  func need(ofInput index: Int, element: Element) -> InputNeed { InputNeed() }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    ConcatenateOperation(inputs: site.inputs, output: site.output)
  }
}

private struct ConcatenateOperation: Operation {
  let inputs: [Site.Value]
  let output: Site.Value

  /// Rows of features in one clip, of a volume in one row of positions.
  private var isVolume: Bool {
    if case .volume = output.shape { true } else { false }
  }

  func forward(_ step: StepContext) {
    RowLoop.clearHalo(step, output)
    let width = output.shape.features
    guard isVolume else {
      return eachFlat(step) { input, from, offset, rows in
        let y = step.memory.floats(output.slot) + offset
        let x = step.memory.floats(input.slot)
        for row in 0..<rows { (y + row * width).update(from: x + row * from, count: from) }
      }
    }
    RowLoop.run(step, output) { run in
      output.write(run, step) { y in
        var offset = 0
        for input in inputs {
          let channels = input.shape.features
          let x = input.floats(narrowed(run, channels), step)
          for position in 0..<run.count / width {
            (y + position * width + offset).update(from: x + position * channels, count: channels)
          }
          offset += channels
        }
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let gradient = output.gradient else { return }
    let dy = step.memory.floats(gradient)
    let width = output.shape.features
    // Gradients are dense: positions of all clips follow each other, whatever the shape.
    var offset = 0
    for input in inputs {
      let channels = input.shape.features
      if let slot = input.gradient {
        let dx = step.memory.floats(slot)
        let begin = offset
        let rows = step.count * input.shape.rows
        let block = max(1, (1 << 14) / channels)
        step.pool.parallelFor((rows + block - 1) / block) { task in
          for row in task * block..<min((task + 1) * block, rows) {
            (dx + row * channels).update(from: dy + row * width + begin, count: channels)
          }
        }
      }
      offset += channels
    }
  }

  private func eachFlat(
    _ step: StepContext,
    _ body: (_ input: Site.Value, _ features: Int, _ offset: Int, _ rows: Int) -> Void
  ) {
    var offset = 0
    for input in inputs {
      body(input, input.shape.features, offset, step.count * input.shape.rows)
      offset += input.shape.features
    }
  }

  /// The same row of an input with so many channels.
  private func narrowed(_ run: RowRun, _ channels: Int) -> RowRun {
    let width = output.shape.features
    return RowRun(
      dense: run.dense / width * channels, count: run.count / width * channels,
      sample: run.sample, row: run.row, isVolume: true)
  }
}
