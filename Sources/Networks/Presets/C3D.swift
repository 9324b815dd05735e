import Layers

extension Preset {
  /// C3D (Tran et al. 2015): eight 3 × 3 × 3 convolutions, five poolings, two dense layers of 4,096.
  static let c3d = Preset(
    "c3d", "C3D: eight 3-D convolutions and two large dense layers",
    input: InputShape(frames: 16, height: 112, width: 112, channels: 3), pixels: .kinetics,
    head: "fc8", isVaried: false
  ) { _, options throws(NetworkError) in
    var layers: [Node] = []
    let blocks: [(names: [String], width: Int)] = [
      (["conv1"], 64), (["conv2"], 128), (["conv3a", "conv3b"], 256), (["conv4a", "conv4b"], 512),
      (["conv5a", "conv5b"], 512),
    ]
    for (index, block) in blocks.enumerated() {
      for name in block.names {
        layers += [
          .conv3D(
            name: name, filters: block.width, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
          .relu,
        ]
      }
      layers.append(
        .maxPool3D(
          window: Extent3(index == 0 ? 1 : 2, 2, 2),
          padding: Extent3(0, index == 4 ? 1 : 0, index == 4 ? 1 : 0)))
    }
    return layers
      + [.flatten, .dense(name: "fc6", outputs: 4096), .relu] + options.dropoutLayer
      + [.dense(name: "fc7", outputs: 4096), .relu] + options.dropoutLayer
  }
}
