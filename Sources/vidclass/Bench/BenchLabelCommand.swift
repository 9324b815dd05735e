import ArgumentParser
import Benchmarks
import Foundation
import Labelling

/// `vidclass bench label`: from movies on disk to scores.
struct BenchLabelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label",
    abstract: "Times labelling a folder of movies, from disk to scores.",
    usage: "vidclass bench label [<options>] <path>",
    discussion: """
      16 frames of 112 × 112 from each movie, one view, through a workload's network with random \
      weights. The first round, which brings the files into memory, is not counted.

      EXAMPLE:
        vidclass bench label movies/ --workload std --rounds 3
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var output: JSONOption

  @OptionGroup var movies: BenchMovies
  @OptionGroup var sandbox: SandboxOption

  @Option(help: "The network: std or seed.")
  var workload: Workload = .std

  @Option(help: "Times through all movies that count.")
  var rounds = 3

  @OptionGroup var arithmetic: PrecisionOption

  func validate() throws {
    guard (1...10_000).contains(rounds) else {
      throw ValidationError("--rounds must be from 1 to 10000, not \(rounds).")
    }
  }

  func run() throws {
    try sandbox.prepare(global.console)
    let result = try LabelBenchmark(
      jobs: try movies.jobs(), workload: workload, threads: global.threadCount, rounds: rounds,
      precision: arithmetic.precision
    ).run()
    try movies.report(
      result, done: "labelled", text: text(result), json: output.json, console: global.console)
  }

  private func text(_ result: LabelBenchmark.Result) -> String {
    summary(result) + parts(result)
  }

  /// Where the time went, as shares of what all workers had.
  private func parts(_ result: LabelBenchmark.Result) -> String {
    let spent = result.spent
    let all = max(spent.all, .leastNonzeroMagnitude)
    let shares = [
      ("read", spent.read), ("decode", spent.decode), ("convert", spent.convert),
      ("network", spent.network), ("rest", spent.rest), ("write", result.writing),
    ]
    return shares.map { String(format: "%@ %.1f %%", $0.0, 100 * $0.1 / all) }
      .joined(separator: ", ") + " of the workers' time\n"
  }

  private func summary(_ result: LabelBenchmark.Result) -> String {
    String(
      format: "%d movies, %d threads, %@, %@: %.2f movies/s (%.2f s, %.2f to %.2f), %.0f MiB at "
        + "most; %d movies failed\n",
      result.files, result.threads, workload.rawValue, result.precision.rawValue,
      result.videosPerSecond,
      result.seconds.median, result.seconds.min, result.seconds.max, result.peakMiB,
      result.failed)
  }
}
