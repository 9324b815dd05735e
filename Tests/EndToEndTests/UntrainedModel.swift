import ClipSampling
import ModelFiles
import Networks

/// A small network of two classes that was never trained.
enum UntrainedModel {
  /// - Parameter clipSeconds: what its clips lasted.
  static func write(to path: String, classes: [String], clipSeconds: Double = 1) throws {
    let input = InputShape(frames: 4, height: 16, width: 16, channels: 3)
    let architecture = try Architecture.preset("seed", input: input, classes: 2, dropout: 0)
    let metadata = ModelMetadata(
      architecture: architecture, classes: classes,
      preprocessing: Preprocessing(frames: 4, height: 16, width: 16), clipSeconds: clipSeconds)
    try Model(metadata: metadata, network: try Network(architecture: architecture, seed: 1))
      .save(to: path)
  }
}
