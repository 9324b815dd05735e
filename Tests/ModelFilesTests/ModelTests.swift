import ClipSampling
import FileStore
import Foundation
import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing

private let preprocessing = Preprocessing(
  frames: 4, height: 16, width: 16, resizeHeight: 18, resizeWidth: 20, color: .gray,
  normalization: .fixed(mean: [0.5], std: [0.25]))

/// A small network with random weights and statistics.
private func model(seed: UInt64 = 3, temperature: Double = 1.5) throws -> Model {
  let architecture = try Architecture.preset(
    "conv3d-lstm-small", input: InputShape(frames: 4, height: 16, width: 16, channels: 1),
    classes: 3, dropout: 0.5)
  let network = try Network(architecture: architecture, seed: seed)
  var random = RandomStream(seed: seed, purpose: .test)
  for index in network.buffers.indices { network.buffers[index] = random.uniform(0.5, 1.5) }
  network.batchesTracked = 42
  return Model(
    metadata: ModelMetadata(
      architecture: architecture, classes: ["a", "b\"ü", "c"], preprocessing: preprocessing,
      temperature: temperature, clipSeconds: 2.5, training: ["epochs": "3"], datasetHash: "d",
      splitHash: "s", programVersion: "9"), network: network)
}

@Suite struct ModelTests {
  let folder = ScratchFolder()

  @Test func readsBackWhatItWrote() throws {
    let saved = try model()
    try saved.save(to: folder("m"))
    let loaded = try Model.load(path: folder("m"))
    #expect(loaded.metadata == saved.metadata)
    #expect(Array(loaded.network.parameters) == Array(saved.network.parameters))
    #expect(Array(loaded.network.buffers) == Array(saved.network.buffers))
    #expect(loaded.network.batchesTracked == 42)
    #expect(loaded.hash == "sha256:" + (try Digest.sha256(file: folder("m"))))
    #expect(loaded.hash == saved.hash)
    try loaded.save(to: folder("again"))
    #expect(try RegularFile.read(folder("again")) == RegularFile.read(folder("m")))
  }

  @Test func usesPyTorchsNames() throws {
    try model().save(to: folder("m"))
    let tensors = try SafeTensors(reading: folder("m"))
    #expect(tensors.metadata["format"] == "pt")
    #expect(tensors["blocks.0.conv.weight"]?.shape == [16, 1, 3, 3, 3])
    #expect(tensors["blocks.0.norm.running_var"]?.shape == [16])
    #expect(try tensors.integers("blocks.0.norm.num_batches_tracked", shape: []) == [42])
    #expect(tensors["lstm.weight_ih_l0"]?.shape.count == 2)
    #expect(tensors["head.bias"]?.shape == [3])
  }

  /// Files made by changing one thing in a good one.
  @Test func refusesWhatDoesNotFit() throws {
    try model().save(to: folder("m"))
    let good = try SafeTensors(reading: folder("m"))
    func refused(_ text: String, _ change: (inout SafeTensors) throws -> Void) throws {
      var tensors = good
      try change(&tensors)
      try tensors.write(to: folder("bad"))
      let error = #expect(throws: ModelFileError.self) { try Model.load(path: folder("bad")) }
      #expect(error?.message.contains(text) == true, "\(error?.message ?? "") lacks \(text)")
      #expect(error?.message.hasPrefix(folder("bad") + ": ") == true)
      #expect(error?.message.contains("\n") == false)
    }
    func metadata(_ key: String, _ from: String, _ to: String, _ text: String) throws {
      try refused(text) { tensors in
        let value = try #require(tensors.metadata[key])
        #expect(value.contains(from), "\(value)")
        tensors.metadata[key] = value.replacingOccurrences(of: from, with: to)
      }
    }
    try refused("tensor head.bias is F32 [4] where the network needs F32 [3]") {
      $0.set("head.bias", shape: [4], floats: [1, 2, 3, 4])
    }
    try refused("tensor head.bias is I64 [3]") {
      $0.set("head.bias", shape: [3], integers: [1, 2, 3])
    }
    try refused("head.weight") {
      $0.set("head.weight", shape: [2, 64], floats: .init(repeating: 0, count: 128))
    }
    try refused("holds the tensor spare") { $0.set("spare", shape: [1], floats: [1]) }
    try refused("num_batches_tracked) disagree") {
      $0.set("blocks.1.norm.num_batches_tracked", shape: [], integers: [7])
    }
    try refused("negative variance") {
      $0.set("blocks.0.norm.running_var", shape: [16], floats: .init(repeating: -1, count: 16))
    }
    try refused("without a vidclass architecture") { $0.metadata = ["format": "pt"] }
    try refused("lacks the metadata classes") { $0.metadata["classes"] = nil }
    try refused("lacks the tensor") { tensors in
      var fewer = SafeTensors(metadata: tensors.metadata)
      for name in tensors.names where name != "lstm.bias_hh_l0" {
        let tensor = tensors[name]!
        fewer.set(name, type: tensor.type, shape: tensor.shape, bytes: tensor.bytes)
      }
      tensors = fewer
    }
    try metadata("format_version", "1", "3", "update vidclass")
    try metadata("format_version", "1", "x", "impossible format version")
    try metadata("classes", #","c"]"#, "]", "names 2 classes for a network of 3")
    try metadata("classes", #","c"]"#, #","a"]"#, "two of the same name")
    try metadata("classes", "[", "{", "cannot be read")
    try metadata("temperature", "1.5", "nan", "impossible temperature")
    try metadata("temperature", "1.5", "0", "impossible temperature")
    try metadata("preprocessing", #""frames":4"#, #""frames":5"#, "for a network that reads")
    try metadata("preprocessing", #""resizeWidth":20"#, #""resizeWidth":15"#, "does not fit")
    try metadata("preprocessing", "[0.25]", "[0]", "mean or standard deviation")
    try metadata(
      "architecture", #""height":16"#, #""height":9223372036854775807"#, "for a network that reads")
    try metadata(
      "architecture", #""classes":3"#, #""classes":9223372036854775807"#, "classes for a")
    try metadata("architecture", #""outputs":3"#, #""outputs":4"#, "the last layer gives 4, not 3")
    try metadata(
      "architecture", #""outputs":3"#, #""outputs":9223372036854775807"#,
      "'head': 9223372036854775807 outputs")
    try metadata("architecture", #""filters":16"#, #""filters":17"#, "tensor blocks.0.conv.weight")
    try metadata("architecture", "[3,3,3]", "[9,3,3]", "blocks.")
    try metadata("architecture", "[1,2,2]", "[1,9223372036854775807,9]", "window")
    try metadata("architecture", #""hidden":64"#, #""hidden":2305843009213693952"#, "units")
    try metadata("architecture", #""type":"lstm""#, #""type":"grue""#, "cannot be read")
  }

  @Test func aModelCutInHalfSaysSo() throws {
    try model().save(to: folder("m"))
    let bytes = try RegularFile.read(folder("m"))
    try AtomicFile.write(Array(bytes[..<(bytes.count / 2)]), to: folder("half"))
    let error = #expect(throws: ModelFileError.self) { try Model.load(path: folder("half")) }
    #expect(error?.code == .truncated)
    #expect(error?.message.contains("cut short") == true)
  }

  // MARK: Classifier

  @Test func scoresAreTheCalibratedSoftmaxOfTheLogits() throws {
    let model = try model()
    let pool = WorkerPool(threads: 1)
    defer { pool.shutDown() }
    let classifier = try Classifier(model: model, batch: 2, precision: .fp32, pool: pool)
    let executor = try Executor(network: model.network, batch: 2, mode: .inference, pool: pool)
    var random = RandomStream(seed: 1, purpose: .test)
    let values = (0..<2 * classifier.inputSize).map { _ in random.uniform(-1, 1) }
    for (index, value) in values.enumerated() {
      classifier.input[index] = value
      executor.input[index] = value
    }
    let scores = Array(try classifier.scores(count: 2))
    executor.forward(count: 2)
    for row in 0..<2 {
      let weights = (0..<3).map { exp(Double(executor.logits[row * 3 + $0]) / 1.5) }
      for index in 0..<3 {
        let expected = weights[index] / weights.reduce(0, +)
        #expect(abs(Double(scores[row * 3 + index]) - expected) < 1e-6)
      }
    }
    // A clip's scores do not depend on its neighbours.
    classifier.input(at: 0).baseAddress?.update(
      from: Array(values[classifier.inputSize...]), count: classifier.inputSize)
    #expect(Array(try classifier.scores(count: 1)) == Array(scores[3...]))
  }
}
