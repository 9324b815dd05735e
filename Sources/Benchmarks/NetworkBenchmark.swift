import Foundation
import Networks
import Tensors
import Training

/// Times one batch of a named workload, forward or a whole training step, data already in memory.
public struct NetworkBenchmark: Sendable {
  /// What a network is timed at.
  public enum Task: String, CaseIterable, Sendable, Codable {
    /// Logits of one batch.
    case infer
    /// Forward, cross-entropy, backward, Adam step on one batch.
    case train
  }

  /// Whether only forward, or a step of training.
  public var task: Task
  /// The network.
  public var workload: Workload
  /// Clips of a batch.
  public var batch: Int
  /// Of the pool that helps.
  public var threads: Int
  /// Batches that are timed.
  public var rounds: Int
  /// The arithmetic of the products.
  public var precision: Precision
  /// Direct convolutions only.
  public var exactConvolution: Bool

  /// Nothing is made before the run.
  public init(
    task: Task, workload: Workload, batch: Int, threads: Int, rounds: Int,
    precision: Precision = .auto, exactConvolution: Bool = false
  ) {
    self.task = task
    self.workload = workload
    self.batch = batch
    self.threads = threads
    self.rounds = rounds
    self.precision = precision
    self.exactConvolution = exactConvolution
  }

  /// What was measured; the keys of its JSON are the ones the peers' script prints.
  public struct Result: Codable, Sendable {
    /// The program that is timed, `vidclass`.
    public let peer: String
    /// Whether only forward, or a step of training.
    public let task: Task
    /// The network.
    public let workload: Workload
    /// The arithmetic that was used, never `auto`.
    public let precision: Precision
    /// The instruction set of the kernels.
    public let kernels: String
    /// Clips of a batch.
    public let batch: Int
    /// Of the pool that helped.
    public let threads: Int
    /// A batch.
    public let seconds: BenchmarkSeconds
    /// By the median batch.
    public let clipsPerSecond: Double
    /// Of the definitions' multiplications and additions, by the median batch.
    public let gflops: Double
    /// Highest resident memory of the process.
    public let peakMiB: Double

    enum CodingKeys: String, CodingKey {
      case peer, task, workload, precision, kernels, batch, threads, seconds, gflops
      case clipsPerSecond = "clips_per_second"
      case peakMiB = "peak_mib"
    }
  }

  /// Two batches to warm up, then one a round.
  public func run() throws -> Result {
    let precision = precision.resolved
    let architecture = try workload.architecture()
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    let network = try Network(architecture: architecture, seed: 0)
    let executor = try Executor(
      network: network, batch: batch, mode: task == .train ? .training : .inference,
      exactConvolution: exactConvolution, precision: precision, pool: pool)
    var random = RandomStream(seed: 0, purpose: .test)
    let clips = (0..<batch * architecture.input.count).map { _ in random.uniform(-1, 1) }
    let count = network.parameters.count
    var first = [Float](repeating: 0, count: task == .train ? count : 0)
    var second = first
    var step = 0
    let loss = SoftmaxCrossEntropy(classes: Workload.classes)
    let labels = UnsafeMutableBufferPointer<Int>.allocate(capacity: batch)
    defer { labels.deallocate() }
    _ = labels.initialize(fromContentsOf: (0..<batch).map { $0 % Workload.classes })

    func once() {
      _ = executor.input.update(fromContentsOf: clips)
      executor.forward(count: batch)
      guard task == .train else { return }
      _ = loss(
        logits: UnsafeBufferPointer(executor.logits), labels: UnsafeBufferPointer(labels),
        gradient: executor.logitsGradient)
      executor.backward(count: batch)
      step += 1
      VectorMath.adamW(
        parameters: network.parameters.baseAddress!, gradients: network.gradients.baseAddress!,
        first: &first, second: &second, count: count, gradientScale: 1,
        settings: .init(learningRate: 1e-3, weightDecay: 0, step: step), pool: pool)
      executor.parametersChanged()
    }

    once()
    once()
    var seconds: [Double] = []
    let clock = ContinuousClock()
    for _ in 0..<max(rounds, 1) { seconds.append(clock.measure(once) / .seconds(1)) }
    let times = BenchmarkSeconds(seconds)
    let passes = task == .train ? 3.0 : 1.0
    let flops = Double(try architecture.flopsPerClip()) * Double(batch) * passes
    return Result(
      peer: "vidclass", task: task, workload: workload, precision: precision,
      kernels: InstructionSet.name, batch: batch, threads: threads,
      seconds: times,
      clipsPerSecond: Double(batch) / times.median, gflops: flops / times.median / 1e9,
      peakMiB: BenchmarkMemory.peakMiB)
  }
}
