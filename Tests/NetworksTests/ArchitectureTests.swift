import Layers
import Networks
import Testing

@Suite struct ArchitectureTests {
  /// Sizes that a file may hold and no machine could: each is refused by name, none overflows.
  static let impossible: [(layers: [Node], says: String)] = [
    (
      [
        .conv3D(
          name: "vast", filters: 8192, kernel: Extent3(64, 64, 64), padding: Extent3(63, 63, 63),
          bias: true)
      ],
      "'vast' would have"
    ),
    (
      [Node](repeating: .maxPool3D(window: .one), count: 3000), "3000 layers"
    ),
    ([.maxPool3D(window: Extent3(1 << 40, 1, 1))], "window of 1099511627776×1×1: each side is"),
    ([.flattenSteps, .lstm(name: "deep", hidden: 1 << 30)], "'deep': 1073741824 units"),
    (
      [.flattenSteps, .lstm(name: "wide", hidden: 1 << 14), .lstm(name: "b", hidden: 1 << 14)],
      "'wide' would have"
    ),
    (
      [.flattenSteps, .timePooling(.last), .dense(name: "broad", outputs: 1 << 20)],
      "'broad' would have"
    ),
  ]

  @Test(arguments: impossible)
  func sizesThatNoMachineHoldsAreRefused(layers: [Node], says: String) {
    let architecture = Architecture(
      name: "far too large", input: InputShape(frames: 16, height: 512, width: 512, channels: 3),
      classes: 3, layers: layers)
    let error = #expect(throws: NetworkError.self) { try architecture.validate() }
    #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    InputShape(frames: 1 << 40, height: 1 << 40, width: 1, channels: 3),
    InputShape(frames: 16, height: -64, width: 64, channels: 3),
    InputShape(frames: 16, height: 64, width: 64, channels: 1 << 62),
    InputShape(frames: 8192, height: 8192, width: 8192, channels: 64),
  ])
  func inputsThatNoMachineHoldsAreRefused(input: InputShape) {
    let architecture = Architecture(name: "odd", input: input, classes: 3, layers: [])
    let error = #expect(throws: NetworkError.self) { try architecture.validate() }
    #expect(error?.message.contains("input") == true, "\(error?.message ?? "")")
  }
}
