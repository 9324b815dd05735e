import Layers
import Networks
import Testing

/// Which networks have a head that can be fitted, and where they are cut.
@Suite struct FittedHeadTests {
  private static let input = InputShape(frames: 3, height: 32, width: 32, channels: 3)

  @Test(arguments: Preset.all.filter(\.fitsHead).map(\.name)) func presetsThatSaySo(name: String)
    throws
  {
    let architecture = try Architecture.preset(name, input: Self.input, classes: 5)
    let head = try #require(FittedHead(architecture))
    #expect(head.trunk.classes == 3 * head.features)
    #expect(head.norm == "norm" && head.classifier == "fc")
    let network = try Network(architecture: architecture, seed: 0)
    let trunk = try Network(architecture: head.trunk, seed: 0)
    let names = Set((trunk.entries + trunk.bufferEntries).map(\.name))
    let behind = (network.entries + network.bufferEntries).filter { !names.contains($0.name) }
    #expect(behind.allSatisfy { $0.node > head.firstNode })
    #expect(behind.map(\.name).sorted().first == "fc.bias" && behind.count == 6)
  }

  /// The trunk is that of the network with an LSTM: the same names, so that the same weights fill it.
  @Test func sharesItsTrunksNames() throws {
    func names(_ preset: String) throws -> Set<String> {
      let architecture = try Architecture.preset(preset, input: Self.input, classes: 5)
      return Set(try Network(architecture: architecture, seed: 0).entries.map(\.name))
        .filter { !["lstm", "fc", "norm"].contains($0.prefix { $0 != "." }) }
    }
    #expect(try names("frozen-efficientnet_lite0") == names("efficientnet_lite0-lstm"))
  }

  private static func network(_ layers: [Node]) -> Architecture {
    Architecture(
      name: "own", input: input, classes: 5,
      layers: [.conv2D(name: "c", filters: 4, kernel: (3, 3))] + layers)
  }

  @Test(arguments: [
    (
      [Node.spatialMean, .timeStatistics, .batchNorm(name: "n"), .dense(name: "d", outputs: 5)],
      true
    ),
    ([.spatialMean, .timeStatistics, .dense(name: "d", outputs: 5)], false),
    (
      [
        .spatialMean, .timePooling(.mean), .batchNorm(name: "n"), .dense(name: "d", outputs: 5),
      ], false
    ),
    // Its features would be of several frames.
    (
      [
        .conv3D(
          name: "t", filters: 4, kernel: Extent3(3, 1, 1), padding: Extent3(1, 0, 0), bias: true),
        .spatialMean, .timeStatistics, .batchNorm(name: "n"), .dense(name: "d", outputs: 5),
      ], false
    ),
    (
      [
        .spatialMean, .lstm(name: "l", hidden: 3), .timeStatistics, .batchNorm(name: "n"),
        .dense(name: "d", outputs: 5),
      ], false
    ),
  ])
  func isSeenByItsForm(layers: [Node], fits: Bool) {
    #expect((FittedHead(Self.network(layers)) != nil) == fits)
  }
}
