import Layers

// torchvision's video networks (Tran et al. 2018), parameters under torchvision's names.
extension Preset {
  private static let video = InputShape(frames: 16, height: 112, width: 112, channels: 3)

  static let videoNetworks: [Preset] = [
    Preset(
      "r3d_18", "torchvision's 3-D residual network of 18 layers", input: video,
      pixels: .kinetics, isVaried: false
    ) { _, options throws(NetworkError) in
      VideoResNet(factorised: false, temporalStages: 4).layers(options)
    },
    Preset(
      "mc3_18", "torchvision's mixed network: 3-D convolutions first, 2-D ones after",
      input: video, pixels: .kinetics, isVaried: false
    ) { _, options throws(NetworkError) in
      VideoResNet(factorised: false, temporalStages: 1).layers(options)
    },
    Preset(
      "r2plus1d_18", "torchvision's R(2+1)D: each 3-D convolution as one over space, one over time",
      input: video, pixels: .kinetics, isVaried: false
    ) { _, options throws(NetworkError) in
      VideoResNet(factorised: true, temporalStages: 4).layers(options)
    },
    c3d, x3dSmall,
  ]
}

/// A residual network over clips.
private struct VideoResNet {
  /// Each 3 × 3 × 3 kernel as 1 × 3 × 3 and 3 × 1 × 1.
  let factorised: Bool
  /// So many of the four stages convolve over time.
  let temporalStages: Int

  func layers(_ options: PresetOptions) -> [Node] {
    var layers = stem
    var channels = 64
    var input = "stem"
    for (index, width) in [64, 128, 256, 512].enumerated() {
      for block in 0..<2 {
        layers += self.block(
          "layer\(index + 1).\(block)", reading: input, from: channels, to: width,
          stride: block == 0 && index > 0 ? 2 : 1, isTemporal: index < temporalStages)
        channels = width
        input = "layer\(index + 1).\(block)"
      }
    }
    return layers + [.spatialMean, .timePooling(.mean)] + options.dropoutLayer
  }

  private var stem: [Node] {
    guard factorised else {
      return [
        .conv3D(
          name: "stem.0", filters: 64, kernel: Extent3(3, 7, 7), stride: Extent3(1, 2, 2),
          padding: Extent3(1, 3, 3), bias: false),
        .batchNorm(name: "stem.1"), .relu.named("stem"),
      ]
    }
    return [
      .conv3D(
        name: "stem.0", filters: 45, kernel: Extent3(1, 7, 7), stride: Extent3(1, 2, 2),
        padding: Extent3(0, 3, 3), bias: false),
      .batchNorm(name: "stem.1"), .relu,
      .conv3D(
        name: "stem.3", filters: 64, kernel: Extent3(3, 1, 1), padding: Extent3(1, 0, 0),
        bias: false),
      .batchNorm(name: "stem.4"), .relu.named("stem"),
    ]
  }

  private func block(
    _ name: String, reading input: String, from channels: Int, to width: Int, stride: Int,
    isTemporal: Bool
  ) -> [Node] {
    // The middle width is that of the block, not of each convolution.
    let middle = channels * width * 27 / (channels * 9 + 3 * width)
    var layers = convolution(
      "\(name).conv1.0", to: width, middle: middle, stride: stride, isTemporal: isTemporal)
    layers[0] = layers[0].reading(input)
    layers += [.batchNorm(name: "\(name).conv1.1"), .relu]
    layers += convolution(
      "\(name).conv2.0", to: width, middle: middle, stride: 1, isTemporal: isTemporal)
    layers.append(.batchNorm(name: "\(name).conv2.1"))
    var shortcut = input
    if stride != 1 || channels != width {
      shortcut = "\(name).downsample.1"
      layers += [
        Node.conv3D(
          name: "\(name).downsample.0", filters: width, kernel: .one,
          stride: Extent3(isTemporal ? stride : 1, stride, stride), padding: .zero, bias: false
        ).reading(input),
        .batchNorm(name: shortcut),
      ]
    }
    return layers + [.add.reading("\(name).conv2.1", shortcut), .relu.named(name)]
  }

  private func convolution(
    _ name: String, to width: Int, middle: Int, stride: Int, isTemporal: Bool
  ) -> [Node] {
    guard factorised else {
      return [
        .conv3D(
          name: name, filters: width, kernel: Extent3(isTemporal ? 3 : 1, 3, 3),
          stride: Extent3(isTemporal ? stride : 1, stride, stride),
          padding: Extent3(isTemporal ? 1 : 0, 1, 1), bias: false)
      ]
    }
    return [
      .conv3D(
        name: "\(name).0", filters: middle, kernel: Extent3(1, 3, 3),
        stride: Extent3(1, stride, stride), padding: Extent3(0, 1, 1), bias: false),
      .batchNorm(name: "\(name).1"), .relu,
      .conv3D(
        name: "\(name).3", filters: width, kernel: Extent3(3, 1, 1),
        stride: Extent3(stride, 1, 1), padding: Extent3(1, 0, 0), bias: false),
    ]
  }
}
