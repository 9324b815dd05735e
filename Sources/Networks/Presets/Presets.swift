import Layers

extension Architecture {
  /// Names for `--arch`.
  public static let presets = [
    "conv3d-lstm", "conv3d-lstm-small", "conv3d-lstm-attention", "seed", "std",
  ]

  /// A network by name for this input and number of classes.
  ///
  /// - `conv3d-lstm`: Conv3D 3×3×3 → batch normalisation → ReLU → MaxPool3D blocks until few
  ///   positions are left, spatial mean, LSTM, mean over time, dropout, Dense.
  /// - `conv3d-lstm-small`: the same, narrower: for up to some hundred clips, and quick.
  /// - `conv3d-lstm-attention`: `conv3d-lstm` whose mean over time has learned weights.
  /// - `seed`: Conv3D(32, 3×3×3, ReLU) → MaxPool3D(2, 2, 2) → flatten **per time step** →
  ///   LSTM(128) → Dense. A plain Flatten would destroy the time axis that the LSTM needs.
  /// - `std`: the four-block workload of the speed comparisons, without normalisation.
  public static func preset(
    _ name: String, input: InputShape, classes: Int, dropout: Float = 0.5
  ) throws(NetworkError) -> Architecture {
    let layers: [Node]
    switch name {
    case "conv3d-lstm":
      layers = try convLSTM(input: input, widths: [16, 48, 96, 192, 192], hidden: 128, dropout)
    case "conv3d-lstm-small":
      // Few clips learn more surely from fewer steps.
      layers = try convLSTM(
        input: input, widths: [16, 32, 48, 96, 96], hidden: 64, dropout, steps: 2)
    case "conv3d-lstm-attention":
      layers = try convLSTM(
        input: input, widths: [16, 48, 96, 192, 192], hidden: 128, dropout,
        pooling: .attention(name: "attention"))
    case "seed":
      layers = [
        .conv3D(
          name: "conv", filters: 32, kernel: Extent3(3, 3, 3), padding: .one, bias: true), .relu,
        .maxPool3D(window: Extent3(2, 2, 2)), .flattenSteps, .lstm(name: "lstm", hidden: 128),
        .timePooling(.last),
      ]
    case "std":
      layers =
        [32, 64, 128, 256].enumerated().flatMap { index, width -> [Node] in
          [
            .conv3D(
              name: "convs.\(index)", filters: width, kernel: Extent3(3, 3, 3), padding: .one,
              bias: true), .relu,
            .maxPool3D(window: Extent3(index == 0 ? 1 : 2, 2, 2)),
          ]
        } + [.spatialMean, .lstm(name: "lstm", hidden: 256), .timePooling(.last)]
    default:
      throw NetworkError(
        code: .unknownPreset,
        message: "no architecture is called '\(name)': choose one of "
          + presets.joined(separator: ", ") + ", or give a JSON file")
    }
    let architecture = Architecture(
      name: name, input: input, classes: classes,
      layers: layers + [.dense(name: name.hasPrefix("conv3d") ? "head" : "fc", outputs: classes)])
    try architecture.validate()
    return architecture
  }

  /// Blocks are added while a side is long enough to halve; time is halved by one or two of them,
  /// until `steps` are left or the clip was that short, so that the LSTM keeps a sequence to read.
  private static func convLSTM(
    input: InputShape, widths: [Int], hidden: Int, _ dropout: Float, steps: Int = 8,
    pooling: Node = .timePooling(.mean)
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
    layers += [.spatialMean, .lstm(name: "lstm", hidden: hidden), pooling]
    if dropout > 0 { layers.append(.dropout(rate: dropout)) }
    return layers
  }
}
