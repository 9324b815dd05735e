import Foundation
import TestSupport
import Testing

/// Files for the lab's own programs, as users ask for them.
@Suite(.waitsForPrograms) struct FormatCommandTests {
  private let scratch = ScratchFolder()
  private let model: String

  init() throws {
    model = scratch("model.safetensors")
    try UntrainedModel.write(to: model, classes: ["left", "right"])
    for name in ["a", "b"] {
      try FileManager.default.createDirectory(
        atPath: scratch("movies/" + name), withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: Repository.path + "/clips/left/scene01_left_01.mp4",
        toPath: scratch("movies/\(name)/x.mp4"))
    }
  }

  private func vidclass(_ arguments: String...) throws -> ProgramRun {
    try ProgramRun("vidclass", arguments)
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: scratch(name), encoding: .utf8)
  }

  @Test func subtitlesGoBesideSeveralMovies() throws {
    let movies = scratch("movies")
    #expect(try vidclass("label", "-m", model, movies, "-f", "vtt").exitCode == 0)
    #expect(try text("movies/a/x.vtt").hasPrefix("WEBVTT\n\n1\n"))
    #expect(try text("movies/a/x.vtt") == text("movies/b/x.vtt"))
    // Of one movie the text goes to standard output, as ever.
    let one = try vidclass("label", "-m", model, movies + "/a/x.mp4", "-f", "vtt")
    #expect(one.output == (try text("movies/a/x.vtt")))
    // Somebody's subtitles stop the run before it begins.
    try "WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n".write(
      toFile: scratch("movies/b/x.vtt"), atomically: true, encoding: .utf8)
    let refused = try vidclass("label", "-m", model, movies, "-f", "vtt")
    #expect(refused.exitCode == 1 && refused.errors.contains("b/x.vtt: is there already"))
    #expect(try text("movies/b/x.vtt").contains("Hello."))
    // A file that is named is meant.
    let place = scratch("movies/b/x.vtt")
    #expect(
      try vidclass("label", "-m", model, movies + "/a/x.mp4", "-f", "vtt", "-o", place).exitCode
        == 0)
    #expect(try text("movies/b/x.vtt") == text("movies/a/x.vtt"))
  }

  @Test func mergeWritesEveryFormat() throws {
    let records = scratch("labels.jsonl")
    #expect(try vidclass("label", "-m", model, scratch("movies"), "-o", records).exitCode == 0)
    #expect(try vidclass("merge", records, "-f", "eaf", "--beside").exitCode == 0)
    #expect(try text("movies/b/x.eaf").contains(#"RELATIVE_MEDIA_URL="./x.mp4""#))
    #expect(try vidclass("merge", records, "-f", "edl", "-o", scratch("edl/")).exitCode == 0)
    #expect(try FileManager.default.subpathsOfDirectory(atPath: scratch("edl")).count == 2)
    for name in ["p.boris", "p.fcpxml"] {
      #expect(try vidclass("merge", records, "-o", scratch(name)).exitCode == 0)
      #expect(try vidclass("merge", records, "-o", scratch(name)).exitCode == 0)
      let changed = try text(name) + " "
      try changed.write(toFile: scratch(name), atomically: true, encoding: .utf8)
      #expect(try vidclass("merge", records, "-o", scratch(name)).exitCode == 1)
    }
    #expect(try vidclass("merge", records, "--sqlite", scratch("l.sqlite")).exitCode == 0)
    #expect(try vidclass("merge", records, "--sqlite", records).exitCode == 1)
    let studio = try vidclass(
      "merge", records, "-f", "labelstudio", "--labelstudio-root", scratch.path, "-o",
      scratch("tasks.json"))
    #expect(studio.exitCode == 0 && studio.errors.contains("tasks.xml"))
    #expect(try text("tasks.json").contains("?d=movies/a/x.mp4"))
    #expect(try text("tasks.xml").hasPrefix("<View>"))
  }

  @Test(arguments: [
    [], ["--sqlite", ""], ["-o", "x", "--beside"], ["--beside", "-f", "csv"],
    ["-o", "x.csv", "--start-timecode", "01:00:00:00"], ["-o", "x", "--labelstudio-root", "."],
    ["-f", "edl", "-o", "-", "--start-timecode", "1 o'clock"],
  ])
  func wrongUsageOfMerge(arguments: [String]) throws {
    let list = scratch("list.jsonl")
    try "".write(toFile: list, atomically: true, encoding: .utf8)
    #expect(try ProgramRun("vidclass", ["merge", list] + arguments).exitCode == 64)
  }

  @Test func editorsGetTheMoviesOwnTimecode() throws {
    let movie = scratch("tv.mov")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=30000/1001:duration=2",
      "-timecode", "01:00:00;00", "-pix_fmt", "yuv420p", movie,
    ]
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let list = try vidclass("label", "-m", model, movie, "-f", "edl")
    #expect(list.output.contains("FCM: DROP FRAME"))
    #expect(list.output.contains("C        01:00:00:00 01:00:02:00 01:00:00:00 01:00:02:00"))
    #expect(try vidclass("info", movie, "--json").output.contains("\"timecode\""))
  }

  @Test func versionNamesTheLibraries() throws {
    let short = try vidclass("--version")
    for order in [["--version", "--verbose"], ["--verbose", "--version"]] {
      let run = try ProgramRun("vidclass", order)
      #expect(run.exitCode == 0)
      let lines = run.output.split(separator: "\n")
      #expect(lines.first.map { "\($0)".hasSuffix(short.output.dropLast()) } == true)
      for library in ["FFmpeg: ", "BLAS: OpenBLAS", "SQLite: 3.", "kernels: ", "build: "] {
        #expect(lines.contains { $0.hasPrefix(library) }, "\(library)")
      }
    }
  }
}
