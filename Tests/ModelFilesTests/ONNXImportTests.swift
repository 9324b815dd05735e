import Foundation
import Layers
import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing

/// Networks that PyTorch's exporters wrote: see `Tests/Fixtures/onnx/make-onnx-networks.py`.
@Suite struct ONNXImportTests {
  static let folder = ONNXFixtureTests.folder

  /// What a network reads, and what PyTorch makes of it.
  private struct Sample: Decodable {
    let shape: [Int]
    let input: [Float]
    let logits: [Float]

    init(_ name: String) throws {
      let data = try Data(contentsOf: URL(filePath: "\(ONNXImportTests.folder)\(name).json"))
      self = try JSONDecoder().decode(Sample.self, from: data)
    }
  }

  /// Logits of clips in the network's own layout.
  private static func logits(_ network: Network, _ input: [Float]) throws -> [Float] {
    let clips = input.count / network.architecture.input.count
    let executor = try Executor(
      network: network, batch: clips, mode: .inference, pool: WorkerPool(threads: 2))
    for (index, value) in input.enumerated() { executor.input[index] = value }
    executor.forward(count: clips)
    return Array(executor.logits[..<(clips * network.architecture.classes)])
  }

  /// Values `[N, sizes…]` with the axes in another order.
  private static func turned(_ values: [Float], _ sizes: [Int], _ order: [Int]) -> [Float] {
    var strides = [Int](repeating: 1, count: sizes.count)
    for axis in (0..<sizes.count).dropLast().reversed() {
      strides[axis] = strides[axis + 1] * sizes[axis + 1]
    }
    var places = [0]
    for axis in order {
      places = places.flatMap { place in (0..<sizes[axis]).map { place + $0 * strides[axis] } }
    }
    return places.map { values[$0] }
  }

  @Test(arguments: ["script", "export"]) func readsPictures(exporter: String) throws {
    let sample = try Sample("picture")
    let path = "\(Self.folder)picture-\(exporter).onnx"
    let pixels = Self.turned(sample.input, sample.shape, [0, 2, 3, 1])
    let one = try ONNXImport(reading: path, frames: 1)
    #expect(one.isFramewise && one.metadata == nil)
    #expect(
      one.network.architecture.input == InputShape(frames: 1, height: 17, width: 15, channels: 3))
    #expect(relativeError(try Self.logits(one.network, pixels), sample.logits) < 1e-4)
    // PyTorch's names, and a classifier at the end.
    let names = Set(one.network.entries.map(\.name))
    #expect(names.isSuperset(of: ["stem.0.weight", "block.3.weight", "classifier.1.weight"]))
    #expect(one.network.headNames == ["classifier.1.weight", "classifier.1.bias"])
    // The three pictures as frames of one clip: the mean of their logits.
    let three = try ONNXImport(reading: path, frames: 3)
    let mean = (0..<5).map { index -> Float in
      let all = [sample.logits[index], sample.logits[5 + index], sample.logits[10 + index]]
      return all.reduce(0, +) / 3
    }
    #expect(relativeError(try Self.logits(three.network, pixels), mean) < 1e-4)
  }

  @Test(arguments: ["script", "export"]) func readsClips(exporter: String) throws {
    let sample = try Sample("clip")
    let read = try ONNXImport(reading: "\(Self.folder)clip-\(exporter).onnx")
    #expect(!read.isFramewise)
    let voxels = Self.turned(sample.input, sample.shape, [0, 2, 3, 4, 1])
    // The softmax at the end is dropped.
    #expect(relativeError(try Self.logits(read.network, voxels), sample.logits) < 1e-4)
    #expect(read.network.architecture.layers.contains { $0.layer.title == "GroupNorm, 2 groups" })
    #expect(read.weights.names.contains("fc.weight"))
  }

  @Test(arguments: ["script", "export"]) func readsStepsOfTime(exporter: String) throws {
    let sample = try Sample("steps")
    let read = try ONNXImport(reading: "\(Self.folder)steps-\(exporter).onnx")
    #expect(
      read.network.architecture.input
        == InputShape(frames: 5, height: 16, width: 16, channels: 3))
    // Time comes before the channels there.
    let voxels = Self.turned(sample.input, sample.shape, [0, 1, 3, 4, 2])
    #expect(relativeError(try Self.logits(read.network, voxels), sample.logits) < 1e-4)
  }

  // MARK: Our own

  private static func model(
    _ preset: Preset, _ input: InputShape, _ options: PresetOptions = PresetOptions()
  ) throws -> Model {
    try model(try preset.architecture(input: input, classes: 3, options: options))
  }

  private static func model(_ architecture: Architecture) throws -> Model {
    let input = architecture.input
    let network = try Network(architecture: architecture, seed: 1)
    for entry in network.entries + network.bufferEntries {
      let values = entry.role == .statistics ? network.buffers : network.parameters
      guard entry.role == .statistics || entry.role == .normalization || entry.role == .bias else {
        continue
      }
      let isPositive = entry.name.hasSuffix("running_var")
      for (index, value) in randomValues(entry.range.count, seed: 3, scale: 0.3).enumerated() {
        values[entry.range.lowerBound + index] = isPositive ? 1 + value : value + 0.5
      }
    }
    return Model(
      metadata: ModelMetadata(
        architecture: architecture, classes: ["a", "b", "c"],
        preprocessing: .init(
          frames: input.frames, height: input.height, width: input.width,
          normalization: .fixed(mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4])), temperature: 1.5),
      network: network)
  }

  private static func comesBack(_ model: Model) throws -> ONNXImport {
    let onnx = try ONNXExport.onnx(model)
    let read = try ONNXImport(ONNXModel(bytes: onnx.serialized(), source: "net.onnx"))
    let input = randomValues(2 * model.metadata.architecture.input.count, seed: 5)
    let expected = try logits(model.network, input)
    let error = relativeError(try logits(read.network, input), expected)
    #expect(error < 1e-5, "\(model.metadata.architecture.name)")
    return read
  }

  /// Presets of up to fifteen million weights.
  private static let small = Preset.all.filter {
    !["c3d", "r3d_18", "r2plus1d_18"].contains($0.name)
  }

  @Test(arguments: small.map(\.name)) func ourOwnComeBack(name: String) throws {
    let preset = try #require(Preset.all.first { $0.name == name })
    let side = name == "x3d_s" ? 64 : 32
    let model = try Self.model(
      preset, InputShape(frames: name == "std" ? 8 : 4, height: side, width: side, channels: 3))
    let read = try Self.comesBack(model)
    let metadata = try #require(read.metadata)
    #expect(metadata.classes == ["a", "b", "c"] && metadata.temperature == 1.5)
    #expect(metadata.preprocessing == model.metadata.preprocessing)
    #expect(metadata.architecture == read.network.architecture)
    #expect(metadata.architecture.name == name)
    // Names and shapes of weights too: what a file of ours holds goes into its preset.
    let fresh = try Network(architecture: model.network.architecture, seed: 9)
    let transfer = try WeightTransfer(from: read.weights, into: fresh)
    #expect(transfer.missing == [] && transfer.misshapen.isEmpty && transfer.left == [])
  }

  @Test(arguments: PresetOptions.Recurrence.allCases)
  func recurrentLayersComeBack(recurrence: PresetOptions.Recurrence) throws {
    let preset = try #require(Preset.all.first { $0.name == "conv3d-lstm-small" })
    let model = try Self.model(
      preset, InputShape(frames: 12, height: 16, width: 16, channels: 3),
      PresetOptions(recurrence: recurrence))
    let read = try Self.comesBack(model)
    #expect(read.network.written == model.network.written)
  }

  @Test(arguments: PresetOptions.Head.allCases)
  func headsComeBack(head: PresetOptions.Head) throws {
    let preset = try #require(Preset.all.first { $0.name == "conv3d-lstm-small" })
    let model = try Self.model(
      preset, InputShape(frames: 12, height: 16, width: 16, channels: 3),
      PresetOptions(head: head))
    #expect(try Self.comesBack(model).network.written == model.network.written)
  }

  /// Layers that no preset has, of sizes that are not the usual.
  private static let others: [(name: String, layers: [Node])] = [
    (
      "maps",
      [
        .convLSTM(name: "r", filters: 3, kernel: 3), .relu,
        .convLSTM(name: "s", filters: 4, kernel: 5, givesAllSteps: false), .spatialMean,
      ]
    ),
    (
      "channels",
      [
        .shuffleChannels(groups: 3).named("s"), .sliceChannels(end: 2).named("a"),
        .sliceChannels(start: 2, end: 6).reading("s").named("b"), .concatenate.reading("b", "a"),
        .spatialMean, .shuffleChannels(groups: 2), .sliceChannels(start: 1, end: 6),
        .timePooling(.mean),
        .sliceChannels(end: 4), .shuffleChannels(groups: 2).named("v"),
      ]
    ),
    (
      "sequences",
      [
        .spatialMean, .sinusoidalPositions.named("p"), .selfAttention(name: "a", heads: 3),
        .add.reading("p", "a"), .layerNormLSTM(name: "r", hidden: 5).named("r"),
        .mgu(name: "m", hidden: 7), .selfAttention(name: "b", heads: 1),
        .layerNormLSTM(name: "q", hidden: 3),
      ]
    ),
    ("statistics", [.spatialMean, .timeStatistics.named("v")]),
    (
      "norms",
      [
        .groupNorm(name: "g", groups: 3, epsilon: 1e-3), .layerNorm(name: "l", epsilon: 1e-6),
        .spatialMean, .layerNorm(name: "n", epsilon: 0.1),
      ]
    ),
  ]

  /// With one step, nothing of what meets the step before is in the graph.
  @Test(arguments: others.map(\.name), [1, 5])
  func layersComeBack(name: String, steps: Int) throws {
    let layers = try #require(Self.others.first { $0.name == name }).layers
    let isVector = layers.last?.name == "v"
    let input = InputShape(frames: steps, height: 4, width: 3, channels: 3)
    let architecture = Architecture(
      name: name, input: input, classes: 3,
      layers: [.conv3D(name: "first", filters: 6, kernel: .one, padding: .zero, bias: true)]
        + layers + (isVector ? [] : [.timePooling(.last)]) + [.dense(name: "head", outputs: 3)])
    let model = try Self.model(architecture)
    let read = try Self.comesBack(model)
    if steps > 1 { #expect(read.network.written == model.network.written) }
  }

  /// Where steps are made of values that no step of the clip gave.
  private static let reshapes: [[Node]] = [
    [.reshape([4, 48])], [.spatialMean, .reshape([2, 6])],
    [.spatialMean, .flatten, .reshape([3, 4]).named("cut")],
    [.spatialMean, .reshape([12]), .reshape([12, 1])],
    [.flatten, .dense(name: "wide", outputs: 24), .reshape([4, 6])],
    [.flattenSteps, .reshape([3, 4, 4, 4]), .spatialMean],
  ]

  private static let recurrences: [any Layer] = [
    LSTMLayer(hidden: 5), LSTMLayer(hidden: 3, bidirectional: true), GRULayer(hidden: 5),
    PeepholeLSTM(hidden: 5), CoupledLSTM(hidden: 5), LayerNormLSTM(hidden: 5),
    MinimalGatedUnit(hidden: 5),
  ]

  @Test(arguments: reshapes.indices, recurrences.indices)
  func reshapesBeforeRecurrentLayersComeBack(reshape: Int, recurrence: Int) throws {
    let layer = Self.recurrences[recurrence]
    let architecture = Architecture(
      name: "reshaped", input: InputShape(frames: 4, height: 4, width: 4, channels: 3), classes: 3,
      layers: Self.reshapes[reshape]
        + [Node(layer, name: "r"), .timePooling(.mean), .dense(name: "head", outputs: 3)])
    let read = try Self.comesBack(try Self.model(architecture))
    // A reshape of a vector may as well be one of what the vector was made of.
    func kinds(_ network: Architecture) -> [String] {
      network.layers.map { type(of: $0.layer).kind }.filter { $0 != Flatten.kind }
    }
    #expect(kinds(read.network.architecture) == kinds(architecture))
  }

  @Test(arguments: [[12, 4, 2, 2], [6, 2, 4, 4], [3, 4, 4, 4]], [true, false])
  func reshapesBeforeAConvLSTMComeBack(shape: [Int], givesAllSteps: Bool) throws {
    let architecture = Architecture(
      name: "reshaped", input: InputShape(frames: 4, height: 4, width: 4, channels: 3), classes: 3,
      layers: [
        .flatten, .reshape(shape),
        Node(ConvLSTM(filters: 5, kernel: 3, givesAllSteps: givesAllSteps), name: "r"),
        .spatialMean, .timePooling(.mean), .dense(name: "head", outputs: 3),
      ])
    let read = try Self.comesBack(try Self.model(architecture))
    let kinds = read.network.architecture.layers.map { type(of: $0.layer).kind }
    #expect(kinds.contains(Reshape.kind) && kinds.contains(ConvLSTM.kind), "\(kinds)")
  }

  /// As in SqueezeNet: scores come of a convolution, each place votes.
  @Test(arguments: [[], ["Relu"], ["Relu", "Softmax"]])
  func aConvolutionMayBeTheClassifier(endings: [String]) throws {
    func node(_ op: String, _ inputs: [String], _ output: String) -> ONNXNode {
      ONNXNode(op: op, name: output, inputs: inputs, outputs: [output])
    }
    let relu = endings.contains("Relu") ? "relu" : "scores"
    let model = ONNXModel(
      graph: ONNXGraph(
        name: "g",
        nodes: [
          node("Conv", ["x", "features.weight"], "f"),
          node("Conv", ["f", "classifier.1.weight", "classifier.1.bias"], "scores"),
          node("Relu", ["scores"], "relu"), node("GlobalAveragePool", [relu], "mean"),
          node("Flatten", ["mean"], "flat"), node("Softmax", ["flat"], "shares"),
        ],
        initializers: [
          ONNXTensor(
            name: "features.weight", dims: [4, 3, 3, 3], floats: randomValues(108, seed: 1)),
          ONNXTensor(
            name: "classifier.1.weight", dims: [5, 4, 1, 1], floats: randomValues(20, seed: 2)),
          ONNXTensor(name: "classifier.1.bias", dims: [5], floats: randomValues(5, seed: 3)),
        ],
        inputs: [ONNXValue(name: "x", dims: [.symbol("n"), .size(3), .size(8), .size(8)])],
        outputs: [
          ONNXValue(name: endings.contains("Softmax") ? "shares" : "flat", dims: nil)
        ]))
    let read = try ONNXImport(model, frames: 2)
    #expect(read.network.headNames == ["classifier.1.weight", "classifier.1.bias"])
    var architecture = read.network.architecture
    try architecture.setClasses(2)
    let fresh = try Network(architecture: architecture, seed: 1)
    let transfer = try WeightTransfer(
      from: read.weights, into: fresh, skipping: fresh.headNames)
    #expect(transfer.taken == ["features.weight"])
  }

  /// What is like a layer of ours but for one operator is not taken for it.
  @Test func otherLoopsAreRefused() throws {
    let preset = try #require(Preset.all.first { $0.name == "conv3d-lstm-small" })
    let model = try Self.model(
      preset, InputShape(frames: 12, height: 16, width: 16, channels: 3),
      PresetOptions(recurrence: .mgu))
    let onnx = try ONNXExport.onnx(model)
    for op in ["Tanh", "Sub", "Mul"] {
      var other = onnx
      let index = try #require(other.graph.nodes.lastIndex { $0.op == op })
      other.graph.nodes[index].op = op == "Tanh" ? "Sigmoid" : "Add"
      #expect(throws: ModelFileError.self) { try ONNXImport(other) }
    }
  }
}

extension Network {
  /// Its layers that have one form in ONNX and settings that weights do not tell, sorted.
  fileprivate var written: [String] {
    let kinds = [
      "layernorm_lstm", "mgu", "convlstm", "self_attention", "positions", "layernorm", "groupnorm",
      "timestatistics", "slice_channels", "shuffle_channels",
    ]
    return architecture.layers.map(\.layer).filter { kinds.contains(type(of: $0).kind) }
      .map { "\($0)" }.sorted()
  }
}
