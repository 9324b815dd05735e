import Foundation
import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing

/// Whole networks against PyTorch: see `Tests/Fixtures/networks/make-network-goldens.py`.
@Suite struct GoldenTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/networks")

  /// Small inputs of odd sizes, so that the fixtures stay small.
  static let cases: [(name: String, input: InputShape)] = [
    ("seed", InputShape(frames: 5, height: 7, width: 5, channels: 3)),
    ("conv3d-lstm", InputShape(frames: 9, height: 12, width: 14, channels: 2)),
    ("attending", ExecutorTests.attending.input),
  ]

  static func architecture(_ name: String) throws -> Architecture {
    if name == ExecutorTests.attending.name { return ExecutorTests.attending }
    let input = try #require(cases.first { $0.name == name }).input
    return try Architecture.preset(name, input: input, classes: 4)
  }

  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["RECORD_ARCHITECTURES"] != nil),
    arguments: cases.map(\.name))
  func recordArchitecture(name: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(GoldenTests.architecture(name))
      .write(to: GoldenTests.folder.appending(path: "architectures/\(name).json"))
  }

  /// The generator of starting values that the script shares.
  private static func values(_ count: Int, from start: UInt32) -> [Double] {
    var state = start
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Double(state) / 4_294_967_296 - 0.5
    }
  }

  private static func setStartingValues(_ network: Network) {
    for (index, entry) in network.entries.enumerated() {
      let drawn = values(entry.range.count, from: UInt32(1000 + index))
      for (position, value) in zip(entry.range, drawn) {
        let scaled: Double
        if entry.role == .normalization {
          scaled = value * 0.2 + (entry.name.hasSuffix("weight") ? 1 : 0)
        } else if entry.shape.count > 1 {
          let fan = Double(entry.range.count / entry.shape[0])
          scaled = value * 2 / fan.squareRoot() * 1.7
        } else {
          scaled = value * 0.2
        }
        network.parameters[position] = Float(scaled)
      }
    }
  }

  @Test(arguments: cases.map(\.name), [1, 2])
  func matchesPyTorch(name: String, threads: Int) throws {
    let file = GoldenTests.folder.appending(path: "\(name).safetensors").path
    let golden = try SafeTensors(reading: file)
    func expected(_ name: String) throws -> [Float] {
      let tensor = try #require(golden[name])
      return try golden.floats(name, shape: tensor.shape)
    }
    let architecture = try GoldenTests.architecture(name)
    let network = try Network(architecture: architecture, seed: 0)
    GoldenTests.setStartingValues(network)
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    // A batch larger than the step: counts and buffers must not be confused.
    let executor = try Executor(network: network, batch: 7, mode: .training, pool: pool)
    let input = try expected("input")
    let count = 5
    let labels = (0..<count).map { $0 % architecture.classes }
    let parameters = network.parameters.baseAddress!
    var first = [Float](repeating: 0, count: network.parameters.count)
    var second = first
    var losses: [Float] = []

    for step in 1...10 {
      _ = executor.input.update(fromContentsOf: input)
      executor.forward(count: count)
      if step == 1 {
        let logits = Array(executor.logits.prefix(count * architecture.classes))
        #expect(relativeError(logits, try expected("logits")) <= 1e-5)
      }
      losses.append(softmaxLoss(executor, labels: labels, classes: architecture.classes))
      executor.backward(count: count)
      if step == 1 {
        for entry in network.entries {
          let mine = Array(network.gradients[entry.range])
          let theirs = try expected("gradient.\(entry.name)")
          #expect(relativeError(mine, theirs) <= 1e-4, "gradient of \(entry.name)")
        }
      }
      for entry in network.entries {
        let begin = entry.range.lowerBound
        VectorMath.adamW(
          parameters: parameters + begin, gradients: network.gradients.baseAddress! + begin,
          first: &first[begin], second: &second[begin], count: entry.range.count,
          gradientScale: 1,
          settings: .init(
            learningRate: 1e-3, weightDecay: entry.shape.count > 1 ? 0.05 : 0, step: step))
      }
      executor.parametersChanged()
    }
    #expect(relativeError(losses, try expected("losses")) <= 1e-4)
    for entry in network.entries {
      let mine = Array(network.parameters[entry.range])
      #expect(relativeError(mine, try expected("after.\(entry.name)")) <= 1e-4, "\(entry.name)")
    }
    for entry in network.bufferEntries {
      let mine = Array(network.buffers[entry.range])
      #expect(relativeError(mine, try expected("after.\(entry.name)")) <= 1e-4, "\(entry.name)")
    }

    let inference = try Executor(network: network, batch: count, mode: .inference, pool: pool)
    _ = inference.input.update(fromContentsOf: input)
    inference.forward(count: count)
    let scores = Array(inference.logits.prefix(count * architecture.classes))
    #expect(relativeError(scores, try expected("evaluation")) <= 1e-4)
    #expect(inference.peakBytes < executor.peakBytes)
  }

  /// Mean cross-entropy of the executor's logits; leaves its gradient behind.
  private func softmaxLoss(_ executor: Executor, labels: [Int], classes: Int) -> Float {
    var loss = 0.0
    for (row, label) in labels.enumerated() {
      let logits = executor.logits[row * classes..<(row + 1) * classes].map(Double.init)
      let top = logits.max() ?? 0
      let total = logits.reduce(0) { $0 + exp($1 - top) }
      loss -= logits[label] - top - log(total)
      for column in 0..<classes {
        let probability = exp(logits[column] - top) / total
        executor.logitsGradient[row * classes + column] =
          Float((probability - (column == label ? 1 : 0)) / Double(labels.count))
      }
    }
    return Float(loss / Double(labels.count))
  }
}
