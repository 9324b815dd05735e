import Layers

extension Preset {
  /// The article's feature fusion: two branches of 2-D convolutions over each frame, of 3 × 3 and of
  /// 5 × 5, each pooled and flattened; side by side they go through an LSTM.
  static let fusionLSTM = Preset(
    "fusion-lstm", "two Conv2D branches (3×3 and 5×5, 32 filters), concatenated, then LSTM(128)",
    input: InputShape(frames: 16, height: 64, width: 64, channels: 3),
    // Its LSTM reads 65,536 values a step: at the usual rate its gates are saturated before they have
    // learned anything (on clips/ 17 % of held-out clips, a tenth of the rate 58 %).
    learningRateFactor: 0.1
  ) { _, options throws(NetworkError) in
    let branches = [(name: "fine", kernel: 3), (name: "coarse", kernel: 5)].flatMap {
      name, kernel -> [Node] in
      [
        Node.conv2D(
          name: "\(name).conv", filters: 32, kernel: (kernel, kernel),
          padding: (kernel / 2, kernel / 2)
        ).reading(Node.input), .relu, .maxPool3D(window: Extent3(1, 2, 2)),
        .flattenSteps.named(name),
      ]
    }
    return branches + [.concatenate.reading("fine", "coarse")]
      + (try options.temporalLayers(hidden: 128, head: .last)) + options.dropoutLayer
  }
}
