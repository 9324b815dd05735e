// Recurrent layers over a sequence besides the plain LSTM.

/// A layer that is a cell in a loop over time: `[T, I]` to `[T, H]`.
package protocol CellLayer: ExecutableLayer {
  var hidden: Int { get }
  /// Whether what it says of a step depends on no later one.
  var goesForward: Bool { get }
}

extension CellLayer {
  package var goesForward: Bool { true }
}

protocol LoopedLayer: CellLayer {
  var cell: any RecurrentCell { get }
}

extension LoopedLayer {
  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    try LayerError.require(hidden, "units", in: 1...1 << 14)
    return .sequence(steps: try inputs[0].sequence().steps, features: hidden)
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    RecurrentStage(name: "", cell: cell, hidden: hidden).parameters(inputs: inputs[0].features)
  }

  public func flops(of inputs: [ValueShape]) -> Int {
    RecurrentStage(name: "", cell: cell, hidden: hidden)
      .flops(inputs: inputs[0].features, steps: inputs[0].rows)
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    RecurrentStage(name: place.name, cell: cell, hidden: hidden)
  }
}

/// LSTM whose gates see the cell (Gers and Schmidhuber 2000): weights `weight_ih`, `weight_hh`,
/// `bias` in gate order i, f, g, o, and `weight_ci`, `weight_cf`, `weight_co`.
public struct PeepholeLSTM: LoopedLayer {
  public static let kind = "peephole_lstm"
  /// Features of a step.
  public var hidden: Int
  public var title: String { "Peephole LSTM" }
  var cell: any RecurrentCell { PeepholeCell() }

  /// - Parameter hidden: features of a step.
  public init(hidden: Int) { self.hidden = hidden }
}

/// LSTM with coupled input and forget gates (Greff et al. 2017), gate order f, g, o.
public struct CoupledLSTM: LoopedLayer {
  public static let kind = "cifg_lstm"
  /// Features of a step.
  public var hidden: Int
  public var title: String { "Coupled LSTM" }
  var cell: any RecurrentCell { CoupledCell() }

  /// - Parameter hidden: features of a step.
  public init(hidden: Int) { self.hidden = hidden }
}

/// Layer-normalised LSTM (Ba et al. 2016), gate order i, f, g, o; `ln_ih`, `ln_hh` and `ln_cell`
/// stand in for the biases.
public struct LayerNormLSTM: LoopedLayer {
  public static let kind = "layernorm_lstm"
  /// Features of a step.
  public var hidden: Int
  public var title: String { "LayerNorm LSTM" }
  var cell: any RecurrentCell { LayerNormCell() }

  /// - Parameter hidden: features of a step.
  public init(hidden: Int) { self.hidden = hidden }
}

/// Gated recurrent unit as PyTorch's `GRU`, gate order r, z, n; stacked, and in both directions.
public struct GRULayer: StackedLayer {
  public static let kind = "gru"
  static let name = "GRU"
  /// Features of a step, in each direction.
  public var hidden: Int
  /// On top of each other.
  public var layers: Int
  /// Whether a second pass goes from the last step to the first; then a step has twice the
  /// features.
  public var bidirectional: Bool
  var cell: any RecurrentCell { GRUCell() }

  /// - Parameter layers: on top of each other, each reading the one below.
  public init(hidden: Int, layers: Int = 1, bidirectional: Bool = false) {
    self.hidden = hidden
    self.layers = layers
    self.bidirectional = bidirectional
  }

  package func stage(_ place: PlacedLayer) -> any Stage { stacked(place.name) }
}

/// A recurrent layer that can be stacked and run in both directions, as PyTorch's `LSTM` and `GRU`.
///
/// In JSON only those settings are written that are not the usual.
protocol StackedLayer: CellLayer {
  static var name: String { get }
  var layers: Int { get }
  var bidirectional: Bool { get }
  var cell: any RecurrentCell { get }

  init(hidden: Int, layers: Int, bidirectional: Bool)
}

extension StackedLayer {
  public var title: String {
    (bidirectional ? "Bidirectional " : "") + Self.name + (layers == 1 ? "" : " × \(layers)")
  }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    try LayerError.require(hidden, "units", in: 1...1 << 14)
    try LayerError.require(layers, "layers", in: 1...64)
    return .sequence(
      steps: try inputs[0].sequence().steps, features: (bidirectional ? 2 : 1) * hidden)
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    stacked("").parameters(inputs: inputs[0].features)
  }

  public func flops(of inputs: [ValueShape]) -> Int {
    stacked("").flops(inputs: inputs[0].features, steps: inputs[0].rows)
  }

  package var goesForward: Bool { !bidirectional }

  func stacked(_ name: String) -> RecurrentStage {
    RecurrentStage(
      name: name, cell: cell, hidden: hidden, layers: layers,
      isBidirectional: bidirectional, isNumbered: true)
  }

  public init(from decoder: any Decoder) throws {
    let options = try StackedOptions(from: decoder)
    self.init(
      hidden: options.hidden, layers: options.layers ?? 1,
      bidirectional: options.bidirectional ?? false)
  }

  public func encode(to encoder: any Encoder) throws {
    let options = StackedOptions(
      hidden: hidden, layers: layers == 1 ? nil : layers,
      bidirectional: bidirectional ? true : nil)
    try options.encode(to: encoder)
  }
}

private struct StackedOptions: Codable {
  var hidden: Int
  var layers: Int?
  var bidirectional: Bool?
}

extension Node {
  /// Stacked or bidirectional LSTM.
  public static func lstm(
    name: String, hidden: Int, layers: Int = 1, bidirectional: Bool
  ) -> Node {
    Node(LSTMLayer(hidden: hidden, layers: layers, bidirectional: bidirectional), name: name)
  }
  /// Gated recurrent unit.
  public static func gru(
    name: String, hidden: Int, layers: Int = 1, bidirectional: Bool = false
  ) -> Node {
    Node(GRULayer(hidden: hidden, layers: layers, bidirectional: bidirectional), name: name)
  }
  /// LSTM whose gates see the cell.
  public static func peepholeLSTM(name: String, hidden: Int) -> Node {
    Node(PeepholeLSTM(hidden: hidden), name: name)
  }
  /// LSTM with coupled input and forget gates.
  public static func cifgLSTM(name: String, hidden: Int) -> Node {
    Node(CoupledLSTM(hidden: hidden), name: name)
  }
  /// Layer-normalised LSTM.
  public static func layerNormLSTM(name: String, hidden: Int) -> Node {
    Node(LayerNormLSTM(hidden: hidden), name: name)
  }
}
