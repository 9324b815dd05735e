import Testing
import VideoDecoding

/// Every frame equals the ffmpeg tool's, byte for byte, in number and order.
@Suite struct ExactnessTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let frames: Int
    var size: FrameSize? = FrameSize(width: 32, height: 24)
    var layout = PixelLayout.rgb
    var isPartial = false

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    // Timing
    Case(name: "plain.mp4", frames: 20),
    Case(name: "plain.mp4", frames: 20, size: nil),
    Case(name: "plain.mp4", frames: 20, size: FrameSize(width: 112, height: 112)),
    Case(name: "plain.mp4", frames: 20, size: FrameSize(width: 37, height: 29)),
    Case(name: "plain.mp4", frames: 20, size: FrameSize(width: 30, height: 16), layout: .gray),
    Case(name: "plain.mp4", frames: 20, size: FrameSize(width: 1, height: 1)),
    Case(name: "editlist.mp4", frames: 16),
    Case(name: "noeditlist.mp4", frames: 20),
    Case(name: "offset.ts", frames: 20),
    Case(name: "nopts.mkv", frames: 20),
    Case(name: "bframes.avi", frames: 20),
    Case(name: "vfr.mp4", frames: 18),
    Case(name: "fragmented.mp4", frames: 20),
    Case(name: "onekey.mp4", frames: 20),
    Case(name: "joined.ts", frames: 40),
    Case(name: "raw.h264", frames: 20),
    Case(name: "one.mp4", frames: 1),
    Case(name: "long.mp4", frames: 200),
    Case(name: "long.mkv", frames: 200, layout: .gray),
    // Picture
    Case(name: "rotate90.mp4", frames: 20, size: nil),
    Case(name: "rotate90.mp4", frames: 20),
    Case(name: "rotate180.mp4", frames: 20),
    Case(name: "rotate270.mp4", frames: 20, layout: .gray),
    Case(name: "odd444.mp4", frames: 10, size: nil),
    Case(name: "odd420.mkv", frames: 10),
    Case(name: "thin.mp4", frames: 3),
    Case(name: "sizes.h264", frames: 20),
    Case(name: "wide.mp4", frames: 10, size: nil),
    Case(name: "ten.mp4", frames: 10),
    Case(name: "tenfull.mp4", frames: 10),
    Case(name: "tenfull.mp4", frames: 10, layout: .gray),
    Case(name: "bt709.mp4", frames: 10, size: nil),
    Case(name: "bt709.mp4", frames: 10),
    Case(name: "hdr.mp4", frames: 10),
    Case(name: "interlaced.mpg", frames: 20),
    Case(name: "alpha.mov", frames: 10),
    Case(name: "alpha.mov", frames: 10, layout: .gray),
    Case(name: "gray.mp4", frames: 10),
    Case(name: "gray.mp4", frames: 10, layout: .gray),
    Case(name: "mjpeg.avi", frames: 10),
    Case(name: "mjpeg.avi", frames: 10, layout: .gray),
    Case(name: "palette.gif", frames: 10),
    Case(name: "vp8.webm", frames: 10),
    Case(name: "vp9.webm", frames: 10),
    Case(name: "four22.mp4", frames: 10),
    Case(name: "four22rotated.mp4", frames: 10),
    // Streams
    Case(name: "coverfirst.mkv", frames: 20),
    Case(name: "two.mp4", frames: 200),
    Case(name: "withsound.mkv", frames: 20),
    // Damage
    Case(name: "cut.mp4", frames: 30, isPartial: true),
    Case(name: "cut.mkv", frames: 20, isPartial: true),
    Case(name: "noise.mp4", frames: 19, isPartial: true),
  ]

  @Test(arguments: cases)
  func equalsTool(_ test: Case) throws {
    let path = Fixtures.path(test.name)
    let reader = try ClipReader(path: path)
    let info = reader.info
    let filter = test.size.map { "\($0.width):\($0.height)" } ?? "iw:ih"
    let reference = Fixtures.reference(
      path, stream: info.streamIndex, filter: filter,
      pixelFormat: test.layout == .rgb ? "rgb24" : "gray")

    var streamed: [UInt8] = []
    var last = -1.0
    let summary = try reader.forEachFrame(size: test.size, layout: test.layout) { frame in
      streamed += frame.pixels
      #expect(frame.time > last)
      last = frame.time
      return true
    }
    #expect(summary.frames == test.frames)
    #expect(streamed == reference)
    #expect(summary.isPartial == test.isPartial, "\(summary.warnings)")

    let even = try reader.evenFrames(limit: 1000, size: test.size, layout: test.layout)
    #expect(even.stack.count == test.frames)
    #expect(even.totalFrames == test.frames)
    #expect(even.stack.pixels == reference)
    #expect(even.isPartial == test.isPartial, "\(even.warnings)")
    #expect(even.stack.times.first == 0)
  }
}
