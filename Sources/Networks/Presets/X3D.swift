import Layers

extension Preset {
  /// X3D-S (Feichtenhofer 2020) as PyTorchVideo builds it, parameters under its names.
  static let x3dSmall = Preset(
    "x3d_s", "PyTorchVideo's X3D-S: depthwise 3-D convolutions with squeeze-and-excitation",
    input: InputShape(frames: 13, height: 160, width: 160, channels: 3), pixels: .pyTorchVideo,
    head: "blocks.5.proj", isVaried: false
  ) { _, options throws(NetworkError) in
    var layers: [Node] = [
      .conv3D(
        name: "blocks.0.conv.conv_t", filters: 24, kernel: Extent3(1, 3, 3),
        stride: Extent3(1, 2, 2), padding: Extent3(0, 1, 1), bias: false),
      .conv3D(
        name: "blocks.0.conv.conv", filters: 24, kernel: Extent3(5, 1, 1),
        padding: Extent3(2, 0, 0), groups: 24, bias: false),
      .batchNorm(name: "blocks.0.norm"), .relu.named("blocks.0"),
    ]
    var input = "blocks.0"
    var channels = 24
    for (stage, (width, depth)) in zip([24, 48, 96, 192], [3, 5, 11, 7]).enumerated() {
      for block in 0..<depth {
        let name = "blocks.\(stage + 1).res_blocks.\(block)"
        layers +=
          X3DBlock(
            name: name, input: input, channels: channels, width: width,
            stride: block == 0 ? 2 : 1, isSqueezed: block % 2 == 0
          ).layers
        input = name
        channels = width
      }
    }
    return layers + [
      .conv3D(
        name: "blocks.5.pool.pre_conv", filters: 432, kernel: .one, padding: .zero, bias: false),
      .batchNorm(name: "blocks.5.pool.pre_norm"), .relu, .globalAveragePool,
      .conv3D(
        name: "blocks.5.pool.post_conv", filters: 2048, kernel: .one, padding: .zero,
        bias: false), .relu, .flatten,
    ] + options.dropoutLayer
  }
}

/// A bottleneck whose middle convolution is depthwise.
private struct X3DBlock {
  let name: String
  let input: String
  let channels: Int
  let width: Int
  let stride: Int
  /// With squeeze-and-excitation (Hu et al. 2018).
  let isSqueezed: Bool

  private var inner: Int { width * 9 / 4 }

  /// A sixteenth of the inner width, to a multiple of 8, but never more than a tenth below.
  private var squeezed: Int {
    let wanted = Double(inner) * 0.0625
    let rounded = max(8, Int(wanted + 4) / 8 * 8)  // checked: a factor of widths given here
    return Double(rounded) < 0.9 * wanted ? rounded + 8 : rounded
  }

  var layers: [Node] {
    let branch = "\(name).branch2"
    let step = Extent3(1, stride, stride)
    var layers: [Node] = [
      Node.conv3D(
        name: "\(branch).conv_a", filters: inner, kernel: .one, padding: .zero, bias: false
      ).reading(input),
      .batchNorm(name: "\(branch).norm_a"), .relu,
      .conv3D(
        name: "\(branch).conv_b", filters: inner, kernel: Extent3(3, 3, 3), stride: step,
        padding: .one, groups: inner, bias: false),
      .batchNorm(name: "\(branch).norm_b.0"),
    ]
    if isSqueezed {
      let gate = "\(branch).norm_b.1.block"
      layers += [
        .globalAveragePool,
        .conv3D(name: "\(gate).0", filters: squeezed, kernel: .one, padding: .zero, bias: true),
        .relu,
        .conv3D(name: "\(gate).2", filters: inner, kernel: .one, padding: .zero, bias: true),
        .sigmoid.named("\(gate).3"),
        .multiply.reading("\(branch).norm_b.0", "\(gate).3"),
      ]
    }
    layers += [
      .silu,
      .conv3D(name: "\(branch).conv_c", filters: width, kernel: .one, padding: .zero, bias: false),
      .batchNorm(name: "\(branch).norm_c"),
    ]
    var shortcut = input
    if channels != width || stride != 1 {
      shortcut = "\(name).branch1_conv"
      layers.append(
        Node.conv3D(
          name: shortcut, filters: width, kernel: .one, stride: step, padding: .zero, bias: false
        ).reading(input))
      if channels != width {
        shortcut = "\(name).branch1_norm"
        layers.append(.batchNorm(name: shortcut))
      }
    }
    return layers + [.add.reading(shortcut, "\(branch).norm_c"), .relu.named(name)]
  }
}
