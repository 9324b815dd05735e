import Foundation
import Layers
import Networks
import Tensors
import TestSupport
import Testing

/// Every layer in a small network: gradients, threads, lifetimes, precision, JSON.
@Suite struct LayerTests {
  private static func run(
    _ architecture: Architecture, threads: Int = 2, precision: Precision = .fp32,
    mode: Executor.Mode = .training, poisons: Bool = false
  ) throws -> (logits: [Float], gradients: [Float]) {
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    let network = try Network(architecture: architecture, seed: 3)
    let executor = try Executor(
      network: network, batch: 5, mode: mode, precision: precision, poisonsMemory: poisons,
      pool: pool)
    _ = executor.input.update(fromContentsOf: randomValues(executor.input.count, seed: 1))
    executor.forward(count: 4)
    let logits = Array(executor.logits.prefix(4 * architecture.classes))
    guard mode == .training else { return (logits, []) }
    _ = executor.logitsGradient.update(
      fromContentsOf: randomValues(executor.logits.count, seed: 2))
    executor.backward(count: 4)
    return (logits, Array(network.gradients))
  }

  @Test(arguments: LayerCases.all) func gradientsMatchCentralDifferences(
    architecture: Architecture
  ) throws {
    try ExecutorTests().gradientsMatchCentralDifferences(architecture: architecture)
  }

  @Test(arguments: LayerCases.all) func bitsDoNotDependOnThreads(architecture: Architecture) throws
  {
    let one = try Self.run(architecture, threads: 1)
    let three = try Self.run(architecture, threads: 3)
    #expect(one.logits == three.logits && one.gradients == three.gradients)
    #expect(one.logits.allSatisfy(\.isFinite) && one.gradients.contains { $0 != 0 })
  }

  @Test(arguments: LayerCases.all) func nothingIsReadAfterItsTime(architecture: Architecture) throws
  {
    for mode in [Executor.Mode.training, .inference] {
      let plain = try Self.run(architecture, mode: mode)
      let poisoned = try Self.run(architecture, mode: mode, poisons: true)
      #expect(plain.logits == poisoned.logits && plain.gradients == poisoned.gradients)
    }
  }

  @Test(arguments: LayerCases.all) func bf16IsCloseToFP32(architecture: Architecture) throws {
    let wide = try Self.run(architecture)
    let narrow = try Self.run(architecture, precision: .bf16)
    #expect(relativeError(narrow.logits, wide.logits) < 0.05)
    #expect(relativeError(narrow.gradients, wide.gradients) < 0.25)
  }

  @Test(arguments: LayerCases.all) func jsonSaysItAll(architecture: Architecture) throws {
    let data = try JSONEncoder().encode(architecture)
    #expect(try JSONDecoder().decode(Architecture.self, from: data) == architecture)
  }

  /// What inference fuses (normalisation into weights, residual and rectifier into the pass over the
  /// output) gives what the layers give one by one: a trained network's frozen training pass, whose
  /// nodes stand alone where each output is read twice.
  @Test(arguments: LayerCases.all) func fusionChangesNothing(architecture: Architecture) throws {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let network = try Network(architecture: architecture, seed: 3)
    // Running statistics that are not those of a new network.
    for (index, value) in randomValues(network.buffers.count, seed: 9).enumerated() {
      network.buffers[index] += 0.3 * value
    }
    var logits: [[Float]] = []
    for fuses in [true, false] {
      let executor = try Executor(
        network: network, batch: 4, mode: .inference, fuses: fuses, pool: pool)
      _ = executor.input.update(fromContentsOf: randomValues(executor.input.count, seed: 1))
      executor.forward(count: 4)
      logits.append(Array(executor.logits))
    }
    #expect(relativeError(logits[0], logits[1]) < 2e-6)
  }

  /// However many clips are taken at a time, and with memory poisoned in between.
  @Test(arguments: LayerCases.all) func chunksDoNotChangeTheBits(architecture: Architecture) throws
  {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let network = try Network(architecture: architecture, seed: 3)
    var logits: [[Float]] = []
    for clips in [5, 1, 2] {
      let executor = try Executor(
        network: network, batch: 5, mode: .inference, poisonsMemory: true, atATime: clips,
        pool: pool)
      var both: [Float] = []
      for count in [5, 3] {
        _ = executor.input.update(
          fromContentsOf: randomValues(executor.input.count, seed: UInt64(count)))
        executor.forward(count: count)
        both += executor.logits.prefix(count * architecture.classes)
      }
      logits.append(both)
    }
    #expect(relativeError(logits[1], logits[0]) < 1e-6)
    #expect(relativeError(logits[2], logits[0]) < 1e-6)
  }

  /// Pictures of every frame up to where time comes in: in inference frames run one by one, in
  /// training whole clips do.
  @Test(arguments: [1, 2, 3, 100]) func framesOneByOneMatchWholeClips(frames: Int) throws {
    let architecture = Architecture(
      name: "pictures", input: InputShape(frames: 5, height: 13, width: 11, channels: 3),
      classes: 4,
      layers: [
        .conv2D(name: "stem", filters: 16, kernel: (3, 3), stride: (2, 2), padding: (1, 1)),
        .relu6.named("low"),
        .conv2D(name: "deep", filters: 16, kernel: (3, 3), padding: (1, 1), groups: 16),
        .silu, .conv2D(name: "flat", filters: 16, kernel: (1, 1)),
        .add.reading("flat", "low").named("sum"),
        .maxPool3D(window: Extent3(1, 2, 2), stride: Extent3(1, 1, 1)).reading("low").named("pool"),
        .conv2D(name: "crop", filters: 8, kernel: (2, 2)).reading("sum"),
        .concatenate.reading("pool", "crop").named("both"),
        .conv3D(name: "time", filters: 6, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
        .relu, .flatten, .dense(name: "classes", outputs: 4),
      ])
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let network = try Network(architecture: architecture, seed: 9)
    var logits: [[Float]] = []
    for mode in [Executor.Mode.training, .inference] {
      let executor = try Executor(
        network: network, batch: 3, mode: mode, poisonsMemory: true, atATime: frames, pool: pool)
      _ = executor.input.update(fromContentsOf: randomValues(executor.input.count, seed: 1))
      executor.forward(count: 3)
      logits.append(Array(executor.logits))
    }
    #expect(relativeError(logits[1], logits[0]) < 2e-6)
  }

  /// A kind that no case uses is a kind that nothing here tests.
  @Test func everyKindHasACase() {
    let used = Set(
      (LayerCases.all + ExecutorTests.architectures).flatMap(\.layers).map {
        type(of: $0.layer).kind
      })
    #expect(Set(LayerKinds.names).subtracting(used).isEmpty)
  }
}
