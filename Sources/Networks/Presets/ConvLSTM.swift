import Layers

// The default networks and those of the speed comparisons.
extension Preset {
  /// Conv3D 3×3×3 → batch normalisation → ReLU → MaxPool3D blocks until few positions are left,
  /// spatial mean, LSTM, mean over time, dropout, Dense.
  static let convLSTMs: [Preset] = [
    Preset(
      "conv3d-lstm", "convolutions over time and space, then an LSTM (the default)",
      input: clip, head: "head"
    ) { input, options throws(NetworkError) in
      try convLSTM(input: input, widths: [16, 48, 96, 192, 192], hidden: 128, options)
    },
    Preset(
      "conv3d-lstm-small", "the same, narrower (the default below 300 clips)", input: clip,
      head: "head"
    ) { input, options throws(NetworkError) in
      // Few clips learn more surely from fewer steps.
      try convLSTM(input: input, widths: [16, 32, 48, 96, 96], hidden: 64, options, steps: 2)
    },
    Preset(
      "conv3d-lstm-attention", "conv3d-lstm whose mean over time has learned weights",
      input: clip, head: "head"
    ) { input, options throws(NetworkError) in
      try convLSTM(
        input: input, widths: [16, 48, 96, 192, 192], hidden: 128, options, head: .attention)
    },
  ]

  private static let clip = InputShape(frames: 16, height: 64, width: 64, channels: 3)
  private static let workload = InputShape(frames: 16, height: 112, width: 112, channels: 3)

  /// The article's spatiotemporal system. The time axis stays: a plain Flatten would destroy what
  /// the LSTM needs.
  static let seed = Preset(
    "seed", "Conv3D(32) → MaxPool3D(2) → flatten per step → LSTM(128)", input: workload
  ) { _, options throws(NetworkError) in
    [
      .conv3D(name: "conv", filters: 32, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
      .relu, .maxPool3D(window: Extent3(2, 2, 2)), .flattenSteps,
    ] + (try options.temporalLayers(hidden: 128, head: .last))
  }

  /// The four-block workload of the speed comparisons, without normalisation.
  static let std = Preset(
    "std", "four blocks of Conv3D and MaxPool3D, then LSTM(256)", input: workload
  ) { _, options throws(NetworkError) in
    [32, 64, 128, 256].enumerated().flatMap { index, width -> [Node] in
      [
        .conv3D(
          name: "convs.\(index)", filters: width, kernel: Extent3(3, 3, 3), padding: .one,
          bias: true), .relu, .maxPool3D(window: Extent3(index == 0 ? 1 : 2, 2, 2)),
      ]
    } + [.spatialMean] + (try options.temporalLayers(hidden: 256, head: .last))
  }

  /// Blocks are added while a side is long enough to halve; time is halved by one or two of them,
  /// until `steps` are left or the clip was that short, so that the LSTM keeps a sequence to read.
  private static func convLSTM(
    input: InputShape, widths: [Int], hidden: Int, _ options: PresetOptions, steps: Int = 8,
    head: PresetOptions.Head = .mean
  ) throws(NetworkError) -> [Node] {
    var layers: [Node] = []
    var side = min(input.height, input.width)
    var frames = input.frames
    for (index, width) in widths.enumerated() {
      // Three blocks at least, five at most, four at 48 × 48 and at 64 × 64.
      guard index < 3 || side >= 6 else { break }
      let halvesTime = (index == 1 && frames >= 4) || (index == 2 && frames >= 2 * steps)
      let window = Extent3(halvesTime ? 2 : 1, side >= 2 ? 2 : 1, side >= 2 ? 2 : 1)
      layers += [
        .conv3D(
          name: "blocks.\(index).conv", filters: width, kernel: Extent3(3, 3, 3), padding: .one,
          bias: false),
        .batchNorm(name: "blocks.\(index).norm"), .relu, .maxPool3D(window: window),
      ]
      side /= window.height
      frames /= window.depth
    }
    return layers + (try options.pooledTemporalLayers(hidden: hidden, head: head))
      + options.dropoutLayer
  }
}
