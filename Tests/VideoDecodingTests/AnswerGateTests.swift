import ClipSampling
import Foundation
import TestSupport
import Testing

@testable import VideoDecoding

/// What decoder processes may say, and what ends them.
@Suite("Answers of decoder processes")
struct AnswerGateTests {
  private let gate = AnswerGate(path: "a.mp4", limits: .standard)
  private let size = FrameSize(width: 2, height: 2)

  // MARK: States

  private static func info(_ change: (inout VideoInfo) -> Void = { _ in }) -> VideoInfo {
    var info = VideoInfo(
      path: "a.mp4", container: "mp4", codec: "h264", streamIndex: 0, width: 2, height: 2,
      rotation: 90, mirrored: false, pixelFormat: "yuv420p", colorSpace: "bt709",
      colorRange: "tv", framesPerSecond: 25, duration: 1, frameCount: 25,
      isVariableFrameRate: false, fileSize: 10, modified: 1.7e9, warnings: ["one"],
      isImageFolder: false)
    change(&info)
    return info
  }

  private func state(_ info: VideoInfo = info()) -> Message.State {
    Message.State(info: info, counters: DecodeCounters())
  }

  @Test func admitsWhatAMovieIs() {
    #expect(gate.admits(state()))
    let unknown = Self.info { ($0.duration, $0.framesPerSecond, $0.frameCount) = (nil, nil, nil) }
    #expect(gate.admits(state(unknown)))
  }

  @Test(
    arguments: [
      { $0.path = "b.mp4" }, { $0.width = -1 }, { $0.height = 1 << 40 }, { $0.rotation = 45 },
      { $0.framesPerSecond = .infinity }, { $0.framesPerSecond = .nan },
      { $0.framesPerSecond = -1 },
      { $0.duration = -1 }, { $0.duration = 3.7e10 }, { $0.duration = .nan },
      { $0.frameCount = -1 },
      { $0.fileSize = -1 }, { $0.modified = .infinity }, { $0.warnings = ["two\nlines"] },
      { $0.warnings = [String(repeating: "x", count: 1 << 20)] },
      { $0.warnings = Array(repeating: "", count: 1 << 20) }, { $0.codec = "\u{1B}[31m" },
    ] as [@Sendable (inout VideoInfo) -> Void])
  func refusesWhatNoMovieIs(change: @Sendable (inout VideoInfo) -> Void) {
    #expect(!gate.admits(state(Self.info(change))))
  }

  @Test func refusesErrorsOfOtherFiles() {
    #expect(gate.admits(DecodeError(code: .codec, path: "a.mp4", message: "is damaged")))
    #expect(!gate.admits(DecodeError(code: .codec, path: "/etc/passwd", message: "is damaged")))
    #expect(!gate.admits(DecodeError(code: .codec, path: "a.mp4", message: "two\nlines")))
  }

  // MARK: Times

  @Test(
    arguments: [
      [0, 1, 1], [0, 2, 1], [0, .nan], [0, .infinity], [-.infinity, 0], [0, 3.7e10],
    ] as [[Double]])
  func refusesTimesThatDoNotAdvance(times: [Double]) {
    #expect(gate.times(times.withUnsafeBytes { Array($0) }) == nil)
  }

  @Test func admitsTimesThatDo() {
    let times = [0, 0.04, 3.6e10]
    #expect(gate.times(times.withUnsafeBytes { Array($0) }) == times)
    #expect(gate.admitsTimes(payload: 24) && !gate.admitsTimes(payload: 23))
    #expect(!gate.admitsTimes(payload: (DecodeLimits.standard.maxPackets + 1) * 8))
  }

  @Test(
    arguments: [
      ([0], true), ([0, 5, 9], true), ([], false), ([1, 5], false), ([0, 5, 5], false),
      ([0, -1], false), ([0, Int64.max], false),
    ] as [([Int64], Bool)])
  func admitsEntrancesThatAscendFromTheStart(frames: [Int64], isFine: Bool) {
    let found = gate.entrances(frames.withUnsafeBytes { Array($0) })
    #expect(found == (isFine ? frames.map { Int($0) } : nil))
  }

  // MARK: Stacks and pictures

  private func stack(
    indices: [Int] = [0, 0, 3], times: [Double] = [0, 0, 1], width: Int = 2, channels: Int = 3,
    total: Int = 9, count: Int = 3
  ) -> Message.Stack {
    Message.Stack(
      count: count, height: 2, width: width, channels: channels, indices: indices,
      areDamaged: indices.map { _ in false }, times: times.map { MovieTime(clamping: $0) },
      totalFrames: total, duration: MovieTime(clamping: 1), isPartial: false, decodedUntil: nil,
      warnings: [], state: state())
  }

  private func admits(_ stack: Message.Stack, payload: Int = 36, limit: Int = 3) -> Bool {
    let request = Message.Select(
      selection: .even(limit: limit, start: nil, end: nil), size: size, layout: .rgb)
    return gate.admits(stack, payload: payload, for: request)
  }

  @Test func admitsAStackAsItWasAskedFor() {
    #expect(admits(stack()))
  }

  @Test func refusesAnotherStack() {
    #expect(!admits(stack(), limit: 2), "more frames than asked for")
    #expect(!admits(stack(), payload: 35))
    #expect(!admits(stack(width: 3)))
    #expect(!admits(stack(channels: 1)))
    #expect(!admits(stack(indices: [0, 3, 0])))
    #expect(!admits(stack(indices: [-1, 0, 3])))
    #expect(!admits(stack(times: [0, 0.5, 1])), "one frame, two times")
    #expect(!admits(stack(times: [0, 0, 0])), "two frames, one time")
    #expect(!admits(stack(indices: [0, 3])))
    #expect(!admits(stack(total: -1)))
    #expect(!admits(stack(count: .max)))
  }

  @Test func picturesComeOneAfterTheOther() throws {
    func picture(_ index: Int, _ time: Double) throws -> Message.Picture {
      try #require(
        Message.Picture(
          Message.Picture(
            FrameRecord(
              index: index, timestamp: nil, time: time, isKeyFrame: true, isDamaged: false,
              width: 2, height: 2)
          ).bytes))
    }
    func admits(_ picture: Message.Picture, after previous: Message.Picture?) -> Bool {
      gate.admits(picture, after: previous, payload: 0, size: nil, channels: 0)
    }
    let first = try picture(0, 0)
    #expect(try admits(first, after: nil) && admits(picture(1, 0.5), after: first))
    #expect(try !admits(first, after: first) && !admits(picture(1, 0), after: first))
    #expect(try !admits(picture(0, 1), after: first))
    #expect(!gate.admits(first, after: nil, payload: 1, size: nil, channels: 0))
    let wider = FrameSize(width: 4, height: 2)
    #expect(!gate.admits(first, after: nil, payload: 0, size: wider, channels: 0))
  }

  @Test(arguments: [Double.nan, .infinity, 3.7e10])
  func aPictureWithoutATimeIsNone(time: Double) {
    var words = [Int64](repeating: 0, count: 8)
    (words[5], words[6]) = (2, 2)
    #expect(Message.Picture(words.withUnsafeBytes { Array($0) }) != nil)
    words[1] = Int64(bitPattern: time.bitPattern)
    #expect(Message.Picture(words.withUnsafeBytes { Array($0) }) == nil)
  }

  @Test func anEndTellsWhatWasShown() {
    var summary = StreamSummary()
    summary.frames = 3
    summary.totalFrames = 3
    func admits(shown: Int?) -> Bool {
      gate.admits(Message.Finished(summary: summary, state: state()), shown: shown)
    }
    #expect(admits(shown: 3) && admits(shown: nil) && !admits(shown: 2))
    summary.duration = .nan
    #expect(!admits(shown: 3))
  }
}
