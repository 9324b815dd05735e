import TestSupport
import Testing
import VideoDecoding

/// Jumps to key frames: only where they pay, and without a trace in the pictures.
@Suite struct JumpTests {
  @Test(arguments: [
    "jumps.mp4", "jumpscut.mp4", "opengop.mp4", "jumps.mkv", "jumps4.mkv", "jumps5.mkv",
    "jumps9.webm",
  ])
  func sparseFramesAreTheSameAsAllFrames(_ name: String) throws {
    let size = FrameSize(width: 24, height: 16)
    var all: [[UInt8]] = []
    _ = try ClipReader(path: Fixtures.path(name)).forEachFrame(size: size, layout: .rgb) {
      all.append(Array($0.pixels))
      return true
    }
    for step in [1, 7, 45, 90] {
      let reader = try ClipReader(path: Fixtures.path(name))
      let wanted = Array(stride(from: all.count % step, to: all.count, by: step))
      let frames = try reader.frames(at: wanted, size: size, layout: .rgb)
      #expect(frames.stack.pixels == wanted.flatMap { all[$0] })
      #expect(!frames.isPartial)
      // An MP4 is gone back to the start of, Matroska is opened once more.
      let isMP4 = name.hasSuffix("mp4")
      #expect(reader.counters.opens <= (isMP4 ? 1 : 2))
      if step == 1 { #expect(reader.counters.seeks == (isMP4 ? 1 : 0)) }
      if step == 90 {
        #expect(reader.counters.seeks > 0)
        #expect(reader.counters.decoded < all.count)
      }
    }
  }

  @Test(arguments: ["jumps.mp4", "jumps.mkv"])
  func aLatePartNeedsNoDecodingFromTheStart(_ name: String) throws {
    let reader = try ClipReader(path: Fixtures.path(name))
    let part = try reader.evenFrames(
      limit: 4, start: 9, end: 9.5, size: nil, layout: .gray)
    #expect(part.stack.count == 4)
    #expect(reader.counters.decoded < 60)
    #expect(reader.counters.seeks == 1)
  }

  /// A decoder process says the same as this one; where seeking is not exact there is but the start.
  @Test(arguments: [("jumps.mp4", 30), ("jumps.mkv", 30), ("offset.ts", nil), ("onekey.mp4", nil)])
  func placesToBeginAreKeyFrames(_ name: String, every distance: Int?) throws {
    let reader = try ClipReader(path: Fixtures.path(name))
    let entrances = try reader.entrances()
    let count = try reader.frameTimes().count
    let expected = distance.map { Array(stride(from: 0, to: count, by: $0)) } ?? [0]
    #expect(entrances == expected)
    let apart = try ClipReader(
      path: Fixtures.path(name),
      processes: DecoderProcesses(executable: ProgramRun.path(of: "cageprobe")))
    #expect(try apart.entrances() == expected)
  }

  /// Containers in which seeking is not exact are read from the start.
  @Test(arguments: ["offset.ts", "raw.h264", "bframes.avi"])
  func othersAreReadInOrder(_ name: String) throws {
    let reader = try ClipReader(path: Fixtures.path(name))
    _ = try reader.evenFrames(limit: 2, size: nil, layout: .gray)
    #expect(reader.counters.seeks == 0)
  }

  /// A container that calls frames key frames which are none is not believed.
  @Test(arguments: [
    // No table: every frame would be one.
    ByteEdit(source: "jumps.mp4", atom: "stss", offset: 0, bytes: Array("free".utf8)),
    // The second entry: the frame before the key frame.
    ByteEdit(source: "jumps.mp4", atom: "stss", offset: 16, bytes: [0, 0, 0, 30]),
    // Refreshed in columns: complete only some frames after the mark.
    ByteEdit(source: "refresh.mp4", atom: "mdat", offset: 0, bytes: Array("mdat".utf8)),
  ])
  func falseKeyFramesAreNotJumpedTo(_ edit: ByteEdit) throws {
    let path = try edit.apply(name: "falsekeys \(edit.offset) \(edit.source)")
    let size = FrameSize(width: 24, height: 16)
    var all: [[UInt8]] = []
    _ = try ClipReader(path: path).forEachFrame(size: size, layout: .rgb) {
      all.append(Array($0.pixels))
      return true
    }
    for first in [3, 40, 75] {
      let wanted = Array(stride(from: first, to: all.count, by: 37))
      let frames = try ClipReader(path: path).frames(at: wanted, size: size, layout: .rgb)
      #expect(frames.indices == wanted)
      #expect(frames.stack.pixels == wanted.flatMap { all[$0] })
      #expect(!frames.isPartial, "\(frames.warnings)")
    }
  }
}
