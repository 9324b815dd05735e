import Testing
import VideoDecoding

/// Every frame equals the ffmpeg tool's, byte for byte: sizes, layouts and codecs beyond those of the
/// conformance suite.
@Suite struct ExactnessTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let frames: Int
    var size: FrameSize? = FrameSize(width: 32, height: 24)
    var layout = PixelLayout.rgb

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "plain.mp4", frames: 20, size: FrameSize(width: 112, height: 112)),
    Case(name: "plain.mp4", frames: 20, size: FrameSize(width: 37, height: 29)),
    Case(name: "plain.mp4", frames: 20, size: FrameSize(width: 30, height: 16), layout: .gray),
    Case(name: "plain.mp4", frames: 20, size: FrameSize(width: 1, height: 1)),
    Case(name: "long.mkv", frames: 200, layout: .gray),
    Case(name: "rotate270.mp4", frames: 20, layout: .gray),
    Case(name: "odd444.mp4", frames: 10),
    Case(name: "tenfull.mp4", frames: 10, layout: .gray),
    Case(name: "bt709.mp4", frames: 10),
    Case(name: "alpha.mov", frames: 10, layout: .gray),
    Case(name: "gray.mp4", frames: 10, layout: .gray),
    Case(name: "mjpeg.avi", frames: 10, layout: .gray),
    Case(name: "vp8.webm", frames: 10),
    Case(name: "vp9.webm", frames: 10),
    Case(name: "four22.mp4", frames: 10),
    Case(name: "four22rotated.mp4", frames: 10),
    Case(name: "withsound.mkv", frames: 20),
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
    #expect(!summary.isPartial, "\(summary.warnings)")

    let even = try reader.evenFrames(limit: 1000, size: test.size, layout: test.layout)
    #expect(even.stack.count == test.frames)
    #expect(even.totalFrames == test.frames)
    #expect(even.stack.pixels == reference)
    #expect(!even.isPartial, "\(even.warnings)")
    #expect(even.stack.times.first == 0)
  }
}
