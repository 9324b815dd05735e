import Layers
import Networks

/// Small networks of odd sizes that between them use every layer, branches, and values read twice.
/// Each begins with a convolution, so that a gradient has somewhere to go.
enum LayerCases {
  static let all: [Architecture] =
    elementwise + merging + shapes + channels + pooling + normalisation + convolutions + recurrent
    + wideCells

  static func volume(
    _ name: String, input: InputShape = InputShape(frames: 4, height: 5, width: 6, channels: 3),
    filters: Int = 5, _ layers: [Node]
  ) -> Architecture {
    Architecture(
      name: name, input: input, classes: 3,
      layers: [
        .conv3D(name: "first", filters: filters, kernel: .one, padding: .zero, bias: true)
      ] + layers + [
        .spatialMean, .timePooling(.mean), .dense(name: "head", outputs: 3),
      ])
  }

  private static let elementwise: [Architecture] =
    [
      ("relu", .relu), ("relu6", .relu6), ("leaky", .leakyReLU(slope: 0.2)), ("silu", .silu),
      ("hard swish", .hardSwish), ("hard sigmoid", .hardSigmoid), ("sigmoid", .sigmoid),
      ("tanh", .tanh), ("gelu", .gelu),
    ].map { (name: String, node: Node) in
      // Not fused: a normalisation of its own stands between.
      volume(name, [.groupNorm(name: "norm", groups: 5), node, .sigmoid, node.named("again")])
    }

  private static let merging: [Architecture] = [
    volume(
      "residual",
      [
        .tanh.named("x"),
        .conv3D(name: "a", filters: 5, kernel: Extent3(3, 3, 3), padding: .one, bias: false),
        .batchNorm(name: "a.norm"), .silu,
        .conv3D(name: "b", filters: 5, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
        .batchNorm(name: "b.norm"), .add.reading("b.norm", "x"), .relu.named("y"),
        .conv3D(
          name: "c", filters: 4, kernel: Extent3(1, 3, 3), padding: Extent3(0, 1, 1), bias: true),
        .conv3D(name: "d", filters: 4, kernel: .one, padding: .zero, bias: false).reading("y"),
        .add.reading("c", "d"), .tanh,
      ]),
    volume(
      "dropout of maps",
      [
        .relu, .dropout(rate: 0.3),
        .conv3D(name: "a", filters: 16, kernel: Extent3(3, 3, 3), padding: .one, bias: false),
        .batchNorm(name: "a.norm"), .relu, .maxPool3D(window: Extent3(1, 2, 2)),
        .dropout(rate: 0.3),
        .conv3D(name: "b", filters: 5, kernel: Extent3(3, 3, 3), padding: .one, bias: true), .tanh,
      ]),
    volume("twice the same", [.tanh.named("x"), .add.reading("x", "x", "first")]),
    volume(
      "gate",
      [
        .relu.named("x"), .globalAveragePool,
        .conv3D(name: "squeeze", filters: 2, kernel: .one, padding: .zero, bias: true), .relu,
        .conv3D(name: "excite", filters: 5, kernel: .one, padding: .zero, bias: true),
        .sigmoid.named("gate"), .multiply.reading("x", "gate"), .silu,
      ]),
    volume(
      "gate by step",
      [
        .tanh.named("x"), .adaptiveAveragePool3D(bins: Extent3(4, 1, 1)), .sigmoid.named("g"),
        .multiply.reading("x", "g").named("y"), .multiply.reading("y", "first"),
      ]),
    volume(
      "gate by vector",
      [
        .relu.named("x"), .spatialMean, .timePooling(.mean), .sigmoid.named("g"),
        .multiply.reading("x", "g"),
      ]),
    volume(
      "branches",
      [
        .tanh.named("x"),
        .conv2D(name: "fine", filters: 3, kernel: (3, 3), padding: (1, 1)), .relu.named("f"),
        Node.conv2D(name: "coarse", filters: 4, kernel: (5, 5), padding: (2, 2)).reading("x"),
        .relu.named("c"), .concatenate.reading("f", "c", "x"),
        .conv3D(
          name: "join", filters: 6, kernel: Extent3(3, 1, 1), padding: Extent3(1, 0, 0), bias: true),
      ]),
    Architecture(
      name: "sequences", input: InputShape(frames: 5, height: 4, width: 4, channels: 2),
      classes: 3,
      layers: [
        .conv3D(name: "first", filters: 4, kernel: .one, padding: .zero, bias: true),
        .spatialMean.named("mean"), .flattenSteps.reading("first").named("flat"),
        .concatenate.reading("mean", "flat").named("both"), .layerNorm(name: "norm"), .gelu,
        .conv1D(name: "time", filters: 6, kernel: 3, padding: nil), .tanh.named("t"),
        .differenceTime.named("d"), .add.reading("t", "d"), .lstm(name: "lstm", hidden: 4),
        .timePooling(.last).named("v"),
        .dense(name: "middle", outputs: 4), .sigmoid.named("s"),
        .add.reading("s", "v").named("w"), .concatenate.reading("w", "middle"), .dropout(rate: 0),
        .dense(name: "head", outputs: 3),
      ]),
    Architecture(
      name: "mixture", input: InputShape(frames: 3, height: 4, width: 5, channels: 2), classes: 3,
      layers: [
        .conv3D(name: "first", filters: 5, kernel: .one, padding: .zero, bias: true), .tanh,
        .spatialMean, .timePooling(.mean).named("features"), .dense(name: "a", outputs: 3),
        .dense(name: "b", outputs: 3).reading("features"),
        .dense(name: "c", outputs: 3).reading("features"),
        .mixture(temperature: 0.7).reading("a", "c", "b"),
      ]),
  ]

  private static let shapes: [Architecture] = [
    Architecture(
      name: "orders", input: InputShape(frames: 3, height: 2, width: 5, channels: 2), classes: 3,
      layers: [
        .conv3D(name: "first", filters: 4, kernel: .one, padding: .zero, bias: true), .tanh,
        .reshape([10, 12]), .stepsToVolume,
        .conv3D(
          name: "a", filters: 3, kernel: Extent3(3, 1, 1), padding: Extent3(1, 0, 0), bias: true),
        .reshape([6, 5]), .reshape([5, 3, 2, 1]), .relu, .flatten, .dense(name: "head", outputs: 3),
      ]),
    volume(
      "time", input: InputShape(frames: 9, height: 3, width: 2, channels: 2),
      [
        .tanh.named("x"), .differenceTime.named("d"), .sliceTime(start: 1, end: 8, step: 3),
        .differenceTime.named("e"), .sliceTime(start: 0, end: 3).reading("x").named("s"),
        .sliceTime(start: 6, end: 9, step: 1).reading("d").named("l"), .add.reading("s", "l", "e"),
      ]),
  ]

  private static let channels: [Architecture] = [
    volume(
      "channels", filters: 12,
      [
        .tanh.named("x"), .shuffleChannels(groups: 3).named("s"),
        .sliceChannels(start: 1, end: 6).named("a"), .sigmoid.named("b"),
        .sliceChannels(start: 5).reading("x").named("c"), .concatenate.reading("b", "a", "c"),
        .batchNorm(name: "n"), .relu,
      ]),
    Architecture(
      name: "features", input: InputShape(frames: 5, height: 3, width: 3, channels: 2),
      classes: 3,
      layers: [
        .conv3D(name: "first", filters: 10, kernel: .one, padding: .zero, bias: true),
        .spatialMean, .shuffleChannels(groups: 5).named("s"),
        .sliceChannels(end: 7).named("a"), .timePooling(.mean), .sliceChannels(start: 1),
        .shuffleChannels(groups: 2), .dense(name: "head", outputs: 3),
      ]),
  ]

  private static let pooling: [Architecture] =
    [
      (
        "overlapping max",
        Node.maxPool3D(window: Extent3(3, 3, 3), stride: Extent3(2, 2, 1), padding: .one)
      ),
      (
        "ceiling max", .maxPool3D(window: Extent3(2, 2, 2), stride: Extent3(2, 3, 2), ceiling: true)
      ),
      ("plain max", .maxPool3D(window: Extent3(1, 2, 2))),
      (
        "mean",
        .averagePool3D(
          window: Extent3(2, 3, 3), stride: Extent3(1, 2, 2), padding: Extent3(1, 1, 1))
      ),
      (
        "ceiling mean",
        .averagePool3D(
          window: Extent3(3, 2, 4), stride: Extent3(2, 2, 3), padding: Extent3(1, 1, 2),
          ceiling: true)
      ),
      (
        "mean without padding",
        .averagePool3D(window: Extent3(3, 3, 3), stride: .one, padding: .one, countsPadding: false)
      ),
      ("bins", .adaptiveAveragePool3D(bins: Extent3(3, 2, 4))),
    ].map { name, node in
      volume(
        name, input: InputShape(frames: 5, height: 7, width: 8, channels: 2), [.tanh, node, .silu])
    }

  private static let normalisation: [Architecture] = [
    volume(
      "batch norm alone", [.tanh, .batchNorm(name: "n", epsilon: 1e-3, momentum: 0.3), .gelu]),
    volume("layer norm", [.tanh, .layerNorm(name: "n")]),
    volume("layer norm, epsilon", [.tanh, .layerNorm(name: "n", epsilon: 0.02)]),
    volume(
      "group norm", filters: 6, [.tanh, .groupNorm(name: "n", groups: 2, epsilon: 1e-3), .relu]),
    Architecture(
      name: "norms of sequences", input: InputShape(frames: 6, height: 3, width: 3, channels: 2),
      classes: 3,
      layers: [
        .conv3D(name: "first", filters: 5, kernel: .one, padding: .zero, bias: true),
        .spatialMean, .batchNorm(name: "s"), .tanh, .layerNorm(name: "l"), .timePooling(.mean),
        .batchNorm(name: "v"), .dense(name: "head", outputs: 3),
      ]),
  ]

  private static let convolutions: [Architecture] = [
    volume(
      "same padding", input: InputShape(frames: 4, height: 7, width: 8, channels: 2),
      [
        .tanh,
        .conv2D(name: "a", filters: 4, kernel: (3, 3), stride: (2, 2), padding: nil, bias: false),
        .batchNorm(name: "a.norm"), .relu6,
        .conv2D(name: "b", filters: 3, kernel: (2, 4), padding: nil), .tanh,
        .conv1D(name: "c", filters: 5, kernel: 2, stride: 2, padding: nil),
      ]),
    volume(
      "depthwise", input: InputShape(frames: 5, height: 7, width: 6, channels: 2), filters: 19,
      [
        .tanh.named("x"),
        .conv3D(
          name: "a", filters: 19, kernel: Extent3(3, 3, 3), padding: .one, groups: 19, bias: false),
        .batchNorm(name: "a.norm"), .relu6.named("y"), .add.reading("y", "x"),
      ]),
    volume(
      "depthwise, strided", input: InputShape(frames: 6, height: 9, width: 7, channels: 2),
      filters: 9,
      [
        .tanh,
        .conv3D(
          name: "a", filters: 9, kernel: Extent3(5, 1, 1), stride: Extent3(2, 1, 1),
          padding: Extent3(2, 0, 0), groups: 9, bias: true), .silu,
        .conv2D(
          name: "b", filters: 9, kernel: (5, 3), stride: (2, 2), padding: nil, groups: 9), .tanh,
      ]),
    volume(
      "groups and dilation", input: InputShape(frames: 5, height: 8, width: 7, channels: 2),
      filters: 6,
      [
        .tanh.named("x"),
        .conv3D(
          name: "a", filters: 4, kernel: Extent3(2, 3, 3), stride: Extent3(1, 2, 1),
          padding: Extent3(1, 1, 0), groups: 2, bias: true), .tanh,
        .conv2D(
          name: "b", filters: 6, kernel: (3, 2), padding: (2, 1), dilation: (2, 1), bias: false),
        .batchNorm(name: "b.norm"), .relu,
      ]),
    volume(
      "residual in wide layers", input: InputShape(frames: 3, height: 7, width: 9, channels: 2),
      filters: 24,
      [
        .tanh.named("x"),
        .conv3D(name: "a", filters: 24, kernel: Extent3(3, 3, 3), padding: .one, bias: false),
        .batchNorm(name: "a.norm"), .silu,
        .conv3D(name: "b", filters: 24, kernel: Extent3(3, 3, 3), padding: .one, bias: false),
        .batchNorm(name: "b.norm"), .add.reading("b.norm", "x"), .silu.named("y"),
        .conv3D(name: "c", filters: 24, kernel: .one, padding: .zero, bias: false),
        .batchNorm(name: "c.norm"), .add.reading("y", "c.norm"),
      ]),
  ]

  private static func sequence(_ name: String, _ layers: [Node]) -> Architecture {
    Architecture(
      name: name, input: InputShape(frames: 5, height: 3, width: 4, channels: 2), classes: 3,
      layers: [
        .conv3D(name: "first", filters: 5, kernel: .one, padding: .zero, bias: true), .tanh,
        .spatialMean,
      ] + layers + [.dense(name: "head", outputs: 3)])
  }

  /// Units that fill vectors and leave some over.
  private static let wideCells: [Architecture] =
    [
      .gru(name: "r", hidden: 19), .mgu(name: "r", hidden: 17),
      .peepholeLSTM(name: "r", hidden: 18), .cifgLSTM(name: "r", hidden: 21),
      .layerNormLSTM(name: "r", hidden: 13), .lstm(name: "r", hidden: 20, bidirectional: true),
    ].map { (node: Node) in
      sequence("wide \(type(of: node.layer).kind)", [node, .timePooling(.mean)])
    }

  private static let recurrent: [Architecture] = [
    sequence(
      "stacked",
      [.lstm(name: "r", hidden: 4, layers: 2, bidirectional: false), .timePooling(.last)]),
    sequence(
      "both ways",
      [.lstm(name: "r", hidden: 3, layers: 2, bidirectional: true), .timePooling(.mean)]),
    sequence("gru", [.gru(name: "r", hidden: 4), .timePooling(.last)]),
    sequence(
      "gru both ways",
      [.gru(name: "r", hidden: 3, layers: 2, bidirectional: true), .timePooling(.last)]),
    sequence("peephole", [.peepholeLSTM(name: "r", hidden: 4), .timePooling(.mean)]),
    sequence("coupled", [.cifgLSTM(name: "r", hidden: 4), .timePooling(.mean)]),
    sequence("layer norm lstm", [.layerNormLSTM(name: "r", hidden: 5), .timePooling(.mean)]),
    sequence("mgu", [.mgu(name: "r", hidden: 4), .timePooling(.mean)]),
    sequence("statistics", [.gru(name: "r", hidden: 4), .timeStatistics, .batchNorm(name: "n")]),
    sequence("statistics of one step", [.sliceTime(start: 2, end: 3), .timeStatistics]),
    sequence("two normalised units", [.layerNormLSTM(name: "r", hidden: 2), .timePooling(.mean)]),
    sequence(
      "waves", [.sinusoidalPositions, .selfAttention(name: "a", heads: 5), .timePooling(.last)]),
    sequence(
      "additive", [.lstm(name: "r", hidden: 4), .additiveAttention(name: "a", features: 3)]),
    sequence(
      "self-attention",
      [
        .positions(name: "p").named("p"), .selfAttention(name: "a", heads: 1),
        .add.reading("p", "a"), .gru(name: "r", hidden: 6).named("r"),
        .selfAttention(name: "b", heads: 3), .add.reading("r", "b"), .layerNorm(name: "n"),
        .timePooling(.mean),
      ]),
    volume(
      "maps", input: InputShape(frames: 4, height: 5, width: 6, channels: 2),
      [
        .tanh, .convLSTM(name: "r", filters: 3, kernel: 3),
        .convLSTM(name: "s", filters: 2, kernel: 1),
      ]),
    volume(
      "last map", input: InputShape(frames: 4, height: 5, width: 6, channels: 2),
      [.tanh, .convLSTM(name: "r", filters: 9, kernel: 3, givesAllSteps: false)]),
  ]
}
