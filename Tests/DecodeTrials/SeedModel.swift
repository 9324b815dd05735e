import ClipSampling
import Layers
import ModelFiles
import Networks

/// The smallest model there is, for a fuzzer to begin with.
public enum SeedModel {
  public static func write(to path: String) throws {
    let architecture = Architecture(
      name: "tiny", input: InputShape(frames: 2, height: 4, width: 4, channels: 1), classes: 2,
      layers: [
        .conv3D(
          name: "conv", filters: 2, kernel: Extent3(1, 3, 3),
          padding: Extent3(0, 1, 1), bias: false),
        .batchNorm(name: "norm"), .relu,
        .maxPool3D(window: Extent3(1, 2, 2)), .flattenSteps,
        .lstm(name: "lstm", hidden: 2), .timePooling(.last), .dense(name: "head", outputs: 2),
      ])
    let model = Model(
      metadata: ModelMetadata(
        architecture: architecture, classes: ["a", "b"],
        preprocessing: Preprocessing(
          frames: 2, height: 4, width: 4, resizeHeight: 4, resizeWidth: 4, color: .gray,
          normalization: .fixed(mean: [0.5], std: [0.25])),
        temperature: 1, clipSeconds: 1, training: [:], datasetHash: "d", splitHash: "s",
        programVersion: "1"), network: try Network(architecture: architecture, seed: 1))
    try model.save(to: path)
  }
}
