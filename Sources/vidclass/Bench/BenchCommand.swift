import ArgumentParser
import Benchmarks
import Tensors

/// `vidclass bench`: reproducible speed figures.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures the speed of network, kernels, decoder and labelling on this machine.",
    discussion: """
      Workloads read clips of 16 × 112 × 112 × 3 and give 6 scores. std: four Conv3D → ReLU → \
      MaxPool3D blocks, mean, LSTM(256), Dense. seed: Conv3D(32) → ReLU → MaxPool3D(2), flatten \
      per step, LSTM(128), Dense.

      EXAMPLE:
        vidclass bench infer --workload std --batch 8 --rounds 5 --json
        vidclass bench kernels --workload std
        vidclass bench label movies/
      """,
    subcommands: [
      BenchInferCommand.self, BenchTrainCommand.self, BenchKernelsCommand.self,
      BenchDecodeCommand.self, BenchLabelCommand.self,
    ])
}

extension Workload: ExpressibleByArgument {}

/// What all networks' benchmarks take.
struct NetworkBenchmarkOptions: ParsableArguments {
  @Option(help: "The network: std or seed.")
  var workload: Workload = .std

  @Option(help: "Clips a batch.")
  var batch = 8

  @Option(help: "Batches that are timed, after two to warm up.")
  var rounds = 5

  @OptionGroup var arithmetic: PrecisionOption

  @Flag(help: "Direct convolutions only, without Winograd's shortcut of fewer multiplications.")
  var exactConv = false

  func validate() throws {
    guard (1...1024).contains(batch) else {
      throw ValidationError("--batch must be from 1 to 1024, not \(batch).")
    }
    guard (1...10_000).contains(rounds) else {
      throw ValidationError("--rounds must be from 1 to 10000, not \(rounds).")
    }
  }

  func run(_ task: NetworkBenchmark.Task, global: GlobalOptions, json: Bool) throws {
    let result = try NetworkBenchmark(
      task: task, workload: workload, batch: batch, threads: global.threadCount, rounds: rounds,
      precision: arithmetic.precision, exactConvolution: exactConv
    ).run()
    if json { return try StandardOutput.writeJSON(result) }
    func fixed(_ value: Double, _ digits: Int) -> String {
      String(format: "%.\(digits)f", value)
    }
    try StandardOutput.write(
      """
      \(task.rawValue) \(workload.rawValue), batch \(batch), \(result.threads) threads, \
      \(result.precision.rawValue), \(result.kernels) kernels: \
      \(fixed(result.clipsPerSecond, 1)) clips/s \
      (\(fixed(result.seconds.median, 3)) s a batch, \(fixed(result.seconds.min, 3)) to \
      \(fixed(result.seconds.max, 3))), \(fixed(result.gflops, 0)) GFLOP/s, \
      \(fixed(result.peakMiB, 0)) MiB at most

      """)
  }
}

struct BenchInferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "infer", abstract: "Times the logits of one batch.",
    usage: "vidclass bench infer [<options>]",
    discussion: """
      EXAMPLE:
        vidclass bench infer --workload std --batch 1 --json
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var output: JSONOption
  @OptionGroup var options: NetworkBenchmarkOptions

  func run() throws { try options.run(.infer, global: global, json: output.json) }
}

struct BenchTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Times a training step: forward, loss, backward, Adam.",
    usage: "vidclass bench train [<options>]",
    discussion: """
      EXAMPLE:
        vidclass bench train --workload seed --threads 1
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var output: JSONOption
  @OptionGroup var options: NetworkBenchmarkOptions

  func run() throws { try options.run(.train, global: global, json: output.json) }
}
