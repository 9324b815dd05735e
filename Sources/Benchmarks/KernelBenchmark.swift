import Layers
import Networks
import Tensors

/// Times each convolution of a workload on its own, forward and both gradients, against what the
/// processor's arithmetic can do at most, measured before each round: clocks change, and other
/// programs come and go, while this runs.
///
/// GFLOP/s count the multiplications of the convolution's definition, of which Winograd's kernels do
/// 2.25 times fewer; the share of the peak counts those that are done.
public struct KernelBenchmark: Sendable {
  public var workload: Workload
  public var batch: Int
  public var threads: Int
  public var rounds: Int
  public var precision: Precision
  public var method: Convolution.Method

  public init(
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

  public enum Pass: String, Codable, Sendable, CaseIterable {
    case forward
    case inputGradient = "input_gradient"
    case weightGradient = "weight_gradient"
  }

  /// One pass of one layer.
  public struct Row: Codable, Sendable {
    public let layer: String
    public let pass: Pass
    public let method: String
    /// A batch.
    public let seconds: BenchmarkSeconds
    public let gflops: Double
    /// By the multiplications that are done: the fastest round against the highest peak measured
    /// between these rounds, so that what disturbs single ones counts on neither side.
    public let shareOfPeak: Double

    enum CodingKeys: String, CodingKey {
      case layer, pass, method, seconds, gflops
      case shareOfPeak = "share_of_peak"
    }
  }

  public struct Result: Codable, Sendable {
    public let peer: String
    public let task: String
    public let workload: Workload
    public let precision: Precision
    public let kernels: String
    public let batch: Int
    public let threads: Int
    /// Fused multiply-adds on registers, all threads together: the median of all rounds.
    public let peakGflops: Double
    public let layers: [Row]

    enum CodingKeys: String, CodingKey {
      case peer, task, workload, precision, kernels, batch, threads, layers
      case peakGflops = "peak_gflops"
    }
  }

  public func run() throws -> Result {
    let precision = try precision.resolved()
    let architecture = try workload.architecture()
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    var rows: [Row] = []
    var peaks: [Double] = []
    for (index, layer) in try architecture.convolutionLayers().enumerated() {
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
    let geometry = layer.geometry
    let convolution = Convolution(
      geometry: geometry,
      input: ActivationLayout(
        extent: layer.input, channels: geometry.inputChannels, halo: geometry.padding),
      method: method)
    let sizes = [
      batch * convolution.input.sampleCount, batch * convolution.output.sampleCount,
      batch * convolution.gradientLayout.sampleCount, batch * convolution.input.denseCount,
      geometry.weightCount, geometry.weightCount, convolution.packedCount,
      convolution.packedTransposedCount,
      max(
        convolution.forwardScratch(workers: threads),
        convolution.inputGradientScratch(workers: threads),
        convolution.weightGradientScratch(workers: threads)),
    ]
    let slack = Arena.readSlack / MemoryLayout<Float>.size
    let arena = try Arena(
      byteCount: sizes.reduce(0) { $0 + $1 + slack } * MemoryLayout<Float>.size)
    var offset = 0
    let buffers = sizes.map { size -> UnsafeMutablePointer<Float> in
      defer { offset += (size + slack) * MemoryLayout<Float>.size }
      return arena.floats(at: offset, count: size).baseAddress!
    }
    var random = RandomStream(seed: 0, purpose: .test)
    for (buffer, size) in zip(buffers, sizes).prefix(5) {
      for position in 0..<size { buffer[position] = random.uniform(-1, 1) }
    }
    let (input, output, gradient, inputGradient) = (
      buffers[0], buffers[1], buffers[2], buffers[3]
    )
    let (weights, weightGradient, scratch) = (buffers[4], buffers[5], buffers[8])
    convolution.pack(weights, into: buffers[6], pool: pool)
    convolution.pack(weights, into: buffers[7], transposed: true, pool: pool)

    func once(_ pass: Pass) {
      switch pass {
      case .forward:
        convolution.forward(
          batch: batch, input: input, packed: buffers[6], bias: nil, relu: true, output: output,
          scratch: scratch, pool: pool)
      case .inputGradient:
        convolution.inputGradient(
          batch: batch, outputGradient: gradient, weights: weights, packed: buffers[7],
          inputGradient: inputGradient, scratch: scratch, pool: pool)
      case .weightGradient:
        convolution.weightGradient(
          batch: batch, input: input, outputGradient: gradient, gradient: weightGradient,
          scratch: scratch, pool: pool)
      }
    }

    let flops = Double(geometry.flops(output: convolution.output.extent)) * Double(batch)
    let clock = ContinuousClock()
    // The arena, on which `once` works through pointers, lives until all passes are timed.
    defer { withExtendedLifetime(arena) {} }
    return passes.map { pass in
      let winograd = pass == .forward ? convolution.isWinograd : convolution.isWinogradBackward
      let done = winograd ? flops / Convolution.winogradSaving : flops
      once(pass)
      var times: [Double] = []
      var highest = 0.0
      for _ in 0..<rounds {
        let peak = ProcessorPeak.measure(pool: pool)
        peaks.append(peak)
        highest = max(highest, peak)
        times.append(clock.measure { once(pass) } / .seconds(1))
      }
      let seconds = BenchmarkSeconds(times)
      return Row(
        layer: layer.name, pass: pass, method: winograd ? "winograd" : "direct",
        seconds: seconds, gflops: flops / seconds.median / 1e9,
        shareOfPeak: done / seconds.min / 1e9 / highest)
    }
  }
}
