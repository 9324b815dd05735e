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
        network: network, batch: 5, mode: .inference, poisonsMemory: true, clipsAtATime: clips,
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

  /// A kind that no case uses is a kind that nothing here tests.
  @Test func everyKindHasACase() {
    let used = Set(
      (LayerCases.all + ExecutorTests.architectures).flatMap(\.layers).map {
        type(of: $0.layer).kind
      })
    #expect(Set(LayerKinds.names).subtracting(used).isEmpty)
  }
}
