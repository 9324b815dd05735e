import ArgumentParser
import VidclassKit

/// The article's feature fusion on still images: each picture is a clip of one frame.
@main
struct Stills: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stills",
    abstract: "Learns to tell drawn figures apart with two branches of convolutions.",
    discussion: """
      Branches of 3 × 3 and 5 × 5 convolutions look at each picture; what they find goes side by
      side through an LSTM. The program draws its own pictures, a few to learn from and others to
      be measured on.

      EXAMPLE:
        stills --pictures 200 --epochs 15
      """)

  @Option(help: "Pictures of every figure to learn from.")
  var pictures = 200

  @Option(help: "Passes over them.")
  var epochs = 15

  @Option(help: "The seed of pictures, weights and order.")
  var seed: UInt64 = 0

  private static let batch = 32
  private static let peakRate = 5e-4

  func validate() throws {
    guard 1...100_000 ~= pictures else { throw ValidationError("--pictures: 1 to 100000") }
    guard 1...10_000 ~= epochs else { throw ValidationError("--epochs: 1 to 10000") }
  }

  func run() throws {
    let known = {
      var drawn = FigurePictures(seed: seed)
      return drawn.draw(each: pictures)
    }()
    let unseen = {
      var drawn = FigurePictures(seed: ~seed)
      return drawn.draw(each: 100)
    }()
    let options = PresetOptions(dropout: 0.2)
    let architecture = try Architecture.preset(
      "fusion-lstm", input: FigurePictures.input, classes: Figure.allCases.count, options: options)
    let network = try Network(architecture: architecture, seed: seed)
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    try train(network, on: known, pool: pool)
    let right = try Stills.accuracy(of: network, on: unseen, pool: pool)
    let naive = NearestMean(known.pictures, known.labels).accuracy(unseen.pictures, unseen.labels)
    print("\(unseen.labels.count) pictures that training never saw, right:")
    print("  fusion-lstm          \(Stills.percent(right))")
    print("  nearest mean picture \(Stills.percent(naive))")
    print("  any one figure       \(Stills.percent(1 / Double(Figure.allCases.count)))")
  }

  private func train(
    _ network: Network, on known: (pictures: [[Float]], labels: [Int]), pool: WorkerPool
  ) throws {
    let learner = try Learner(network, batch: Stills.batch, pool: pool)
    let batches = (known.labels.count + Stills.batch - 1) / Stills.batch
    let schedule = LearningRateSchedule(
      course: .cosine, peak: Stills.peakRate, warmupSteps: batches, totalSteps: epochs * batches)
    var step = 0
    for epoch in 0..<epochs {
      var order = Array(known.labels.indices)
      var random = RandomStream(seed: seed, purpose: .clipOrder, UInt64(epoch))
      random.shuffle(&order)
      var total = 0.0
      for start in stride(from: 0, to: order.count, by: Stills.batch) {
        let part = order[start..<min(start + Stills.batch, order.count)]
        let loss = try learner.step(
          part.map { known.pictures[$0] }, labels: part.map { known.labels[$0] },
          learningRate: schedule.rate(at: step))
        total += loss * Double(part.count)
        step += 1
      }
      print("epoch \(epoch + 1), loss \(total / Double(order.count))")
    }
  }

  private static func accuracy(
    of network: Network, on unseen: (pictures: [[Float]], labels: [Int]), pool: WorkerPool
  ) throws -> Double {
    let executor = try Executor(network: network, batch: batch, mode: .inference, pool: pool)
    var right = 0
    for start in stride(from: 0, to: unseen.labels.count, by: batch) {
      let part = start..<min(start + batch, unseen.labels.count)
      for index in part { executor.setInput(unseen.pictures[index], at: index - start) }
      executor.forward(count: part.count)
      let found = executor.predictedClasses(count: part.count)
      right += zip(found, unseen.labels[part]).count { $0 == $1 }
    }
    return Double(right) / Double(unseen.labels.count)
  }

  private static func percent(_ share: Double) -> String {
    "\((share * 1000).rounded() / 10) %"
  }
}
