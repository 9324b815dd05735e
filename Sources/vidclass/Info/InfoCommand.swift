import ArgumentParser
import Foundation
import VideoDecoding

/// `vidclass info`: what is known about a file.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Says what is in a model, or what the decoder sees of a movie.",
    usage: "vidclass info [<options>] [<file>]",
    discussion: """
      For a model: classes, preprocessing, layers with shapes, parameters and FLOPs, how it was \
      trained, hashes. For a movie or a folder of numbered images: size, rate, length, codec.

      EXAMPLES:
        vidclass info models/clips.safetensors
        vidclass info movie.mp4
        vidclass info --architectures
      """)

  @Argument(help: "A model, a movie, or a folder of numbered images.")
  var file: String?

  @Flag(name: .long, help: "List the networks that train --arch knows.")
  var architectures = false

  @OptionGroup var stream: StreamOption
  @OptionGroup var sandbox: SandboxOption
  @OptionGroup var summary: JSONOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if architectures != (file == nil) {
      throw ValidationError("Give a file, or --architectures, and not both.")
    }
    if file?.isEmpty == true { throw ValidationError("The name of the model or movie is empty.") }
  }

  func run() throws {
    guard let file else { return try ArchitectureList().write(asJSON: summary.json) }
    if ModelReport.isModel(file) {
      let report = try ModelReport(path: file)
      if summary.json {
        try StandardOutput.writeJSON(report)
      } else {
        try StandardOutput.write(report.text)
      }
      return
    }
    try sandbox.prepare(global.console)
    let report = try RawArguments.path(file).withOpenableString {
      try VideoReport(path: $0, shownAs: file, limits: stream.limits, threads: global.threadCount)
    }
    if summary.json {
      try StandardOutput.writeJSON(report.info)
    } else {
      try StandardOutput.write(report.text)
    }
  }
}
