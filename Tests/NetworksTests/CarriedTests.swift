import Layers
import Networks
import Tensors
import TestSupport
import Testing

/// Networks that read a clip frame by frame and carry their memory.
@Suite struct CarriedTests {
  private func architecture(
    _ recurrent: [Node], frames: Int = 6, trunk: [Node]? = nil, head: Node = .timePooling(.last)
  ) -> Architecture {
    Architecture(
      name: "carried", input: InputShape(frames: frames, height: 6, width: 7, channels: 3),
      classes: 3,
      layers: (trunk ?? [
        .conv2D(name: "c", filters: 5, kernel: (3, 3), padding: (1, 1)), .batchNorm(name: "n"),
        .relu,
        .spatialMean,
      ]) + recurrent + [head, .dropout(rate: 0.5), .dense(name: "classes", outputs: 3)])
  }

  @Test(arguments: [
    [Node.lstm(name: "r", hidden: 4)], [.gru(name: "r", hidden: 4, layers: 2)],
    [.peepholeLSTM(name: "r", hidden: 4)], [.mgu(name: "r", hidden: 4)],
    [.layerNormLSTM(name: "r", hidden: 4), .cifgLSTM(name: "s", hidden: 3)],
  ])
  func afterTheLastFrameItSaysWhatTheWholeClipGives(recurrent: [Node]) throws {
    let whole = architecture(recurrent)
    let network = try Network(architecture: whole, seed: 3)
    let executor = try Executor(
      network: network, batch: 1, mode: .inference, pool: WorkerPool(threads: 1))
    let clip = randomValues(executor.input.count, seed: 1)
    _ = executor.input.update(fromContentsOf: clip)
    executor.forward(count: 1)
    let expected = Array(executor.logits)

    let parts = try #require(try whole.readingFrameByFrame())
    let reader = try Network(architecture: parts, seed: 3)
    for (target, value) in zip(reader.parameters.indices, network.parameters) {
      reader.parameters[target] = value
    }
    let carried = try Executor(
      network: reader, batch: 1, mode: .inference, poisonsMemory: true, carriesState: true,
      pool: WorkerPool(threads: 1))
    // A second clip does not remember the first.
    for _ in 0..<2 {
      for frame in 0..<6 {
        let size = carried.input.count
        _ = carried.input.update(fromContentsOf: clip[frame * size..<(frame + 1) * size])
        carried.forward(count: 1)
      }
      for (found, value) in zip(carried.logits, expected) {
        #expect((found - value).magnitude < 1e-5)
      }
      carried.forgetState()
    }
  }

  private func preset(_ name: String) throws -> Architecture {
    try .preset(
      name, input: InputShape(frames: 4, height: 32, width: 32, channels: 3), classes: 3)
  }

  @Test func whatNeedsTimeAsAWholeIsNotReadSo() throws {
    let lstm = Node.lstm(name: "r", hidden: 4)
    let others = [
      architecture([.lstm(name: "r", hidden: 4, bidirectional: true)]),
      architecture([lstm], head: .timePooling(.mean)),
      architecture([lstm], head: .attention(name: "a")),
      architecture([lstm], frames: 1), architecture([]),
      architecture(
        [lstm],
        trunk: [
          .conv3D(
            name: "c", filters: 4, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
          .spatialMean,
        ]),
    ]
    for other in others { #expect(try other.readingFrameByFrame() == nil) }
    for name in ["mobilenet_v2-lstm", "resnet18-lstm", "efficientnet_lite0-lstm"] {
      #expect(try preset(name).readingFrameByFrame()?.input.frames == 1, "\(name)")
    }
    for name in ["conv3d-lstm", "frozen-efficientnet_lite0"] {
      #expect(try preset(name).readingFrameByFrame() == nil, "\(name)")
    }
  }
}
