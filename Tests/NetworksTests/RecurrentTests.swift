import Foundation
import Layers
import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing

/// Recurrent, attention, normalising and channel layers against PyTorch
/// (`Tests/Fixtures/layers/make-recurrent-goldens.py`) and, where PyTorch lacks them, against plain loops. Their gradients by differences, threads,
/// lifetimes, bf16 and JSON are `LayerTests`' matter.
@Suite struct RecurrentTests {
  private static let batch = 3
  private static let steps = 6
  private static let (channels, inputs) = (4, 6)
  private static let (height, width) = (3, 4)

  /// In the script's order, which seeds the values.
  private static let cases: [(name: String, node: Node)] = [
    ("lstm", .lstm(name: "r", hidden: 5)),
    ("lstm stacked", .lstm(name: "r", hidden: 11, layers: 3, bidirectional: false)),
    ("lstm both ways", .lstm(name: "r", hidden: 3, layers: 2, bidirectional: true)),
    ("gru", .gru(name: "r", hidden: 19)),
    ("gru both ways", .gru(name: "r", hidden: 3, layers: 2, bidirectional: true)),
    ("peephole", .peepholeLSTM(name: "r", hidden: 11)),
    ("coupled", .cifgLSTM(name: "r", hidden: 13)),
    ("minimal", .mgu(name: "r", hidden: 19)),
    ("normalised", .layerNormLSTM(name: "r", hidden: 11)),
    ("normalised, two units", .layerNormLSTM(name: "r", hidden: 2)),
    ("self-attention", .selfAttention(name: "r", heads: 3)),
    ("additive", .additiveAttention(name: "r", features: 5)),
    ("sinusoidal", .sinusoidalPositions.named("r")),
    ("maps", .convLSTM(name: "r", filters: 11, kernel: 3)),
    ("last map", .convLSTM(name: "r", filters: 2, kernel: 5, givesAllSteps: false)),
    ("slice of maps", .sliceChannels(start: 1, end: 4)),
    ("shuffle of maps", .shuffleChannels(groups: 3)),
    ("slice", .sliceChannels(start: 2)),
    ("shuffle", .shuffleChannels(groups: 2)),
    ("layer norm", .layerNorm(name: "r", epsilon: 0.02)),
    ("group norm of maps", .groupNorm(name: "r", groups: 2, epsilon: 0.02)),
  ]

  /// The layer behind a pointwise convolution, every value of its output a class.
  private static func architecture(_ name: String, _ node: Node) throws -> Architecture {
    let isVolume = name.contains("map")
    let (height, width) = isVolume ? (height, width) : (1, 1)
    let read: ValueShape =
      isVolume
      ? .volume(Extent3(steps, height, width), channels: inputs)
      : .sequence(steps: steps, features: inputs)
    return Architecture(
      name: name,
      input: InputShape(frames: steps, height: height, width: width, channels: channels),
      classes: try node.layer.output(of: [read]).count,
      layers: [
        .conv3D(name: "first", filters: inputs, kernel: .one, padding: .zero, bias: true)
      ] + (isVolume ? [] : [.flattenSteps]) + [node, .flatten])
  }

  /// The generator that the script shares.
  private static func values(_ count: Int, from start: Int) -> [Double] {
    var state = UInt32(start)
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Double(state) / 4_294_967_296 - 0.5
    }
  }

  @Test(arguments: cases.indices, [1, 2]) func matchesPyTorch(number: Int, threads: Int) throws {
    let (name, node) = Self.cases[number]
    let file = Repository.path + "/Tests/Fixtures/layers/recurrent.safetensors"
    let golden = try SafeTensors(reading: file)
    func expected(_ tensor: String) throws -> [Float] {
      let full = "\(name)/\(tensor)"
      return try golden.floats(full, shape: try #require(golden[full]).shape)
    }
    let start = 10_000 * (number + 1)
    let architecture = try Self.architecture(name, node)
    let network = try Network(architecture: architecture, seed: 0)
    for (index, entry) in network.entries.enumerated() {
      let isScale = entry.name.contains(".ln_") && entry.name.hasSuffix("weight")
      let drawn = Self.values(entry.range.count, from: start + 1 + index)
      for (position, value) in zip(entry.range, drawn) {
        network.parameters[position] = Float(value * 1.2 + (isScale ? 1 : 0))
      }
    }
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    // A batch larger than the step: counts and buffers must not be confused.
    let executor = try Executor(
      network: network, batch: Self.batch + 2, mode: .training, poisonsMemory: true, pool: pool)
    let input = Self.values(Self.batch * architecture.input.count, from: start)
    _ = executor.input.update(fromContentsOf: input.map { Float(2 * $0) })
    executor.forward(count: Self.batch)
    let count = Self.batch * architecture.classes
    #expect(relativeError(Array(executor.logits.prefix(count)), try expected("output")) < 2e-6)
    _ = executor.logitsGradient.update(
      fromContentsOf: Self.values(count, from: start + 99).map { Float($0) })
    executor.backward(count: Self.batch)
    for entry in network.entries {
      let mine = Array(network.gradients[entry.range])
      let theirs = try expected(entry.name)
      // The keys' bias changes no share: of it only rounding is left.
      #expect(relativeError(mine, theirs) < 1e-5, "gradient of \(entry.name)")
    }
  }

  private static let unknownToPyTorch = [
    "peephole", "coupled", "minimal", "normalised", "normalised, two units", "additive", "maps",
    "last map",
  ]

  @Test(arguments: unknownToPyTorch) func matchesPlainLoops(name: String) throws {
    let node = try #require(Self.cases.first { $0.name == name }).node
    let architecture = try Self.architecture(name, node)
    let network = try Network(architecture: architecture, seed: 5)
    for entry in network.entries {
      let drawn = randomValues(entry.range.count, seed: RandomStream.key(entry.name))
      for (position, value) in zip(entry.range, drawn) { network.parameters[position] = value }
    }
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let executor = try Executor(network: network, batch: 4, mode: .inference, pool: pool)
    let clips = randomValues(executor.input.count, seed: 1)
    _ = executor.input.update(fromContentsOf: clips)
    executor.forward(count: 4)
    var expected: [Float] = []
    for clip in 0..<4 {
      let size = architecture.input.count
      expected += try Self.reference(
        node, network, clip: clips[clip * size..<(clip + 1) * size].map { Double($0) })
    }
    #expect(relativeError(Array(executor.logits), expected) < 2e-6)
  }

  /// The output of a clip, flattened as PyTorch would.
  private static func reference(
    _ node: Node, _ network: Network, clip: [Double]
  ) throws -> [Float] {
    var parameters: [String: [Double]] = [:]
    for entry in network.entries {
      parameters[entry.name] = network.parameters[entry.range].map { Double($0) }
    }
    let weight = try #require(parameters["first.weight"])
    let bias = try #require(parameters["first.bias"])
    let rows = (0..<clip.count / channels).flatMap { row in
      (0..<inputs).map { output in
        (0..<channels).reduce(bias[output]) {
          $0 + weight[output * channels + $1] * clip[row * channels + $1]
        }
      }
    }
    let own = parameters.filter { $0.key.hasPrefix("r.") }.map {
      (String($0.key.dropFirst(2)), $0.value)
    }
    let step = rows.count / steps
    let sequence = (0..<steps).map { Array(rows[$0 * step..<($0 + 1) * step]) }
    func made(_ hidden: Int) -> RecurrentReference {
      RecurrentReference(
        parameters: Dictionary(uniqueKeysWithValues: own), inputs: inputs, hidden: hidden)
    }
    let output: [[Double]]
    switch node.layer {
    case let layer as PeepholeLSTM: output = made(layer.hidden).peephole(sequence)
    case let layer as CoupledLSTM: output = made(layer.hidden).coupled(sequence)
    case let layer as MinimalGatedUnit: output = made(layer.hidden).minimal(sequence)
    case let layer as LayerNormLSTM: output = made(layer.hidden).layerNorm(sequence)
    case is AdditiveAttention: output = made(0).additive(sequence)
    case let layer as ConvLSTM:
      let all = made(layer.filters).maps(
        sequence, height: height, width: width, kernel: layer.kernel)
      let given = layer.givesAllSteps ? all : all.suffix(1)
      // Channels first.
      return (0..<layer.filters).flatMap { channel in
        given.flatMap { map in
          stride(from: channel, to: map.count, by: layer.filters).map { Float(map[$0]) }
        }
      }
    default: preconditionFailure("no reference for \(type(of: node.layer).kind)")
    }
    return output.flatMap { $0 }.map { Float($0) }
  }

  /// Files of networks that were there before the options did not change, and say so.
  @Test func jsonNamesOnlyWhatIsNotUsual() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    func text(_ node: Node) throws -> String {
      String(decoding: try encoder.encode(node), as: UTF8.self)
    }
    #expect(
      try text(.lstm(name: "a", hidden: 7)) == #"{"hidden":7,"name":"a","type":"lstm"}"#)
    #expect(
      try text(.lstm(name: "a", hidden: 7, layers: 2, bidirectional: true))
        == #"{"bidirectional":true,"hidden":7,"layers":2,"name":"a","type":"lstm"}"#)
    #expect(try text(.positions(name: "p")) == #"{"name":"p","type":"positions"}"#)
    #expect(
      try text(.sinusoidalPositions) == #"{"kind":"sinusoidal","type":"positions"}"#)
    #expect(
      try text(.convLSTM(name: "m", filters: 2, kernel: 3))
        == #"{"filters":2,"kernel":3,"name":"m","type":"convlstm"}"#)
    #expect(
      try text(.convLSTM(name: "m", filters: 2, kernel: 3, givesAllSteps: false))
        == #"{"all_steps":false,"filters":2,"kernel":3,"name":"m","type":"convlstm"}"#)
    for (_, node) in Self.cases {
      #expect(try JSONDecoder().decode(Node.self, from: encoder.encode(node)) == node)
    }
    #expect(LSTMLayer(hidden: 7).isOriginal)
    #expect(!LSTMLayer(hidden: 7, layers: 2).isOriginal)
    #expect(!LSTMLayer(hidden: 7, bidirectional: true).isOriginal)
  }
}
