import FileStore
import Foundation
import TestSupport
import Testing

@testable import Labelling

/// A file for each movie: names that do not collide, and nobody's work written over.
@Suite struct MovieFilesTests {
  private let scratch = ScratchFolder()

  private func files(
    _ paths: [String], _ place: MovieFiles.Place, _ format: OutputFormat = .vtt
  ) -> MovieFiles {
    let jobs = paths.map { LabelJob(path: MediaPath("m/" + $0), relativePath: MediaPath($0)) }
    return MovieFiles(of: jobs, format: format, place: place, settings: RenderSettings())
  }

  @Test func namesDoNotCollide() {
    let names = [
      "a/x.mp4", "b/x.mp4", "a/x.avi", "a/x.avi.mov", "x", "/elsewhere/x.mp4", "../x.mkv",
    ]
    #expect(
      files(names, .folder("out")).paths == [
        "out/a/x.vtt", "out/b/x.vtt", "out/a/x.avi.vtt", "out/a/x.avi.mov.vtt", "out/x.vtt",
        "out/x.mp4.vtt", "out/x.mkv.vtt",
      ])
    #expect(
      files(["a/x.mp4", "a/x.avi", "y.mp4"], .beside).paths == [
        "m/a/x.vtt", "m/a/x.avi.vtt", "m/y.vtt",
      ])
    let nameless = LabelJob(path: MediaPath(bytes: [0xFF]), relativePath: MediaPath(bytes: [0xFF]))
    let beside = MovieFiles(
      of: [nameless], format: .srt, place: .beside, settings: RenderSettings())
    #expect(beside.paths == [nil])
    #expect(throws: LabelError.self) { try beside.write(Example.walk, at: 0) }
  }

  @Test(arguments: [OutputFormat.vtt, .srt, .eaf, .edl])
  func ownFilesAreWrittenAnewAndOthersKept(format: OutputFormat) throws {
    let path = scratch("sub/a." + format.fileExtension)
    let files = files(["sub/a.mp4"], .folder(scratch.path), format)
    try files.write(Example.broken, at: 0)
    #expect(!FileManager.default.fileExists(atPath: path))
    try files.write(Example.walk, at: 0)
    var other = Example.walk
    other.segments.removeLast()
    try files.requireOurs()
    try files.write(other, at: 0)
    let written = try String(contentsOfFile: path, encoding: .utf8)
    #expect(written == format.render([other], RenderSettings().writing(to: path)))

    for foreign in [
      "1\n00:00:00,000 --> 00:00:01,000\n- Who is there?\n", "WEBVTT\n\nNOTE x\n", "x",
    ] {
      try foreign.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: LabelError.self) { try files.requireOurs() }
      #expect(throws: LabelError.self) { try files.write(Example.walk, at: 0) }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == foreign)
    }
  }
}
