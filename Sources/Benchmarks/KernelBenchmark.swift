import Layers
import Networks
import Tensors

/// Times each convolution of a workload on its own, forward and both gradients, against what the
/// processor's arithmetic can do at most, measured before each round: clocks change, and other
/// programs come and go, while this runs.
///
/// GFLOP/s count the multiplications of the convolution's definition, of which Winograd's kernels do
/// 2.25 times fewer, and weight gradients through max pooling as many times fewer as a window has
/// positions; the share of the peak counts those that are done.
public struct KernelBenchmark: Sendable {
  /// Whose convolutions are timed.
  public var workload: Workload
  /// Clips of a batch.
  public var batch: Int
  /// Of the pool that runs the kernels.
  public var threads: Int
  /// Times that each pass is taken.
  public var rounds: Int
  /// The arithmetic of the products.
  public var precision: Precision
  package var method: Convolution.Method

  package init(
    workload: Workload, batch: Int, threads: Int, rounds: Int, precision: Precision = .auto,
    method: Convolution.Method
  ) {
    self.workload = workload
    self.batch = batch
    self.threads = threads
    self.rounds = rounds
    self.precision = precision
    self.method = method
  }

  /// A way through a convolution.
  public enum Pass: String, Codable, Sendable, CaseIterable {
    /// From input to output.
    case forward
    /// From the output's gradient to the input's.
    case inputGradient = "input_gradient"
    /// From the output's gradient to the weights'.
    case weightGradient = "weight_gradient"
  }

  /// One pass of one layer.
  public struct Row: Codable, Sendable {
    /// The layer's name.
    public let layer: String
    /// Which way it was gone.
    public let pass: Pass
    /// How products were taken, such as directly or by Winograd.
    public let method: String
    /// A batch.
    public let seconds: BenchmarkSeconds
    /// Of the definition's multiplications and additions, in the round in the middle.
    public let gflops: Double
    /// By the multiplications that are done: the fastest round against the highest peak measured
    /// between these rounds, so that what disturbs single ones counts on neither side.
    public let shareOfPeak: Double

    enum CodingKeys: String, CodingKey {
      case layer, pass, method, seconds, gflops
      case shareOfPeak = "share_of_peak"
    }
  }

  /// All rows of one run.
  public struct Result: Codable, Sendable {
    /// The program that is timed, `vidclass`.
    public let peer: String
    /// `kernels`.
    public let task: String
    /// Whose convolutions were timed.
    public let workload: Workload
    /// The arithmetic that was used, never `auto`.
    public let precision: Precision
    /// The instruction set of the kernels.
    public let kernels: String
    /// Clips of a batch.
    public let batch: Int
    /// Of the pool that ran the kernels.
    public let threads: Int
    /// Multiply-adds of the precision on registers, all threads together: the median of all rounds.
    public let peakGflops: Double
    /// Each pass of each layer.
    public let layers: [Row]

    enum CodingKeys: String, CodingKey {
      case peer, task, workload, precision, kernels, batch, threads, layers
      case peakGflops = "peak_gflops"
    }
  }

  /// Takes all passes of all layers, round by round.
  public func run() throws -> Result {
    let precision = precision.resolved
    let architecture = try workload.architecture()
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    var rows: [Row] = []
    var peaks: [Double] = []
    // Depthwise and grouped ones are bound by memory: the processor's peak says nothing of them.
    let layers = try architecture.convolutionLayers().filter(\.geometry.isPlain)
    for (index, layer) in layers.enumerated() {
      let passes = index == 0 ? [Pass.forward, .weightGradient] : Pass.allCases
      rows += try measure(layer, passes: passes, peaks: &peaks, pool: pool)
    }
    return Result(
      peer: "vidclass", task: "kernels", workload: workload, precision: precision,
      kernels: InstructionSet.name, batch: batch, threads: threads,
      peakGflops: peaks.median, layers: rows)
  }

  private func measure(
    _ layer: Architecture.ConvolutionLayer, passes: [Pass], peaks: inout [Double],
    pool: WorkerPool
  ) throws -> [Row] {
    let trial = try ConvolutionTrial(
      layer, batch: batch, method: method, element: precision.element, workers: pool)
    let clock = ContinuousClock()
    return passes.map { pass in
      let (name, saving) = trial.method(pass)
      let arithmetic = trial.arithmetic(pass)
      trial.run(pass)
      var times: [Double] = []
      var highest = 0.0
      for _ in 0..<rounds {
        let peak = ProcessorPeak.measure(element: arithmetic, pool: pool)
        if arithmetic == precision.element { peaks.append(peak) }
        highest = max(highest, peak)
        times.append(clock.measure { trial.run(pass) } / .seconds(1))
      }
      let seconds = BenchmarkSeconds(times)
      return Row(
        layer: layer.name, pass: pass, method: name, seconds: seconds,
        gflops: trial.flops / seconds.median / 1e9,
        shareOfPeak: trial.flops / saving / seconds.min / 1e9 / highest)
    }
  }
}
