import Layers
import Networks
import Tensors
import TestSupport
import Testing

@Suite struct ExecutorTests {
  /// Tiny networks that between them use every layer, odd sizes, strides and paddings.
  static let architectures: [Architecture] = [
    Architecture(
      name: "strided", input: InputShape(frames: 5, height: 9, width: 8, channels: 3), classes: 3,
      layers: [
        .conv3D(
          name: "a", filters: 5, kernel: Extent3(3, 3, 3), stride: Extent3(1, 2, 1),
          padding: Extent3(1, 0, 2), bias: true), .relu,
        .conv3D(
          name: "b", filters: 6, kernel: Extent3(2, 3, 3), stride: Extent3(1, 1, 2),
          padding: Extent3(0, 1, 1), bias: false), .batchNorm(name: "b.norm"),
        .maxPool3D(window: Extent3(1, 2, 2)), .flattenSteps, .lstm(name: "lstm", hidden: 5),
        .timePooling(.last), .dense(name: "head", outputs: 3),
      ]),
    Architecture(
      name: "normalised", input: InputShape(frames: 7, height: 8, width: 10, channels: 1),
      classes: 2,
      layers: [
        .conv3D(name: "a", filters: 17, kernel: Extent3(3, 3, 3), padding: .one, bias: true),
        .batchNorm(name: "a.norm"), .relu, .maxPool3D(window: Extent3(2, 3, 2)),
        .conv3D(name: "b", filters: 4, kernel: Extent3(1, 1, 1), padding: .zero, bias: true),
        .spatialMean, .lstm(name: "lstm1", hidden: 6), .lstm(name: "lstm2", hidden: 4),
        .timePooling(.mean), .dense(name: "middle", outputs: 7), .dense(name: "head", outputs: 2),
      ]),
    attending,
  ]

  static let attending = Architecture(
    name: "attending", input: InputShape(frames: 5, height: 7, width: 6, channels: 2), classes: 4,
    layers: [
      .conv3D(name: "a", filters: 9, kernel: Extent3(3, 3, 3), padding: .one, bias: false),
      .batchNorm(name: "a_norm"), .relu, .maxPool3D(window: Extent3(1, 2, 3)), .spatialMean,
      .lstm(name: "lstm", hidden: 7), .attention(name: "attention"),
      .dense(name: "head", outputs: 4),
    ])

  private static func loss(_ executor: Executor, input: [Float], direction: [Float]) -> Double {
    executor.parametersChanged()
    _ = executor.input.update(fromContentsOf: input)
    executor.forward(count: executor.batch)
    return zip(executor.logits, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// Only the head has gradients, and they are right; the statistics stay.
  @Test(arguments: architectures)
  func aFrozenTrunkWorksAsInInference(architecture: Architecture) throws {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let network = try Network(architecture: architecture, seed: 3)
    let frozen = try Executor(
      network: network, batch: 3, mode: .training, frozen: architecture.headStart, pool: pool)
    let inference = try Executor(network: network, batch: 3, mode: .inference, pool: pool)
    let input = randomValues(frozen.input.count, seed: 1)
    let direction = randomValues(frozen.logits.count, seed: 2)
    let statistics = Array(network.buffers)
    _ = ExecutorTests.loss(inference, input: input, direction: direction)
    _ = ExecutorTests.loss(frozen, input: input, direction: direction)
    #expect(Array(frozen.logits) == Array(inference.logits))
    _ = frozen.logitsGradient.update(fromContentsOf: direction)
    frozen.backward(count: 3)
    #expect(Array(network.buffers) == statistics && network.batchesTracked == 0)

    for entry in network.entries where entry.name.hasPrefix("head.") {
      let along = randomValues(entry.range.count, seed: 5)
      let slope = zip(network.gradients[entry.range], along).reduce(0) {
        $0 + Double($1.0) * Double($1.1)
      }
      let kept = Array(network.parameters[entry.range])
      func moved(_ by: Float) -> Double {
        for (place, index) in entry.range.enumerated() {
          network.parameters[index] = kept[place] + by * along[place]
        }
        return ExecutorTests.loss(frozen, input: input, direction: direction)
      }
      let measured = (moved(0.01) - moved(-0.01)) / 0.02
      #expect(abs(measured - slope) < 1e-3 * max(1, abs(slope)), "\(entry.name)")
      _ = moved(0)
    }
  }

  /// `(L(p + εv) − L(p − εv)) / 2ε` against `∇L · v`, for random directions v in each tensor.
  @Test(arguments: architectures)
  func gradientsMatchCentralDifferences(architecture: Architecture) throws {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let network = try Network(architecture: architecture, seed: 3)
    let executor = try Executor(network: network, batch: 3, mode: .training, pool: pool)
    let input = randomValues(executor.input.count, seed: 1)
    let direction = randomValues(executor.logits.count, seed: 2)
    _ = ExecutorTests.loss(executor, input: input, direction: direction)
    _ = executor.logitsGradient.update(fromContentsOf: direction)
    executor.backward(count: 3)
    let gradients = Array(network.gradients)
    let start = Array(network.parameters)
    // Small enough that few maxima and rectifiers change sides, large enough for 32-bit sums.
    let epsilon: Float = 2e-4
    for entry in network.entries {
      for trial in 0..<3 {
        let step = randomValues(entry.range.count, seed: UInt64(100 + trial))
        var losses: [Double] = []
        for sign in [epsilon, -epsilon] {
          for (offset, position) in entry.range.enumerated() {
            network.parameters[position] = start[position] + sign * step[offset]
          }
          losses.append(ExecutorTests.loss(executor, input: input, direction: direction))
        }
        for position in entry.range { network.parameters[position] = start[position] }
        let numeric = (losses[0] - losses[1]) / Double(2 * epsilon)
        let analytic = zip(entry.range, step).reduce(0.0) {
          $0 + Double(gradients[$1.0]) * Double($1.1)
        }
        // A bias before a normalisation has no effect: both are then zero but for rounding.
        let scale = max(abs(numeric), abs(analytic), 0.05)
        #expect(
          abs(numeric - analytic) / scale < 0.03,
          "\(entry.name): \(numeric) by differences, \(analytic) by backward")
      }
    }
  }

  @Test(arguments: architectures)
  func bitsDoNotDependOnThreads(architecture: Architecture) throws {
    var results: [[Float]] = []
    for threads in [1, 2, 3] {
      let pool = WorkerPool(threads: threads)
      defer { pool.shutDown() }
      let network = try Network(architecture: architecture, seed: 3)
      let executor = try Executor(network: network, batch: 9, mode: .training, pool: pool)
      _ = executor.input.update(fromContentsOf: randomValues(executor.input.count, seed: 1))
      executor.forward(count: 9)
      let logits = Array(executor.logits)
      _ = executor.logitsGradient.update(
        fromContentsOf: randomValues(executor.logits.count, seed: 2))
      executor.backward(count: 9)
      results.append(logits + Array(network.gradients) + Array(network.buffers))
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  /// Memory whose time is over is filled with values that are not numbers: a value that is read too
  /// late would show. Two steps, as the second finds what the first left.
  @Test(arguments: architectures, [Executor.Mode.training, .inference])
  func nothingIsReadAfterItsTime(architecture: Architecture, mode: Executor.Mode) throws {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    var results: [[Float]] = []
    for poisons in [false, true] {
      let network = try Network(architecture: architecture, seed: 3)
      let executor = try Executor(
        network: network, batch: 3, mode: mode, poisonsMemory: poisons, pool: pool)
      var result: [Float] = []
      for step in 0..<2 {
        _ = executor.input.update(
          fromContentsOf: randomValues(executor.input.count, seed: UInt64(step)))
        executor.forward(count: 3)
        result += executor.logits
        guard mode == .training else { continue }
        _ = executor.logitsGradient.update(
          fromContentsOf: randomValues(executor.logits.count, seed: 2))
        executor.backward(count: 3)
        result += network.gradients
      }
      results.append(result)
    }
    #expect(results[0] == results[1])
  }

  @Test func clipsOfABatchDoNotTouchEachOther() throws {
    let architecture = try Architecture.preset(
      "conv3d-lstm-small", input: InputShape(frames: 8, height: 16, width: 16, channels: 3),
      classes: 5)
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let network = try Network(architecture: architecture, seed: 1)
    let size = architecture.input.count
    let executor = try Executor(network: network, batch: 4, mode: .inference, pool: pool)
    let clips = randomValues(4 * size, seed: 7)
    _ = executor.input.update(fromContentsOf: clips)
    executor.forward(count: 4)
    let together = Array(executor.logits)
    for clip in 0..<4 {
      _ = executor.input.update(fromContentsOf: clips[clip * size..<(clip + 1) * size])
      executor.forward(count: 1)
      #expect(
        relativeError(Array(executor.logits.prefix(5)), Array(together[clip * 5..<clip * 5 + 5]))
          < 1e-5)
    }
  }

  @Test func dropoutIsKeyedAndUnbiased() throws {
    let architecture = Architecture(
      name: "drop", input: InputShape(frames: 2, height: 2, width: 2, channels: 1), classes: 400,
      layers: [
        .conv3D(name: "a", filters: 400, kernel: .one, padding: .zero, bias: true), .spatialMean,
        .timePooling(.mean), .dropout(rate: 0.25),
        .dense(name: "head", outputs: 400),
      ])
    let pool = WorkerPool(threads: 1)
    let network = try Network(architecture: architecture, seed: 1)
    let head = try #require(network.entry("head.weight"))
    for row in 0..<400 {
      for column in 0..<400 {
        network.parameters[head.range.lowerBound + row * 400 + column] = row == column ? 1 : 0
      }
    }
    let executor = try Executor(network: network, batch: 2, mode: .training, pool: pool)
    let ones = [Float](repeating: 1, count: executor.input.count)
    func run(_ stream: RandomStream?) -> [Float] {
      _ = executor.input.update(fromContentsOf: ones)
      executor.forward(count: 2, dropout: stream)
      return Array(executor.logits)
    }
    let plain = run(nil)
    let first = run(RandomStream(seed: 1, purpose: .dropout, 5))
    #expect(first == run(RandomStream(seed: 1, purpose: .dropout, 5)))
    #expect(first != run(RandomStream(seed: 1, purpose: .dropout, 6)))
    let bias = Array(network.parameters[try #require(network.entry("head.bias")).range])
    let dropped = zip(first, bias + bias).filter { abs($0.0 - $0.1) < 1e-7 }.count
    #expect((140...260).contains(dropped), "\(dropped) of 800 dropped at a rate of 0.25")
    #expect(Array(first.prefix(400)) != Array(first.suffix(400)), "clips share a mask")
    #expect(plain.count == 800)
  }

  @Test(
    arguments: [
      ([Node.relu], "the last layer gives 4×4×4×1, not 3"),
      ([.spatialMean, .dense(name: "x", outputs: 2)], "cannot take"),
      (
        [
          .conv3D(name: "a", filters: 2, kernel: Extent3(9, 1, 1), padding: .zero, bias: true)
        ], "do not fit"
      ),
      (
        [.spatialMean, .lstm(name: "l", hidden: 2), .timePooling(.last)],
        "the last layer gives 2, not 3"
      ),
      (
        [
          .spatialMean, .lstm(name: "l", hidden: 2), .lstm(name: "l", hidden: 2),
        ], "two layers are called 'l'"
      ),
    ])
  func architecturesThatDoNotFitAreRefused(layers: [Node], reason: String) {
    let architecture = Architecture(
      name: "odd", input: InputShape(frames: 4, height: 4, width: 4, channels: 1), classes: 3,
      layers: layers)
    #expect {
      try architecture.validate()
    } throws: { error in
      (error as? NetworkError)?.message.contains(reason) == true
    }
  }
}
