import Testing
import VideoDecoding

extension ConformanceCase {
  /// Time stamps that are odd, missing or false.
  static let timing: [ConformanceCase] = [
    .ok(1, "plain.mp4", frames: 20),
    .ok(1, "plain.mp4", frames: 20, size: nil),
    .ok(2, "editlist.mp4", frames: 16),
    .ok(3, "noeditlist.mp4", frames: 20),
    .own(3, "times count from the first frame") {
      var first: FrameRecord?
      _ = try ClipReader(path: Fixtures.path("noeditlist.mp4")).forEachRecord {
        first = $0
        return false
      }
      #expect(first?.timestamp == 2048)
      #expect(first?.time == 0)
    },
    .ok(4, "offset.ts", frames: 20),
    .own(4, "the same pictures as before the offset") {
      let size = FrameSize(width: 32, height: 24)
      let shifted = try ClipReader(path: Fixtures.path("offset.ts")).evenFrames(
        limit: 100, size: size, layout: .rgb)
      let plain = try ClipReader(path: Fixtures.path("plain.mp4")).evenFrames(
        limit: 100, size: size, layout: .rgb)
      #expect(shifted.stack.pixels == plain.stack.pixels)
    },
    .ok(5, "nopts.mkv", frames: 20, times: .every(0.1)),
    .ok(6, "bframes.avi", frames: 20, times: .every(0.1)),
    .ok(7, "vfr.mp4", frames: 18),
    .own(7, "sampled by time, not by count") {
      let reader = try ClipReader(path: Fixtures.path("vfr.mp4"))
      let times = try reader.frameTimes()
      let paced = try reader.pacedFrames(rate: 4, size: nil, layout: .gray)
      // The frame on show at each quarter of a second.
      let expected = stride(from: 0.0, to: reader.info.duration ?? 0, by: 0.25).map { due in
        times.lastIndex { $0 <= due + 1e-9 } ?? 0
      }
      #expect(paced.indices == Set(expected).sorted())
    },
    .ok(8, "fragmented.mp4", frames: 20),
    .own(8, "a count of 0 in the header is no count") {
      let info = try ClipReader(path: Fixtures.path("fragmented.mp4")).info
      #expect(info.frameCount == nil)
    },
    .ok(9, "onekey.mp4", frames: 20),
    .ok(10, "joined.ts", frames: 20, times: .every(0.1)),
    .ok(11, "raw.h264", frames: 20, times: .every(0.1)),
    .patched(
      12, "timescale 0", ByteEdit(atom: "mdhd", offset: 16, bytes: [0, 0, 0, 0])
    ) { try expectFrames($0, frames: 1, times: .ascending, why: "contradict") },
    .patched(
      13, "frame durations of 2^32",
      ByteEdit(atom: "stts", offset: 16, bytes: [0xff, 0xff, 0xff, 0xf0])
    ) { try expectFrames($0, frames: 9, times: .ascending, why: "contradict") },
    .ok(14, "one.mp4", frames: 1),
    .own(14, "padding repeats the frame and says so") {
      let frames = try ClipReader(path: Fixtures.path("one.mp4")).pacedFrames(
        rate: nil, count: 4, size: nil, layout: .gray)
      #expect(frames.indices == [0, 0, 0, 0])
      #expect(frames.totalFrames == 1)
    },
  ]
}
