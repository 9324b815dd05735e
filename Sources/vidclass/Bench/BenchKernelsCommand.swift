import ArgumentParser
import Benchmarks
import Foundation

/// `vidclass bench kernels`: each convolution on its own against the processor's peak.
struct BenchKernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Times each convolution of a workload against the processor's peak.",
    usage: "vidclass bench kernels [<options>]",
    discussion: """
      The peak is measured before each round: fused multiply-adds on registers only, on all threads. \
      GFLOP/s count the multiplications of a convolution's definition; the share of the peak \
      counts those that are done, in the fastest round against the highest peak: with Winograd's \
      kernels 2.25 times fewer, in weight gradients through max pooling as many times fewer as a \
      window has positions.

      EXAMPLE:
        vidclass bench kernels --workload std --rounds 9 --exact-conv
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var output: JSONOption
  @OptionGroup var options: NetworkBenchmarkOptions

  func run() throws {
    let result = try KernelBenchmark(
      workload: options.workload, batch: options.batch, threads: global.threadCount,
      rounds: options.rounds, precision: options.arithmetic.precision,
      method: options.exactConv ? .direct : .fewestProducts
    ).run()
    if output.json { return try StandardOutput.writeJSON(result) }
    var lines = [
      String(
        format: "peak of %d threads (%@, %@): %.0f GFLOP/s", result.threads,
        result.precision.rawValue, result.kernels, result.peakGflops)
    ]
    lines += result.layers.map { row in
      let name = row.layer.padding(toLength: 10, withPad: " ", startingAt: 0)
      let pass = row.pass.rawValue.padding(toLength: 16, withPad: " ", startingAt: 0)
      let method = row.method.padding(toLength: 9, withPad: " ", startingAt: 0)
      return String(
        format: "%@ %@ %@ %8.2f ms  %5.0f GFLOP/s  %3.0f %% of the peak", name, pass, method,
        row.seconds.median * 1e3, row.gflops, row.shareOfPeak * 100)
    }
    try StandardOutput.write(lines.joined(separator: "\n") + "\n")
  }
}
