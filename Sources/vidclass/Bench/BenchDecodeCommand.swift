import ArgumentParser
import Benchmarks
import Foundation
import Labelling
import VideoDecoding

/// `vidclass bench decode`: speed of the decoder on real movies.
struct BenchDecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Times decoding from disk into small frames.",
    usage: "vidclass bench decode [<options>] <path>",
    discussion: """
      Of a folder, one movie a thread; a single movie gets all threads. The first round, which \
      brings the files into memory, is not counted.

      EXAMPLE:
        vidclass bench decode movies/ --frames 16 --size 112 --rounds 3
        vidclass bench decode movie.mp4 --every 8
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var output: JSONOption

  @OptionGroup var movies: BenchMovies
  @OptionGroup var sandbox: SandboxOption

  @Option(help: "Frames of each movie, spread evenly; default 16.")
  var frames: Int?

  @Option(help: "Instead, one of so many frames.")
  var every: Int?

  @Option(help: "Pixels: N or WxH; default 112.")
  var size: SizeArgument?

  @Option(help: "Times through all movies that count.")
  var rounds = 3

  @Flag(help: "Decode in this process, to see what isolation costs.")
  var inProcess = false

  func validate() throws {
    if frames != nil && every != nil {
      throw ValidationError("--frames and --every exclude each other.")
    }
    if inProcess && sandbox.requireSandbox {
      throw ValidationError("--in-process and --require-sandbox exclude each other.")
    }
    for (name, value) in [("--frames", frames), ("--every", every), ("--rounds", rounds)] {
      if let value, !(1...1_000_000).contains(value) {
        throw ValidationError("\(name) must be from 1 to 1000000, not \(value).")
      }
    }
  }

  func run() throws {
    try sandbox.prepare(global.console)
    let result = DecodeBenchmark(
      files: try movies.jobs().map(\.path.text),
      choice: every.map { .every($0) } ?? .even(frames ?? 16),
      size: size?.value ?? FrameSize(width: 112, height: 112),
      threads: global.threadCount, rounds: rounds, processes: inProcess ? nil : .current
    ).run()
    try movies.report(
      result, done: "decoded", text: text(result), json: output.json, console: global.console)
  }

  private func text(_ result: DecodeBenchmark.Result) -> String {
    String(
      format: """
        %d movies, %d threads%@: %.2f movies/s, %.0f frames/s (%.2f s, %.2f to %.2f); of %d \
        packets %d decoded, %d frames used, %d jumps; %d movies failed

        """,
      result.files, result.threads, result.isolated ? ", in processes of their own" : "",
      result.videosPerSecond, result.framesPerSecond, result.seconds.median, result.seconds.min,
      result.seconds.max, result.packets, result.decoded, result.frames, result.seeks,
      result.failed)
  }
}
