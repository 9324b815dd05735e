import ArgumentParser
import FileStore
import Foundation

/// Makes the project's own clips, encoded through libavcodec.
@main
struct Clipmaker: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clipmaker", abstract: "Makes the clips that vidclass ships with.",
    discussion: """
      EXAMPLES:
        clipmaker clips clips/
        clipmaker movie Tests/Fixtures/movie/motions.mp4

      The same seed gives the same bytes with the same FFmpeg libraries.
      """,
    subcommands: [MakeClips.self, MakeMovie.self])
}

struct MakeClips: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clips", abstract: "Writes a folder of class folders.")

  @Argument(help: "The folder to fill; files of the same names are replaced.")
  var folder: String

  @Option(help: "Seed of textures, shapes and motions.")
  var seed: UInt64 = Clipmaker.defaultSeed

  func run() throws {
    for entry in Catalogue(seed: seed).clips {
      let path = "\(folder)/\(entry.path)"
      try Folder.create("\(folder)/\(entry.motion.rawValue)")
      try encode([entry.take], to: path, codec: entry.take.scene.codec)
    }
  }
}

struct MakeMovie: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "movie",
    abstract: "Writes a movie of several motions, and what happens when as CSV beside it.")

  @Argument(help: "The movie's file name, ending in .mp4.")
  var path: String

  @Option(help: "Seed of textures, shapes and motions.")
  var seed: UInt64 = Clipmaker.defaultSeed

  func validate() throws {
    if !path.hasSuffix(".mp4") { throw ValidationError("The movie's name must end in .mp4.") }
  }

  func run() throws {
    let segments = Catalogue(seed: seed).movie
    try encode(segments.map(\.take), to: path, codec: .h264MP4)
    let rows = segments.map {
      String(format: "%.2f,%.2f,", $0.start, $0.end) + $0.motion.rawValue + "\n"
    }
    try AtomicFile.write(
      "start,end,label\n" + rows.joined(), to: String(path.dropLast(4)) + ".csv")
  }
}

extension Clipmaker {
  static let defaultSeed: UInt64 = 7
}
