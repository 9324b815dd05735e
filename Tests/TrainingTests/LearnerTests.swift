import Layers
import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing
import Training

@Suite struct LearnerTests {
  private let input = InputShape(frames: 3, height: 6, width: 6, channels: 2)

  private func network() throws -> Network {
    try Network(
      architecture: Architecture(
        name: "small", input: input, classes: 3,
        layers: [
          .conv3D(name: "conv", filters: 4, kernel: Extent3(3, 3, 3), padding: .one, bias: false),
          .batchNorm(name: "norm"), .relu, .globalAveragePool, .flatten, .dropout(rate: 0.2),
          .dense(name: "head", outputs: 3),
        ]), seed: 5)
  }

  private func stacks(_ count: Int) -> [[Float]] {
    (0..<count).map { randomValues(input.count, seed: UInt64($0) + 1) }
  }

  /// All parameters and statistics, by the public interface.
  private func values(_ network: Network) -> [Float] {
    (network.entries + network.bufferEntries).flatMap { network.values(of: $0) }
  }

  @Test(arguments: [1, 3]) func aStepIsForwardLossBackwardAndUpdate(threads: Int) throws {
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    let labels = [2, 0, 1, 1]
    let clips = stacks(labels.count)
    let learned = try network()
    let learner = try Learner(learned, batch: 5, gradientLimit: 0.05, seed: 9, pool: pool)

    let own = try network()
    let executor = try Executor(network: own, batch: 5, mode: .training, pool: pool)
    let loss = SoftmaxCrossEntropy(classes: 3)
    let optimizer = AdamW(own)
    for step in 0..<3 {
      let value = try learner.step(clips, labels: labels, learningRate: 0.01)
      executor.withMutableInput { input in
        for (index, value) in clips.joined().enumerated() { input[index] = value }
      }
      executor.forward(
        count: 4, dropout: RandomStream(seed: 9, purpose: .dropout, UInt64(step)))
      let plain = executor.withLogits { loss(logits: $0, labels: labels) }
      let expected = executor.withMutableLogitsGradient { logits, gradient in
        loss(logits: logits, labels: labels, gradient: &gradient)
      }
      executor.backward(count: 4)
      let (length, factor) = GradientClipping.measure(
        own, groups: ParameterGroup.all(of: own), limit: 0.05)
      #expect(length > 0.05 && factor < 1)
      optimizer.step(own, gradientScale: factor, learningRate: 0.01)
      executor.parametersChanged()
      #expect(value == expected && plain == expected)
    }
    #expect(values(learned) == values(own))
    #expect(try values(learned) != values(network()))
  }

  @Test func filledInputsAreTheSameAsArrays() throws {
    let pool = WorkerPool(threads: 1)
    defer { pool.shutDown() }
    let clips = stacks(2)
    let one = try network()
    let other = try network()
    let first = try Learner(one, batch: 2, pool: pool)
      .step(clips, labels: [0, 1], learningRate: 0.01)
    let second = try Learner(other, batch: 2, pool: pool)
      .step(labels: [0, 1], learningRate: 0.01) { input in
        for (index, value) in clips.joined().enumerated() { input[index] = value }
      }
    #expect(first == second && values(one) == values(other))
  }

  @Test func lossFalls() throws {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let network = try network()
    let learner = try Learner(network, batch: 4, pool: pool)
    let labels = [0, 1, 2, 0]
    // Classes are as bright as their number says.
    let clips = zip(stacks(4), labels).map { stack, label in stack.map { $0 + Float(label) } }
    var losses: [Double] = []
    for _ in 0..<100 {
      losses.append(try learner.step(clips, labels: labels, learningRate: 0.02))
    }
    #expect(losses[99] < losses[0] / 2, "\(losses[0]) to \(losses[99])")
    #expect(learner.optimizer.steps == 100)
  }

  @Test func aLossThatIsNoNumberLeavesTheParameters() throws {
    let pool = WorkerPool(threads: 1)
    defer { pool.shutDown() }
    let network = try network()
    let learner = try Learner(network, batch: 1, pool: pool)
    let before = network.entries.flatMap { network.values(of: $0) }
    let error = #expect(throws: TrainingError.self) {
      try learner.step(labels: [0], learningRate: 0.01) { $0[7] = .nan }
    }
    #expect(error?.code == .diverged)
    #expect(network.entries.flatMap { network.values(of: $0) } == before)
    #expect(learner.optimizer.steps == 0)
  }

  @Test func spansReachParametersGradientsAndStatistics() throws {
    let network = try network()
    let count = network.parameterCount
    #expect(count == network.entries.reduce(0) { $0 + $1.range.count })
    network.withMutableParameters { $0[count - 1] = 42 }
    #expect(network.withParameters { $0.count == count && $0[count - 1] == 42 })
    network.withMutableGradients { $0[0] = -3 }
    #expect(network.withGradients { $0.count == count && $0[0] == -3 })
    network.withMutableBuffers { $0[1] = 7 }
    #expect(network.withBuffers { $0[1] } == 7)
    let bias = try #require(network.entry("head.bias"))
    #expect(network.values(of: bias).last == 42)
    let mean = try #require(network.entry("norm.running_mean"))
    #expect(network.values(of: mean)[1] == 7)
  }

  @Test func theHighestLogitIsTheClass() throws {
    let pool = WorkerPool(threads: 1)
    defer { pool.shutDown() }
    let executor = try Executor(network: network(), batch: 3, mode: .inference, pool: pool)
    for (position, stack) in stacks(3).enumerated() { executor.setInput(stack, at: position) }
    executor.forward(count: 3)
    let rows = executor.withLogits { logits in
      (0..<3).map { row in (0..<3).map { logits[row * 3 + $0] } }
    }
    let expected = rows.map { row in row.firstIndex(of: row.max() ?? 0) ?? -1 }
    #expect(executor.predictedClasses(count: 3) == expected)
    let shares = executor.withLogits { Softmax.probabilities($0.extracting(..<3)) }
    #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
    #expect(shares.firstIndex(of: shares.max() ?? 0) == expected[0])
  }
}
