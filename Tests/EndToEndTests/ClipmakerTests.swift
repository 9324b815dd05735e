import Foundation
import TestSupport
import Testing

@testable import clipmaker

@Suite("Clipmaker")
struct ClipmakerTests {
  private let catalogue = Catalogue(seed: Clipmaker.defaultSeed)

  @Test("Every scene has every class equally often, and says so in its names")
  func balance() {
    let clips = catalogue.clips
    #expect((140...160).contains(clips.count))
    #expect(Set(clips.map(\.path)).count == clips.count)
    for scene in catalogue.scenes {
      for motion in MotionClass.allCases {
        let own = clips.filter { $0.motion == motion && $0.take.scene.number == scene.number }
        #expect(own.count == Catalogue.takesPerScene)
        let group = scene.number < 10 ? "scene0\(scene.number)" : "scene\(scene.number)"
        #expect(own.allSatisfy { $0.path.hasPrefix("\(motion.rawValue)/\(group)_") })
      }
    }
    #expect(Set(clips.map(\.take.scene.codec)).count >= 6)
  }

  @Test("The repository holds exactly these clips, in under six megabytes")
  func committedClips() throws {
    let folder = Repository.path + "/clips"
    var found: Set<String> = []
    var bytes = 0
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder)
    where path.split(separator: "/").count == 2 {
      found.insert(path)
      bytes += try #require(FileManager.default.contents(atPath: "\(folder)/\(path)")).count
    }
    #expect(found == Set(catalogue.clips.map(\.path)))
    #expect(bytes < 6_000_000)
  }

  @Test("A clip shows the pictures of its twin in reverse", arguments: MotionClass.allCases)
  func twins(motion: MotionClass) throws {
    let clips = catalogue.clips
    let twin = try #require(
      MotionClass.allCases.first { $0 != motion && $0.forward == motion.forward })
    let clip = try #require(clips.first { $0.motion == motion }).take
    let mirror = try #require(clips.first { $0.motion == twin }).take
    #expect(clip.frameCount == mirror.frameCount)
    #expect(clip.framesPerSecond == mirror.framesPerSecond)
    let first = picture(clip, 0)
    // Only the noise differs; against the twin's own first picture much more does.
    let reversed = difference(first, picture(mirror, clip.frameCount - 1))
    #expect(reversed < 2 * clip.scene.noise)
    #expect(difference(first, picture(mirror, 0)) > 2 * reversed)
  }

  @Test(
    "The same takes give the same bytes, with every codec",
    arguments: [
      Codec.h264MP4, .h264Matroska, .h264QuickTime, .hevcMP4, .mpeg4AVI, .jpegQuickTime, .vp8WebM,
      .vp9WebM,
    ])
  func determinism(codec: Codec) throws {
    let scene = Scene(number: 1, seed: 3, width: 96, height: 80, codec: codec)
    let take = Take(
      scene: scene, motion: .left, number: 0, seed: 3, seconds: 0.3, framesPerSecond: 20)
    let folder = ScratchFolder()
    for name in ["a", "b"] { try encode([take], to: folder(name), codec: codec) }
    #expect(folder.names == ["a", "b"])
    let files = folder.names.compactMap { FileManager.default.contents(atPath: folder($0)) }
    #expect(files[0] == files[1])
    #expect(files[0].count > 500)
  }

  @Test("The movie's list of segments is its catalogue's")
  func movieSegments() throws {
    let list = try String(
      contentsOfFile: Repository.path + "/Tests/Fixtures/movie/motions.csv", encoding: .utf8)
    let rows = list.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    let segments = catalogue.movie
    #expect(rows.map { String($0[2]) } == segments.map(\.motion.rawValue))
    #expect(zip(segments, segments.dropFirst()).allSatisfy { $0.end == $1.start })
    #expect(segments.allSatisfy { $0.end - $0.start > 2.99 })
    #expect(Set(segments.map(\.motion)) == Set(MotionClass.allCases))
    let ends = rows.compactMap { Double($0[1]) }
    #expect(zip(ends, segments).allSatisfy { abs($0 - $1.end) < 0.01 })
  }

  @Test("A folder that does not exist is an error that names the file, and leaves nothing")
  func unwritable() throws {
    let folder = ScratchFolder()
    let scene = Scene(number: 1, seed: 3, width: 96, height: 80, codec: .h264MP4)
    let take = Take(
      scene: scene, motion: .left, number: 0, seed: 3, seconds: 0.2, framesPerSecond: 10)
    let error = #expect(throws: EncodingError.self) {
      try encode([take], to: folder("missing/a.mp4"), codec: .h264MP4)
    }
    #expect(error?.message.contains("missing/a.mp4") == true)
    #expect(folder.names.isEmpty)
  }

  private func picture(_ take: Take, _ index: Int) -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: take.scene.width * take.scene.height * 3)
    take.draw(frame: index, into: &pixels)
    return pixels
  }

  /// Mean absolute difference.
  private func difference(_ a: [UInt8], _ b: [UInt8]) -> Double {
    Double(zip(a, b).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }) / Double(a.count)
  }
}
