import Testing
import VideoDecoding

extension ConformanceCase {
  private static let half: Int32 = 46341

  /// Turned, odd, deep, coloured and interlaced pictures, and which stream they come from.
  static let pictures: [ConformanceCase] = [
    .ok(15, "rotate90.mp4", frames: 20),
    .ok(15, "rotate90.mp4", frames: 20, size: nil),
    .ok(16, "rotate180.mp4", frames: 20),
    .ok(17, "rotate270.mp4", frames: 20),
    .patched(
      18, "mirrored", ByteEdit(atom: "tkhd", offset: 44, bytes: [0xff, 0xff, 0, 0])
    ) {
      try expectFrames($0, frames: 20)
      #expect(try ClipReader(path: $0).info.mirrored)
    },
    .patched(
      19, "turned by 45 degrees",
      ByteEdit(
        atom: "tkhd", offset: 44,
        bytes: [half, half, 0, -half, half].flatMap { value in
          (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
        })
    ) { try expectFrames($0, frames: 20, warning: "45 degrees", isTurned: false) },
    .ok(20, "odd444.mp4", frames: 10, size: nil),
    .ok(20, "odd420.mkv", frames: 10, size: nil),
    .ok(21, "thin.mp4", frames: 3),
    .ok(21, "thin.mp4", frames: 3, size: nil),
    .ok(22, "sizes.h264", frames: 20, times: .every(0.1)),
    .ok(23, "wide.mp4", frames: 10, size: nil, warning: "pixels of 2:1"),
    .ok(24, "ten.mp4", frames: 10),
    .ok(25, "hdr.mp4", frames: 10, warning: "not tone-mapped"),
    .ok(26, "tenfull.mp4", frames: 10),
    .ok(27, "bt709.mp4", frames: 10, size: nil),
    .ok(27, "bt601.mp4", frames: 10, size: nil),
    .ok(28, "interlaced.mpg", frames: 20, times: .every(0.1), warning: "interlaced"),
    .ok(29, "alpha.mov", frames: 10, warning: "transparency is dropped"),
    .ok(30, "gray.mp4", frames: 10),
    .ok(30, "mjpeg.avi", frames: 10),
    .ok(30, "palette.gif", frames: 10),
    .error(31, "sound.m4a", .noVideo),
    .error(31, "subtitles.mkv", .noVideo),
    .error(32, "cover.mp3", .noVideo),
    .error(32, "cover.m4a", .noVideo),
    .ok(33, "coverfirst.mkv", frames: 20),
    .ok(34, "two.mp4", frames: 200),
    .own(34, "the larger picture is picked") {
      let info = try ClipReader(path: Fixtures.path("two.mp4")).info
      #expect(info.streamIndex == 1)
    },
    .patched(35, "unknown codec", ByteEdit(atom: "avc1", offset: 0, bytes: Array("zzzz".utf8))) {
      expectError($0, .codec)
    },
    .patched(35, "encrypted codec", ByteEdit(atom: "avc1", offset: 0, bytes: Array("encv".utf8))) {
      expectError($0, .codec)
    },
    .error(35, "encrypted.mp4", .encrypted),
  ]
}
