import Layers

// Picture networks on every frame, their pooled features through a recurrent layer.
extension Preset {
  private static func video(_ side: Int) -> InputShape {
    InputShape(frames: 16, height: side, width: side, channels: 3)
  }

  static let frameNetworks: [Preset] = [
    Preset(
      "mobilenet_v2-lstm", "torchvision's MobileNetV2 on every frame, LSTM(256) over time",
      input: video(112), pixels: .imageNet
    ) { _, options throws(NetworkError) in
      mobileNetV2 + [.spatialMean]
        + (try options.temporalLayers(hidden: 256, head: .last)) + options.dropoutLayer
    },
    Preset(
      "efficientnet_lite0-lstm", "EfficientNet-lite0 on every frame, LSTM(256) over time",
      input: video(112), pixels: .efficientNetLite
    ) { _, options throws(NetworkError) in
      efficientNetLite0 + [.spatialMean]
        + (try options.temporalLayers(hidden: 256, head: .last)) + options.dropoutLayer
    },
    Preset(
      "resnet18-lstm", "torchvision's ResNet-18 on every frame, LSTM(256) over time",
      input: video(112), pixels: .imageNet
    ) { _, options throws(NetworkError) in
      resNet18 + [.spatialMean]
        + (try options.temporalLayers(hidden: 256, head: .last)) + options.dropoutLayer
    },
    Preset(
      "frozen-efficientnet_lite0",
      "EfficientNet-lite0 on every frame, as it is; a linear head over its mean and change",
      input: InputShape(frames: 32, height: 224, width: 224, channels: 3),
      pixels: .efficientNetLite, isVaried: false, fitsHead: true
    ) { input, _ in frozenEfficientNetLite0(input) },
  ]

  /// Of each frame the last blocks' maps of strides 8 and 16 in 4×4 parts, that of stride 32 in 2×2, and
  /// the mean of what ImageNet's classifier read; of these mean and change over time, brought to one
  /// scale.
  private static func frozenEfficientNetLite0(_ input: InputShape) -> [Node] {
    /// Windows of one size that cover a map and overlap where they have to, as ONNX can say them.
    func parts(_ count: Int, of map: String, halvings: Int) -> Node {
      func cut(_ side: Int) -> (window: Int, stride: Int) {
        let side = (0..<halvings).reduce(side) { side, _ in (side + 1) / 2 }
        let stride = side / min(count, side)
        return (side - (min(count, side) - 1) * stride, stride)
      }
      let (height, width) = (cut(input.height), cut(input.width))
      return .averagePool3D(
        window: Extent3(1, height.window, width.window),
        stride: Extent3(1, height.stride, width.stride)
      ).reading(map)
    }
    return efficientNetLite0.dropLast()
      + [
        Node.relu6.named("map"),
        parts(4, of: "_blocks.4", halvings: 3).named("parts8"),
        parts(4, of: "_blocks.10", halvings: 4).named("parts16"),
        parts(2, of: "_blocks.15._bn2", halvings: 5).named("parts32"),
        Node.flattenSteps.reading("parts8").named("stride8"),
        Node.flattenSteps.reading("parts16").named("stride16"),
        Node.flattenSteps.reading("parts32").named("stride32"),
        Node.spatialMean.reading("map").named("whole"),
        .concatenate.reading("stride8", "stride16", "stride32", "whole"), .timeStatistics,
        .batchNorm(name: "norm"),
      ]
  }

  // MARK: MobileNetV2 (Sandler et al. 2018)

  static let mobileNetV2: [Node] = {
    var layers: [Node] = [
      .conv2D(
        name: "features.0.0", filters: 32, kernel: (3, 3), stride: (2, 2), padding: (1, 1),
        bias: false),
      .batchNorm(name: "features.0.1"), .relu6.named("features.0"),
    ]
    var channels = 32
    var number = 1
    var input = "features.0"
    // Expansion, width, blocks, stride of the first.
    let stages = [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
      (6, 320, 1, 1),
    ]
    for (expansion, width, blocks, stride) in stages {
      for block in 0..<blocks {
        layers += invertedResidual(
          "features.\(number)", reading: input, from: channels, to: width, expansion: expansion,
          stride: block == 0 ? stride : 1)
        input = layers.last?.name ?? input
        channels = width
        number += 1
      }
    }
    return layers + [
      .conv2D(name: "features.18.0", filters: 1280, kernel: (1, 1), bias: false),
      .batchNorm(name: "features.18.1"), .relu6,
    ]
  }()

  private static func invertedResidual(
    _ name: String, reading input: String, from channels: Int, to width: Int, expansion: Int,
    stride: Int
  ) -> [Node] {
    let inner = channels * expansion
    var layers: [Node] = []
    var part = 0
    if expansion != 1 {
      layers += [
        .conv2D(name: "\(name).conv.0.0", filters: inner, kernel: (1, 1), bias: false),
        .batchNorm(name: "\(name).conv.0.1"), .relu6,
      ]
      part = 1
    }
    layers += [
      .conv2D(
        name: "\(name).conv.\(part).0", filters: inner, kernel: (3, 3), stride: (stride, stride),
        padding: (1, 1), groups: inner, bias: false),
      .batchNorm(name: "\(name).conv.\(part).1"), .relu6,
      .conv2D(name: "\(name).conv.\(part + 1)", filters: width, kernel: (1, 1), bias: false),
      .batchNorm(name: "\(name).conv.\(part + 2)"),
    ]
    layers[0] = layers[0].reading(input)
    guard stride == 1, channels == width else { return layers }
    return layers + [.add.reading("\(name).conv.\(part + 2)", input).named(name)]
  }

  // MARK: EfficientNet-lite0 (Tan and Le 2019, without squeeze-and-excitation)

  static let efficientNetLite0: [Node] = {
    func norm(_ name: String) -> Node { .batchNorm(name: name, epsilon: 1e-3, momentum: 0.01) }
    var layers: [Node] = [
      .conv2D(
        name: "_conv_stem", filters: 32, kernel: (3, 3), stride: (2, 2), padding: nil,
        bias: false),
      norm("_bn0"), .relu6.named("stem"),
    ]
    var channels = 32
    var number = 0
    var input = "stem"
    // Blocks, kernel, stride of the first, expansion, width.
    let stages = [
      (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
      (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
    ]
    for (blocks, kernel, firstStride, expansion, width) in stages {
      for block in 0..<blocks {
        let name = "_blocks.\(number)"
        let inner = channels * expansion
        let stride = block == 0 ? firstStride : 1
        var part: [Node] = []
        if expansion != 1 {
          part += [
            .conv2D(name: "\(name)._expand_conv", filters: inner, kernel: (1, 1), bias: false),
            norm("\(name)._bn0"), .relu6,
          ]
        }
        part += [
          .conv2D(
            name: "\(name)._depthwise_conv", filters: inner, kernel: (kernel, kernel),
            stride: (stride, stride), padding: nil, groups: inner, bias: false),
          norm("\(name)._bn1"), .relu6,
          .conv2D(name: "\(name)._project_conv", filters: width, kernel: (1, 1), bias: false),
          norm("\(name)._bn2"),
        ]
        let before = input
        part[0] = part[0].reading(before)
        input = "\(name)._bn2"
        if stride == 1, channels == width {
          part.append(.add.reading(input, before).named(name))
          input = name
        }
        layers += part
        channels = width
        number += 1
      }
    }
    return layers + [
      .conv2D(name: "_conv_head", filters: 1280, kernel: (1, 1), bias: false), norm("_bn1"), .relu6,
    ]
  }()

  // MARK: ResNet-18 (He et al. 2016)

  static let resNet18: [Node] = {
    var layers: [Node] = [
      .conv2D(
        name: "conv1", filters: 64, kernel: (7, 7), stride: (2, 2), padding: (3, 3), bias: false),
      .batchNorm(name: "bn1"), .relu,
      .maxPool3D(
        window: Extent3(1, 3, 3), stride: Extent3(1, 2, 2), padding: Extent3(0, 1, 1)
      ).named("stem"),
    ]
    var channels = 64
    var input = "stem"
    for (stage, width) in [64, 128, 256, 512].enumerated() {
      for block in 0..<2 {
        let name = "layer\(stage + 1).\(block)"
        let stride = block == 0 && stage > 0 ? 2 : 1
        layers += [
          Node.conv2D(
            name: "\(name).conv1", filters: width, kernel: (3, 3), stride: (stride, stride),
            padding: (1, 1), bias: false
          ).reading(input),
          .batchNorm(name: "\(name).bn1"), .relu,
          .conv2D(
            name: "\(name).conv2", filters: width, kernel: (3, 3), padding: (1, 1), bias: false),
          .batchNorm(name: "\(name).bn2"),
        ]
        var shortcut = input
        if stride != 1 || channels != width {
          shortcut = "\(name).downsample.1"
          layers += [
            Node.conv2D(
              name: "\(name).downsample.0", filters: width, kernel: (1, 1),
              stride: (stride, stride), bias: false
            ).reading(input), .batchNorm(name: shortcut),
          ]
        }
        layers += [.add.reading("\(name).bn2", shortcut), .relu.named(name)]
        channels = width
        input = name
      }
    }
    return layers
  }()
}
