import Foundation
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

  /// Cuts and flips anywhere: an answer or an error, never a crash, and never more frames.
  @Test func survivesRandomDamage() throws {
    let sound = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixtures.path("plain.mp4"))))
    let path = Fixtures.path("damaged.mp4")
    var state: UInt64 = 1
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for round in 0..<120 {
      var bytes = sound
      if round % 3 == 0 {
        bytes.removeLast(random(bytes.count))
      } else {
        for _ in 0..<(1 + random(8)) { bytes[random(bytes.count)] = UInt8(random(256)) }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do throws(DecodeError) {
        let reader = try ClipReader(path: path)
        let frames = try reader.evenFrames(
          limit: 64, size: FrameSize(width: 16, height: 12), layout: .gray)
        #expect(frames.stack.count > 0)
        #expect(zip(frames.stack.times.dropFirst(), frames.stack.times).allSatisfy(>))
      } catch {
        #expect(!error.message.contains("\n"))
      }
    }
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
