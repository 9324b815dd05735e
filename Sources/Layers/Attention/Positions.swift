import Foundation
import Tensors

/// Adds to each step of a sequence a vector of its own, so that attention can tell times apart:
/// `[T, C]` to `[T, C]`.
public struct Positions: ExecutableLayer {
  public static let kind = "positions"

  /// Where the vectors come from.
  public enum Kind: String, Choice, Sendable {
    /// Parameter `weight` `[T, C]`, learned from 0 on.
    case learned
    /// Waves of falling frequency (Vaswani et al. 2017), without parameters: at `2i` the sine and at
    /// `2i + 1` the cosine of `t / 10000^(2i / C)`.
    case sinusoidal
  }

  /// Where the vectors come from.
  public var kind: Kind
  public var title: String { kind == .learned ? "Positions" : "Sinusoidal positions" }

  /// - Parameter kind: where the vectors come from.
  public init(kind: Kind = .learned) { self.kind = kind }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    _ = try inputs[0].sequence()
    return inputs[0]
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    kind == .learned
      ? [ParameterSpec("weight", [inputs[0].rows, inputs[0].features], .bias)] : []
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    PositionsStage(name: place.name, kind: kind)
  }

  /// The vectors of `sinusoidal`, `[T, C]`.
  package static func waves(steps: Int, features: Int) -> [Float] {
    (0..<steps * features).map { index in
      let (time, feature) = (Double(index / features), index % features)
      let angle = time / pow(10_000, Double(feature / 2 * 2) / Double(features))
      return Float(feature % 2 == 0 ? sin(angle) : cos(angle))
    }
  }

  private enum Key: String, CodingKey { case kind }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(kind: try values.decodeIfPresent(Kind.self, forKey: .kind) ?? .learned)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    if kind != .learned { try values.encode(kind, forKey: .kind) }
  }
}

extension Node {
  /// Adds to each step a vector of its own.
  public static func positions(name: String) -> Node { Node(Positions(), name: name) }
  /// Adds to each step waves that tell it from others.
  public static var sinusoidalPositions: Node { Node(Positions(kind: .sinusoidal)) }
}

private struct PositionsStage: Stage {
  let name: String
  let kind: Positions.Kind

  var rereadsInputs: Bool { false }
  var passesGradient: Bool { true }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    PositionsOperation(self, site)
  }
}

private struct PositionsOperation: Operation {
  /// Nil where nothing is learned.
  private let weight: Range<Int>?
  /// Empty where they are learned.
  private let waves: [Float]
  private let input, output: Site.Value

  init(_ stage: PositionsStage, _ site: Site) {
    input = site.input
    output = site.output
    weight = stage.kind == .learned ? site.range(stage.name, "weight") : nil
    waves =
      weight == nil
      ? Positions.waves(steps: site.input.shape.rows, features: site.input.shape.features) : []
  }

  func forward(_ step: StepContext) {
    guard let weight else { return waves.withUnsafeBufferPointer { add($0.baseAddress!, step) } }
    add(step.parameter(weight), step)
  }

  private func add(_ vectors: UnsafePointer<Float>, _ step: StepContext) {
    let (x, y) = (step.memory.floats(input.slot), step.memory.floats(output.slot))
    let size = input.shape.features
    y.update(from: x, count: step.count * input.shape.count)
    for time in 0..<input.shape.rows {
      for sample in 0..<step.count {
        VectorMath.add(
          vectors + time * size, to: y + (time * step.count + sample) * size, count: size)
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let gradient = output.gradient, let weight else { return }
    let dy = step.memory.floats(gradient)
    let size = input.shape.features
    for time in 0..<input.shape.rows {
      Dense.sumRows(
        dy + time * step.count * size, rows: step.count, columns: size,
        into: step.gradient(weight) + time * size)
    }
  }
}
