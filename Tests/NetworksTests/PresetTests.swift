import Foundation
import Layers
import Networks
import Tensors
import TestSupport
import Testing

/// The networks by name.
@Suite struct PresetTests {
  @Test(arguments: Preset.all.map(\.name)) func fitsItsUsualInput(name: String) throws {
    let preset = try #require(Preset.all.first { $0.name == name })
    let architecture = try preset.architecture(input: preset.input, classes: 7)
    #expect(try architecture.parameterCount() > 0)
    let data = try JSONEncoder().encode(architecture)
    #expect(try JSONDecoder().decode(Architecture.self, from: data) == architecture)
  }

  /// What torchvision's own modules of six classes count, and its trunks without a classifier.
  @Test(arguments: [
    ("r3d_18", 33_169_350), ("mc3_18", 11_493_318), ("r2plus1d_18", 31_303_203),
  ]) func hasAsManyParametersAsTorchvision(name: String, count: Int) throws {
    let preset = try #require(Preset.all.first { $0.name == name })
    #expect(try preset.architecture(input: preset.input, classes: 6).parameterCount() == count)
  }

  @Test(arguments: [("mobilenet_v2-lstm", 2_223_872), ("resnet18-lstm", 11_176_512)])
  func hasTorchvisionsTrunk(name: String, count: Int) throws {
    let preset = try #require(Preset.all.first { $0.name == name })
    let network = try Network(
      architecture: preset.architecture(
        input: InputShape(frames: 2, height: 32, width: 32, channels: 3), classes: 6), seed: 0)
    let trunk = network.entries.filter {
      !$0.name.hasPrefix("lstm.") && !$0.name.hasPrefix("fc.")
    }
    #expect(trunk.reduce(0) { $0 + $1.range.count } == count)
  }

  /// Every word for the layer through time with every word for what follows runs and learns.
  @Test(arguments: PresetOptions.Recurrence.allCases, PresetOptions.Head.allCases)
  func variantsRun(recurrence: PresetOptions.Recurrence, head: PresetOptions.Head) throws {
    let architecture = try Architecture.preset(
      "conv3d-lstm-small", input: InputShape(frames: 4, height: 12, width: 12, channels: 1),
      classes: 3, options: PresetOptions(recurrence: recurrence, head: head))
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let network = try Network(architecture: architecture, seed: 1)
    let executor = try Executor(network: network, batch: 2, mode: .training, pool: pool)
    _ = executor.input.update(fromContentsOf: randomValues(executor.input.count, seed: 1))
    executor.forward(count: 2)
    _ = executor.logitsGradient.update(fromContentsOf: randomValues(6, seed: 2))
    executor.backward(count: 2)
    let isFinite = executor.logits.allSatisfy { $0.isFinite }
    #expect(isFinite)
    // Of a backward pass over time the last step is the first, with nothing before it.
    let idle = recurrence == .bilstm && head == .last ? "lstm.weight_hh_l0_reverse" : ""
    for entry in network.entries where entry.role == .weight && entry.name != idle {
      #expect(network.gradients[entry.range].contains { $0 != 0 }, "\(entry.name)")
    }
  }

  @Test func aConvLSTMNeedsMaps() {
    let error = #expect(throws: NetworkError.self) {
      try Architecture.preset(
        "seed", input: InputShape(frames: 4, height: 16, width: 16, channels: 3), classes: 3,
        options: PresetOptions(recurrence: .convlstm))
    }
    #expect(error?.message.contains("no maps left") == true)
  }

  /// Sequences of the first format's layers keep its version, and with it their random numbers.
  @Test func onlyNewKindsOfNetworksNeedTheNewFormat() throws {
    let input = InputShape(frames: 8, height: 32, width: 32, channels: 3)
    for name in ["conv3d-lstm", "conv3d-lstm-small", "conv3d-lstm-attention", "seed", "std"] {
      #expect(try Architecture.preset(name, input: input, classes: 3).formatVersion == 1)
    }
    let fusion = try Architecture.preset("fusion-lstm", input: input, classes: 3)
    #expect(fusion.formatVersion == 2)
  }

  /// A node that is added leaves the first weights of the others alone.
  @Test func randomNumbersAreKeyedByName() throws {
    func network(_ middle: [Node]) throws -> Network {
      try Network(
        architecture: Architecture(
          name: "n", input: InputShape(frames: 3, height: 4, width: 4, channels: 2), classes: 3,
          layers: [
            .conv2D(name: "a", filters: 4, kernel: (3, 3), padding: (1, 1)), .silu,
          ] + middle + [
            .spatialMean, .lstm(name: "lstm", hidden: 4), .timePooling(.last),
            .dense(name: "head", outputs: 3),
          ]), seed: 5)
    }
    let short = try network([])
    let long = try network([.conv2D(name: "between", filters: 4, kernel: (1, 1)), .gelu])
    for entry in short.entries {
      let other = try #require(long.entry(entry.name))
      #expect(Array(short.parameters[entry.range]) == Array(long.parameters[other.range]))
    }
  }

  /// A network that pools too often for its input says which one would do.
  @Test(arguments: [
    ("c3d", 16, 8, "at least 16 frames of 16×16"), ("c3d", 8, 112, "at least 16 frames of 16×16"),
    ("std", 4, 64, "at least 8 frames of 16×16"), ("seed", 1, 32, "at least 2 frames of 8×8"),
  ]) func smallInputsAreToldWhatWouldDo(name: String, frames: Int, side: Int, says: String) throws {
    let small = InputShape(frames: frames, height: side, width: side, channels: 3)
    let error = #expect(throws: NetworkError.self) {
      try Architecture.preset(name, input: small, classes: 2)
    }
    let message = error?.message ?? ""
    #expect(message.hasSuffix("; \(name) needs \(says) (`frames`, `size`)"), "\(message)")
  }

  /// Errors name the node, what it got and what it needs.
  @Test(arguments: [
    ([Node.add.named("sum").reading("input", "nowhere")], "'sum' reads 'nowhere'"),
    (
      [.spatialMean.named("m"), .add.named("s").reading("m", "input")],
      "'s': adds 2 to 64 values of one shape"
    ),
    (
      [.conv2D(name: "c", filters: 5, kernel: (3, 3), groups: 2)],
      "'c': 2 groups must divide both its 3 channels"
    ),
    (
      [.spatialMean, .conv2D(name: "c", filters: 5, kernel: (3, 3))],
      "'c': needs a volume [D, H, W, C] and cannot take 4×3"
    ),
    ([.relu.named("input")], "which is what the network reads"),
    (
      [
        .conv2D(name: "c", filters: 5, kernel: (3, 3)), .flatten.reading("input"),
        .dense(name: "d", outputs: 3),
      ], "nobody reads 'c'"
    ),
    ([Node(DenseLayer(outputs: 3)).reading("input")], "needs a vector"),
    ([.spatialMean, .selfAttention(name: "s", heads: 2)], "'s': 2 heads do not divide 3 features"),
    ([.reshape([7])], "makes [7] of 4×5×6×3"),
  ]) func errorsNameTheNode(layers: [Node], says: String) {
    let architecture = Architecture(
      name: "odd", input: InputShape(frames: 4, height: 5, width: 6, channels: 3), classes: 3,
      layers: layers)
    let error = #expect(throws: NetworkError.self) { try architecture.validate() }
    #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
  }
}
