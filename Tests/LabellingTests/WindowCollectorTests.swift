import ClipSampling
import Testing

@testable import Labelling

@Suite struct WindowCollectorTests {
  /// Pushes frames of one pixel at these times; the pixel is the frame's number.
  private func collect(
    times: [Double], duration: Double, window: Double, hop: Double, frames: Int = 2
  ) -> (windows: [MovieWindow], mostHeld: Int) {
    var collector = WindowCollector(
      window: window, hop: hop, sampler: WindowSampler(Preprocessing(frames: frames)), width: 1,
      height: 1, channels: 1)
    var windows: [MovieWindow] = []
    var mostHeld = 0
    for (index, time) in times.enumerated() {
      collector.push(time: time, pixels: [UInt8(truncatingIfNeeded: index)]) { windows.append($0) }
      mostHeld = max(mostHeld, collector.heldCount)
    }
    collector.finish(duration: duration) { windows.append($0) }
    return (windows, mostHeld)
  }

  private func times(_ count: Int, fps: Double) -> [Double] { (0..<count).map { Double($0) / fps } }

  @Test func windowsCoverTheWholeMovie() {
    let (windows, _) = collect(times: times(105, fps: 10), duration: 10.5, window: 2, hop: 1)
    #expect(windows.map(\.start) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 8.5])
    #expect(windows.last?.end == 10.5)
    for window in windows {
      #expect(window.end - window.start == 2)
      #expect(window.stack.count == 4)
      #expect(window.stack.times.allSatisfy { $0 >= window.start - 1e-9 && $0 < window.end })
    }
  }

  @Test func framesAreTheMiddlesOfEqualParts() {
    let (windows, _) = collect(times: times(40, fps: 10), duration: 4, window: 2, hop: 2)
    #expect(windows.map(\.stack.pixels) == [[2, 7, 12, 17], [22, 27, 32, 37]])
  }

  @Test(arguments: [0.5, 1.0, 1.99])
  func aShortMovieIsOneWindow(duration: Double) {
    let count = Int(duration * 10)
    let (windows, _) = collect(
      times: times(count, fps: 10), duration: duration, window: 2, hop: 1, frames: 64)
    #expect(windows.count == 1)
    #expect(windows[0].start == 0 && windows[0].end == duration)
    #expect(windows[0].stack.count == count)
  }

  @Test func aMovieOfOneFrameIsOneWindow() {
    let (windows, _) = collect(times: [0], duration: 0.04, window: 2, hop: 1)
    #expect(windows.count == 1 && windows[0].stack.count == 1)
  }

  /// Where the length is known beforehand, the windows are the same.
  @Test(arguments: [0.04, 1.99, 2, 2.09, 2.11, 10.5, 17.3], [(2.0, 1.0), (2, 0.7), (1, 3)])
  func theGridIsTheCollectors(duration: Double, lengths: (window: Double, hop: Double)) {
    let frames = times(Int((duration * 25).rounded(.up)), fps: 25)
    let (windows, _) = collect(
      times: frames, duration: duration, window: lengths.window, hop: lengths.hop)
    let grid = WindowGrid(window: lengths.window, hop: lengths.hop, duration: duration)
    #expect(grid.ranges == windows.map { $0.start..<$0.end })
  }

  @Test func noFrameNoWindow() {
    #expect(collect(times: [], duration: 3, window: 2, hop: 1).windows.isEmpty)
  }

  @Test func memoryStaysBounded() {
    let (windows, mostHeld) = collect(
      times: times(6000, fps: 30), duration: 200, window: 2, hop: 1)
    #expect(windows.count == 199)
    #expect(mostHeld <= 3 * 30 + 2)
  }

  @Test func stillPicturesShowTheFrameBefore() throws {
    // Frames in the first second, then one picture stands until 8 s.
    let (windows, _) = collect(
      times: times(10, fps: 10) + [8, 8.1], duration: 8.5, window: 2, hop: 2)
    #expect(windows.map(\.start) == [0, 2, 4, 6, 6.5])
    try #require(windows.count == 5)
    #expect(windows[1].stack.pixels == [9] && windows[3].stack.pixels == [9])
    #expect(windows[4].stack.pixels == [10, 11])
  }

  @Test func hopsLongerThanWindowsSkipFrames() {
    let (windows, mostHeld) = collect(
      times: times(100, fps: 10), duration: 10, window: 1, hop: 4)
    #expect(windows.map(\.start) == [0, 4, 8, 9])
    #expect(mostHeld <= 45)
  }

  @Test func aSliverAtTheEndIsNoWindow() {
    let (windows, _) = collect(times: times(41, fps: 10), duration: 4.05, window: 2, hop: 1)
    #expect(windows.map(\.end) == [2, 3, 4])
  }
}
