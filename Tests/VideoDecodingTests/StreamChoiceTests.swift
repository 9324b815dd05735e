import Testing

@testable import VideoDecoding

/// Which of several video streams is the movie.
@Suite struct StreamChoiceTests {
  private static func stream(
    _ index: Int, _ width: Int, frames: Int? = nil, seconds: Double? = nil, isDefault: Bool = false,
    isPicture: Bool = false
  ) -> VideoStreamInfo {
    VideoStreamInfo(
      index: index, codec: "h264", width: width, height: width, frameCount: frames,
      duration: seconds, isDefault: isDefault, isPicture: isPicture)
  }

  private static let cases: [(streams: [VideoStreamInfo], best: Int?)] = [
    ([], nil),
    ([stream(0, 900, isPicture: true)], nil),
    ([stream(0, 900, frames: 1)], 0),
    // Pictures are never the movie, whatever they say of themselves.
    ([stream(0, 900, frames: 90, isDefault: true, isPicture: true), stream(2, 64)], 2),
    ([stream(0, 900, frames: 2, seconds: 4, isDefault: true), stream(1, 64, frames: 50)], 1),
    ([stream(1, 900, frames: 100), stream(3, 64, frames: 100, isDefault: true)], 3),
    // A short advertisement, and a preview of few frames.
    ([stream(0, 900, frames: 99, seconds: 3), stream(1, 64, frames: 80, seconds: 60)], 1),
    ([stream(0, 900, frames: 6, seconds: 60), stream(1, 64, frames: 1500, seconds: 60)], 1),
    ([stream(0, 64, seconds: 60), stream(1, 900, seconds: 59.9), stream(2, 900)], 1),
  ]

  @Test(arguments: cases.indices)
  func whatAPersonWouldCallTheMovie(index: Int) {
    let example = Self.cases[index]
    #expect(StreamChoice(streams: example.streams).best?.index == example.best)
  }

  @Test func aStillBesideAMovie() throws {
    let path = Fixtures.path("still.mp4")
    let info = try ClipReader(path: path).info
    #expect(info.streamIndex == 1)
    #expect(info.streams.map(\.frameCount) == [1, 20])
    var limits = DecodeLimits()
    limits.stream = 0
    #expect(try ClipReader(path: path, limits: limits).frameTimes().count == 1)
    limits.stream = 2
    let error = #expect(throws: DecodeError.self) { try ClipReader(path: path, limits: limits) }
    #expect(error?.code == .noVideo)
    #expect(error?.message.contains("there is 0, 1") == true)
  }
}
