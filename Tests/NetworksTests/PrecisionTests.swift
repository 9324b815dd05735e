import Layers
import Networks
import Tensors
import TestSupport
import Testing

/// Networks in bf16 against the same in fp32.
@Suite struct PrecisionTests {
  /// One with an LSTM that is deep enough for a product of its own, beside the small ones.
  static let architectures =
    ExecutorTests.architectures + [
      Architecture(
        name: "deep", input: InputShape(frames: 4, height: 20, width: 18, channels: 3), classes: 3,
        layers: [
          .conv3D(name: "a", filters: 18, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
          .relu, .maxPool3D(window: Extent3(1, 2, 2)),
          .conv3D(name: "b", filters: 20, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
          .relu, .maxPool3D(window: Extent3(2, 1, 1)), .flattenSteps,
          .lstm(name: "lstm", hidden: 5), .timePooling(.last), .dense(name: "head", outputs: 3),
        ])
    ]

  /// What a step gives.
  private struct Step {
    let logits: [Float]
    let gradients: [Float]
  }

  private func step(
    _ architecture: Architecture, _ precision: Precision, mode: Executor.Mode = .training,
    exactConvolution: Bool = false, threads: Int = 2
  ) throws -> Step {
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    let network = try Network(architecture: architecture, seed: 3)
    let executor = try Executor(
      network: network, batch: 5, mode: mode, exactConvolution: exactConvolution,
      precision: precision, pool: pool)
    _ = executor.input.update(fromContentsOf: randomValues(executor.input.count, seed: 1))
    executor.forward(count: 5)
    let logits = Array(executor.logits)
    guard mode == .training else {
      return Step(logits: logits, gradients: [])
    }
    _ = executor.logitsGradient.update(fromContentsOf: randomValues(logits.count, seed: 2))
    executor.backward(count: 5)
    return Step(logits: logits, gradients: Array(network.gradients))
  }

  /// Eight bits a value: close, and no closer than that.
  @Test(arguments: architectures, [false, true])
  func stepsAreThoseOfFP32ButForRounding(architecture: Architecture, exact: Bool) throws {
    let wide = try step(architecture, .fp32, exactConvolution: exact)
    let narrow = try step(architecture, .bf16, exactConvolution: exact)
    #expect(narrow.logits != wide.logits)
    #expect(relativeError(narrow.logits, wide.logits) < 0.03)
    #expect(relativeError(narrow.gradients, wide.gradients) < 0.15)
    let inference = try step(architecture, .fp32, mode: .inference, exactConvolution: exact)
    let narrowInference = try step(architecture, .bf16, mode: .inference, exactConvolution: exact)
    #expect(relativeError(narrowInference.logits, inference.logits) < 0.03)
    #expect(narrowInference.logits != inference.logits)
  }

  @Test(arguments: architectures) func threadsDoNotChangeTheBits(architecture: Architecture) throws
  {
    let one = try step(architecture, .bf16, threads: 1)
    let three = try step(architecture, .bf16, threads: 3)
    #expect(one.logits == three.logits && one.gradients == three.gradients)
  }

  @Test func activationsTakeLessMemory() throws {
    let pool = WorkerPool(threads: 1)
    let architecture = try Architecture.preset(
      "std", input: InputShape(frames: 8, height: 64, width: 64, channels: 3), classes: 5)
    let network = try Network(architecture: architecture, seed: 0)
    let bytes = try [Precision.fp32, .bf16].map {
      try Executor(network: network, batch: 4, mode: .training, precision: $0, pool: pool)
        .peakBytes
    }
    #expect(bytes[1] < bytes[0] * 4 / 5, "\(bytes)")
  }

  @Test func autoIsWhatTheProcessorMultiplies() {
    #expect(Precision.auto.resolved == (InstructionSet.multipliesBF16 ? .bf16 : .fp32))
    #expect(Precision.bf16.resolved == .bf16 && Precision.fp32.resolved == .fp32)
  }
}
