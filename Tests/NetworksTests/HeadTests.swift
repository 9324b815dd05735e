import Layers
import Networks
import Testing

/// The classifier of a network, which other classes replace.
@Suite struct HeadTests {
  private static func network(_ end: [Node], classes: Int = 3) -> Architecture {
    Architecture(
      name: "ends", input: InputShape(frames: 2, height: 4, width: 4, channels: 3),
      classes: classes,
      layers: [.conv2D(name: "first", filters: 6, kernel: (3, 3)), .relu.named("x")] + end)
  }

  private static func scores(groups: Int = 1) -> Node {
    .conv2D(name: "scores", filters: 3, kernel: (1, 1), groups: groups)
  }

  @Test(
    arguments: [
      (
        [.spatialMean, .timePooling(.mean), .dense(name: "fc", outputs: 3)], 4,
        ["fc.weight", "fc.bias"]
      ),
      (
        [.spatialMean, .timePooling(.mean), .dropout(rate: 0.5), .dense(name: "fc", outputs: 3)], 4,
        ["fc.weight", "fc.bias"]
      ),
      (
        [.dropout(rate: 0.5), scores(), .relu, .averagePool3D(window: Extent3(2, 2, 2)), .flatten],
        2,
        ["scores.weight", "scores.bias"]
      ),
      (
        [
          scores(), .batchNorm(name: "n"), .maxPool3D(window: Extent3(1, 2, 2)), .flattenSteps,
          .sliceTime(start: 1), .timePooling(.last),
        ], 2,
        [
          "scores.weight", "scores.bias", "n.weight", "n.bias", "n.running_mean", "n.running_var",
        ]
      ),
    ] as [([Node], Int, Set<String>)])
  func otherClassesReplaceTheLastLayerThatMakesThem(
    end: [Node], start: Int, names: Set<String>
  ) throws {
    var architecture = Self.network(end)
    #expect(architecture.headStart == start)
    #expect(try Network(architecture: architecture, seed: 1).headNames == names)
    try architecture.setClasses(5)
    try architecture.validate()
    #expect(architecture.classes == 5)
  }

  @Test(
    arguments: [
      ([scores(groups: 3), .spatialMean, .timePooling(.mean)], "'scores'"),
      ([.spatialMean, .lstm(name: "lstm", hidden: 3), .timePooling(.last)], "'lstm'"),
      (
        [
          .spatialMean, .timePooling(.mean), .dense(name: "a", outputs: 3),
          .dense(name: "b", outputs: 3), .add.reading("a", "b"),
        ], "layer 7 (add)"
      ),
      ([.flatten, .reshape([48]), .sliceChannels(end: 3)], "layer 5 (slice_channels)"),
    ] as [([Node], String)])
  func layersThatCannotMakeOthersAreNamed(end: [Node], layer: String) throws {
    var architecture = Self.network(end)
    try architecture.validate()
    try architecture.setClasses(3)
    let error = #expect(throws: NetworkError.self) { try architecture.setClasses(5) }
    let message = error?.message ?? ""
    #expect(message.contains("its 3 classes come of \(layer), which cannot"), "\(message)")
    #expect(architecture.classes == 3)
  }
}
