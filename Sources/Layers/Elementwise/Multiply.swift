internal import CKernels
import Tensors

/// The product of two values of one shape, or of a value and a gate for each of its channels: a
/// volume `[1, 1, 1, C]` or a vector `[C]` for all positions (squeeze-and-excitation, Hu et al.
/// 2018), a volume `[D, 1, 1, C]` for each step.
public struct Multiply: ExecutableLayer {
  public static let kind = "multiply"
  public var title: String { "Multiply" }

  /// The node says what is multiplied; a gate comes second.
  public init() {}

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    guard inputs.count == 2 else {
      throw LayerError("multiplies two values, not \(inputs.count)")
    }
    guard Self.rowsOfGate(inputs[1], for: inputs[0]) != nil else {
      throw LayerError(
        "multiplies a value by one of the same shape or by a gate for each of its channels, not "
          + "\(inputs[0]) by \(inputs[1])")
    }
    return inputs[0]
  }

  public func flops(of inputs: [ValueShape]) -> Int { inputs[0].count }

  /// A gate of a whole clip belongs to all of its frames.
  package func worksByFrame(_ inputs: [ValueShape]) -> Bool {
    inputs.allSatisfy { $0.frames == inputs[0].frames }
  }

  package func stage(_ place: PlacedLayer) -> any Stage { MultiplyStage() }

  /// How many gates of all channels there are for a clip; nil where the shapes do not fit, 0 for
  /// equal shapes.
  fileprivate static func rowsOfGate(_ gate: ValueShape, for value: ValueShape) -> Int? {
    if gate == value { return 0 }
    guard gate.features == value.features else { return nil }
    switch (value, gate) {
    case (.volume, .vector): return 1
    case (.volume(let extent, _), .volume(let other, _)):
      guard other.height == 1, other.width == 1 else { return nil }
      return other.depth == 1 ? 1 : other.depth == extent.depth ? extent.depth : nil
    default: return nil
    }
  }
}

extension Node {
  /// The product of two values, to be told which by `reading`.
  public static var multiply: Node { Node(Multiply()) }
}

private struct MultiplyStage: Stage {
  func need(ofInput index: Int, element: Element) -> InputNeed {
    index == 0 ? InputNeed() : .dense
  }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    MultiplyOperation(
      gates: Multiply.rowsOfGate(site.inputs[1].shape, for: site.inputs[0].shape) ?? 0,
      value: site.inputs[0], gate: site.inputs[1], output: site.output)
  }
}

private struct MultiplyOperation: Operation {
  /// Rows of gates a clip; 0 for a factor of the value's own shape.
  let gates: Int
  let value, gate, output: Site.Value

  private var channels: Int { value.shape.features }

  /// Where the gate of a run of a volume lies, in a dense array.
  private func place(_ run: RowRun) -> Int {
    let step = gates > 1 ? run.row / value.layout.extent.height : 0
    return (run.sample * gates + step) * channels
  }

  func forward(_ step: StepContext) {
    let kernel = InstructionSet.kernels.pointee.multiply!
    let factors = step.memory.floats(gate.slot)
    RowLoop.clearHalo(step, output)
    RowLoop.run(step, output) { run in
      let x = value.floats(run, step)
      output.write(run, step) { y in
        if gates == 0 { return kernel(x, factors + run.dense, y, run.count) }
        let factor = factors + place(run)
        for start in stride(from: 0, to: run.count, by: channels) {
          kernel(x + start, factor, y + start, channels)
        }
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let dy = output.gradient else { return }
    let kernels = InstructionSet.kernels.pointee
    let factors = step.memory.floats(gate.slot)
    let from = step.memory.floats(dy)
    if let dx = value.gradient {
      let to = step.memory.floats(dx)
      RowLoop.run(step, value) { run in
        if gates == 0 {
          return kernels.multiply(
            from + run.dense, factors + run.dense, to + run.dense, run.count)
        }
        let factor = factors + place(run)
        for start in stride(from: run.dense, to: run.dense + run.count, by: channels) {
          kernels.multiply(from + start, factor, to + start, channels)
        }
      }
    }
    guard let dg = gate.gradient else { return }
    let to = step.memory.floats(dg)
    if gates == 0 {
      return RowLoop.run(step, value) { run in
        kernels.multiply(from + run.dense, value.floats(run, step), to + run.dense, run.count)
      }
    }
    // A gate's gradient is summed over its positions, in their order.
    let layout = value.layout
    let rows = layout.rows / gates
    step.pool.parallelFor(step.count * gates) { task in
      let sum = to + task * channels
      sum.update(repeating: 0, count: channels)
      let (sample, first) = (task / gates, task % gates * rows)
      for row in first..<first + rows {
        let run = RowRun(
          dense: (sample * layout.rows + row) * layout.rowValues, count: layout.rowValues,
          sample: sample, row: row, isVolume: true)
        let x = value.floats(run, step)
        for start in stride(from: 0, to: run.count, by: channels) {
          kernels.add_product(sum, from + run.dense + start, x + start, channels)
        }
      }
    }
  }
}
