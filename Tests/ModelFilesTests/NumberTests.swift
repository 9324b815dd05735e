import ClipSampling
import Layers
import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing

/// Models that are no use because their numbers are none.
@Suite struct NumberTests {
  private func model(_ change: (Network) -> Void) throws -> Model {
    let architecture = Architecture(
      name: "tiny", input: InputShape(frames: 2, height: 6, width: 6, channels: 3), classes: 2,
      layers: [
        .conv3D(name: "a", filters: 4, kernel: Extent3(1, 3, 3), padding: .zero, bias: true),
        .batchNorm(name: "a.norm"), .relu, .spatialMean, .timePooling(.mean),
        .dense(name: "head", outputs: 2),
      ])
    let network = try Network(architecture: architecture, seed: 1)
    change(network)
    let metadata = ModelMetadata(
      architecture: architecture, classes: ["a", "b"],
      preprocessing: Preprocessing(frames: 2, height: 6, width: 6))
    return Model(metadata: metadata, network: network)
  }

  @Test(arguments: ["a.weight", "head.bias", "a.norm.running_var"])
  func areNotWritten(tensor: String) throws {
    let path = ScratchFolder()("m.safetensors")
    let broken = try model { network in
      let entry = network.entry(tensor)!
      let values = tensor.hasSuffix("running_var") ? network.buffers : network.parameters
      values[entry.range.lowerBound] = .infinity
    }
    let error = #expect(throws: ModelFileError.self) { try broken.save(to: path) }
    #expect(error?.code == .nonFinite && error?.message.contains(tensor) == true)
    #expect(throws: ModelFileError.self) { try Model.load(path: path) }
  }

  @Test(arguments: [Precision.fp32, .bf16]) func doNotScore(precision: Precision) throws {
    let large = try model { network in
      for index in network.parameters.indices { network.parameters[index] = 1e30 }
    }
    let pool = WorkerPool(threads: 1)
    defer { pool.shutDown() }
    let classifier = try Classifier(model: large, batch: 1, precision: precision, pool: pool)
    for index in classifier.input.indices { classifier.input[index] = 1e9 }
    let error = #expect(throws: ModelFileError.self) { _ = try classifier.scores(count: 1) }
    #expect(error?.code == .nonFinite && error?.message.contains("not finite") == true)
  }
}
