import DecodeTrials
import Foundation
import TestSupport
import Testing
import VideoDecoding

/// Headers that lie: single values of an otherwise sound MP4 replaced.
@Suite struct PatchTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    /// Four letters of the atom, as they stand in the file.
    let atom: String
    /// Bytes from the atom's name to what is replaced.
    let offset: Int
    let bytes: [UInt8]
    /// Frames that must come, nil where only the absence of a crash counts.
    var frames: Int?
    var isPartial: Bool?
    var code: DecodeError.Code?
    var isMirrored = false

    var testDescription: String { name }
  }

  @Test(arguments: [
    Case(
      name: "timescale 0", atom: "mdhd", offset: 16, bytes: [0, 0, 0, 0], isPartial: true),
    Case(
      name: "frame durations of 2^32", atom: "stts", offset: 16, bytes: [0xff, 0xff, 0xff, 0xf0],
      isPartial: true),
    Case(
      name: "2^31 frames", atom: "stts", offset: 12, bytes: [0x7f, 0xff, 0xff, 0xff], frames: 20),
    Case(
      name: "size of 65535 squared", atom: "avc1", offset: 28, bytes: [0xff, 0xff, 0xff, 0xff],
      frames: 20, isPartial: false),
    Case(name: "unknown codec", atom: "avc1", offset: 0, bytes: Array("zzzz".utf8), code: .codec),
    Case(name: "encrypted codec", atom: "avc1", offset: 0, bytes: Array("encv".utf8), code: .codec),
    Case(
      name: "frames beyond the end", atom: "stco", offset: 12, bytes: [0x7f, 0, 0, 0],
      code: .noFrames),
    Case(
      name: "codec header of ones", atom: "avcC", offset: 4, bytes: [0xff, 0xff, 0xff, 0xff],
      code: .noFrames),
    Case(
      name: "mirrored", atom: "tkhd", offset: 44, bytes: [0xff, 0xff, 0, 0], frames: 20,
      isPartial: false, isMirrored: true),
  ])
  func survives(_ test: Case) throws {
    let path = try patched(test)
    var result: DecodedFrames?
    var failure: DecodeError?
    var info: VideoInfo?
    do throws(DecodeError) {
      let reader = try ClipReader(path: path)
      result = try reader.evenFrames(
        limit: 100, size: FrameSize(width: 32, height: 24), layout: .rgb)
      info = reader.info
    } catch {
      failure = error
    }
    #expect(failure?.code == test.code, "\(failure?.message ?? "")")
    if let frames = test.frames { #expect(result?.stack.count == frames) }
    if let isPartial = test.isPartial { #expect(result?.isPartial == isPartial) }
    if test.code == nil {
      let reference = Fixtures.reference(
        path, stream: 0, filter: "32:24", pixelFormat: "rgb24")
      #expect(result?.stack.pixels == reference)
      #expect(info?.mirrored == test.isMirrored)
    }
  }

  /// Times of two fragments that lie further apart than 64 bits go.
  @Test(arguments: [(Int64.min + 10, Int64.max - 20_000), (-1 << 62, 3 << 61)])
  func survivesTimesTooFarApart(first: Int64, last: Int64) throws {
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixtures.path("fragments.mp4"))))
    let name = Array("tfdt".utf8)
    let places = bytes.indices.dropLast(15).filter { Array(bytes[$0..<$0 + 4]) == name }
    try #require(places.count > 1)
    for (place, time) in [(places[0], first), (places[places.count - 1], last)] {
      let value = withUnsafeBytes(of: time.bigEndian) { Array($0) }
      bytes.replaceSubrange(place + 8..<place + 16, with: value)
    }
    let folder = ScratchFolder()
    #expect(Trial(.movies, folder: folder.path).run(bytes) == .partial)
  }

  /// Cuts and changes anywhere: an answer or an error, never a crash, and what an answer promises.
  @Test(arguments: [
    "plain.mp4", "fragments.mp4", "nopts.mkv", "offset.ts", "bframes.avi", "palette.gif",
    "raw.h264", "vp8.webm", "interlaced.mpg", "images/f1.png", "mixed/m_2.jpg",
  ])
  func survivesRandomDamage(name: String) throws {
    let folder = ScratchFolder()
    let sound = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixtures.path(name))))
    let trial = Trial(name.contains("/") ? .images : .movies, folder: folder.path)
    #expect(trial.run(sound) == .complete)
    var damage = Damage(sound, seed: 1)
    var refused = 0
    for round in 0..<60 {
      let bytes = round % 3 == 0 ? damage.cut() : damage.flipped()
      if case .refused = trial.run(bytes) { refused += 1 }
    }
    #expect(refused < 60, "some of it can be read all the same")
  }

  private func patched(_ test: Case) throws -> String {
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixtures.path("plain.mp4"))))
    let name = Array(test.atom.utf8)
    let place = try #require(
      bytes.indices.dropLast(3).last { Array(bytes[$0..<$0 + 4]) == name })
    bytes.replaceSubrange(
      place + test.offset..<place + test.offset + test.bytes.count, with: test.bytes)
    let path = Fixtures.path("patched \(test.name).mp4")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }
}
