import ArgumentParser
import Foundation
import VideoDecoding

/// `vidclass info`: what is known about a file.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Says what the decoder sees of a movie or a folder of images.",
    discussion: """
      EXAMPLE:
        vidclass info movie.mp4
      """)

  @Argument(help: "A movie, or a folder of numbered images.")
  var file: String

  @OptionGroup var summary: JSONOption
  @OptionGroup var global: GlobalOptions

  func run() throws {
    let report = try VideoReport(path: file, threads: global.threadCount)
    if summary.json {
      try StandardOutput.writeJSON(report.info)
    } else {
      try StandardOutput.write(report.text)
    }
  }
}
