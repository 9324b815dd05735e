import Foundation
import Layers
import Networks
import Tensors
import TestSupport
import Testing

/// Several networks as one: the mean of what they say, and the way back.
@Suite struct EnsembleTests {
  private static let input = InputShape(frames: 5, height: 9, width: 7, channels: 2)

  private func member(_ width: Int, seed: UInt64, namesLast: Bool = true) throws -> Network {
    let architecture = Architecture(
      name: "small", input: Self.input, classes: 3,
      layers: [
        .conv3D(name: "conv", filters: width, kernel: Extent3(3, 3, 3), padding: .one, bias: false),
        .batchNorm(name: "norm"), .relu.named("x"), .tanh.named("y"), .add.reading("x", "y"),
        .spatialMean, .timePooling(.mean), .dense(name: "head", outputs: 3),
      ] + (namesLast ? [] : [.tanh]))
    let network = try Network(architecture: architecture, seed: seed)
    network.withMutableBuffers { values in
      for index in values.indices { values[index] = 0.5 + Float(index % 3) }
    }
    return network
  }

  private func logits(_ network: Network, _ stacks: [[Float]]) throws -> [[Double]] {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let executor = try Executor(
      network: network, batch: stacks.count, mode: .inference, precision: .fp32, pool: pool)
    for (position, stack) in stacks.enumerated() { executor.setInput(stack, at: position) }
    executor.forward(count: stacks.count)
    return executor.withLogits { logits in
      stacks.indices.map { clip in (0..<3).map { Double(logits[clip * 3 + $0]) } }
    }
  }

  private func softmax(_ logits: [Double], _ temperature: Double) -> [Double] {
    let powers = logits.map { exp($0 / temperature) }
    return powers.map { $0 / powers.reduce(0, +) }
  }

  @Test(arguments: [(2, 1.0), (3, 0.4), (5, 2.5)])
  func scoresAreTheMeanOfTheMembers(count: Int, temperature: Double) throws {
    let members = try (0..<count).map {
      try member(3 + $0, seed: UInt64($0), namesLast: $0 % 2 == 0)
    }
    let ensemble = try Network(ensembleOf: members, temperature: Float(temperature))
    var random = SystemRandomNumberGenerator()
    let stacks = (0..<4).map { _ in
      (0..<Self.input.count).map { _ in Float.random(in: -2...2, using: &random) }
    }
    let parts = try members.map { try logits($0, stacks) }
    for (clip, together) in try logits(ensemble, stacks).enumerated() {
      let scores = softmax(together, 1)
      for index in 0..<3 {
        let mean =
          parts.reduce(0) { $0 + softmax($1[clip], temperature)[index] } / Double(count)
        #expect(abs(scores[index] - mean) < 1e-5)
        // The logarithms themselves, which the loss of a training would read.
        #expect(abs(together[index] - log(mean)) < 1e-4)
      }
    }
  }

  @Test func theWayBackGivesTheMembers() throws {
    let members = try [member(3, seed: 1), member(4, seed: 2, namesLast: false)]
    let ensemble = try Network(ensembleOf: members, temperature: 2)
    #expect(ensemble.architecture.formatVersion == 2)
    #expect(ensemble.architecture.memberTemperature == 2)
    let back = try #require(try ensemble.members())
    #expect(back.map(\.architecture) == members.map(\.architecture))
    for (one, other) in zip(back, members) {
      for entry in one.entries + one.bufferEntries {
        #expect(one.values(of: entry) == other.values(of: entry), "\(entry.name)")
      }
    }
    #expect(members[0].architecture.members == nil)
    var broken = ensemble.architecture
    broken.layers[2].name = "other"
    #expect(broken.members == nil)
  }

  @Test func veryUnlikelyClassesStayFinite() throws {
    let members = try [member(3, seed: 1), member(3, seed: 2)]
    for network in members {
      network.withMutableParameters { values in
        for index in values.indices { values[index] *= 300 }
      }
    }
    let ensemble = try Network(ensembleOf: members, temperature: 0.01)
    let scores = try logits(ensemble, [(0..<Self.input.count).map { Float($0 % 7) - 3 }])
    #expect(scores[0].allSatisfy { $0.isFinite })
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let small = try member(3, seed: 1).architecture
    #expect(throws: NetworkError.self) { try Architecture.ensemble(of: [small]) }
    var other = small
    other.input.frames = 6
    #expect(throws: NetworkError.self) { try Architecture.ensemble(of: [small, other]) }
    #expect(throws: NetworkError.self) {
      try Architecture.ensemble(of: [small, small], temperature: 0)
    }
  }
}
