import ClipSampling
import Foundation
import Testing
import VideoDecoding

/// Which frames come, and at what cost.
@Suite struct ChoiceTests {
  private static let size = FrameSize(width: 24, height: 16)

  /// All frames and their times, one after another.
  private func everything(
    _ name: String
  ) throws -> (frames: [[UInt8]], times: [Double]) {
    var frames: [[UInt8]] = []
    var times: [Double] = []
    _ = try ClipReader(path: Fixtures.path(name)).forEachFrame(
      size: ChoiceTests.size, layout: .rgb
    ) {
      frames.append(Array($0.pixels))
      times.append($0.time)
      return true
    }
    return (frames, times)
  }

  @Test(arguments: [
    "long.mp4", "long.mkv", "editlist.mp4", "noeditlist.mp4", "offset.ts", "nopts.mkv",
    "bframes.avi", "joined.ts", "raw.h264", "vp8.webm", "vp9.webm", "hdr.mp4", "interlaced.mpg",
    "mjpeg.avi", "palette.gif", "images", "mixed",
  ])
  func chosenFramesAreTheSameAsAllFrames(_ name: String) throws {
    let all = try everything(name)
    let reader = try ClipReader(path: Fixtures.path(name))
    #expect(try reader.frameTimes() == all.times)

    let even = try reader.evenFrames(limit: 5, size: ChoiceTests.size, layout: .rgb)
    let expected = FramePicker.atMost(5, of: all.frames.count)
    #expect(even.indices == expected)
    #expect(even.stack.pixels == expected.flatMap { all.frames[$0] })
    #expect(even.stack.times == expected.map { all.times[$0] })
    #expect(even.totalFrames == all.frames.count)

    let last = all.frames.count - 1
    let wanted = [0, last / 2, last / 2, last]
    let picked = try reader.frames(at: wanted, size: ChoiceTests.size, layout: .rgb)
    #expect(picked.stack.pixels == wanted.flatMap { all.frames[$0] })
    #expect(!picked.isPartial)
  }

  /// An error before memory runs out, of the clip as of its process.
  @Test func moreFramesThanMemoryHoldsAreRefused() throws {
    var limits = DecodeLimits()
    limits.maxMemoryBytes = 200_000
    let reader = try ClipReader(path: Fixtures.path("long.mp4"), limits: limits)
    let size = FrameSize(width: 100, height: 100)
    #expect(try reader.evenFrames(limit: 3, size: size, layout: .rgb).stack.count == 3)
    let error = #expect(throws: DecodeError.self) {
      try reader.evenFrames(limit: 4, size: size, layout: .rgb)
    }
    #expect(error?.code == .tooLarge)
    #expect(error?.message.contains("4 frames of 100x100 at once") == true)
  }

  @Test(arguments: ["long.mp4", "vfr.mp4", "nopts.mkv"])
  func framesByTimeAreThoseOnShow(_ name: String) throws {
    let reader = try ClipReader(path: Fixtures.path(name))
    let times = try reader.frameTimes()
    let end = try #require(reader.info.duration)
    // Just before and just after each change of picture.
    let moments = times.flatMap { [max(0, $0 - 0.001), $0 + 0.001] }
    let expected = times.indices.flatMap { [max(0, $0 - 1), $0] }
    let frames = try reader.frames(atTimes: moments, size: ChoiceTests.size, layout: .gray)
    #expect(frames.indices == expected)
    #expect(!frames.isPartial)
    let beyond = try reader.frames(
      atTimes: [0, end + 0.001], size: ChoiceTests.size, layout: .gray)
    #expect(beyond.indices == [0])
    #expect(beyond.isPartial)
  }

  @Test(
    arguments: [
      (start: nil, end: nil, expected: 0..<200),
      (start: 2.0, end: 4.0, expected: 50..<100),
      (start: 2.01, end: 4.01, expected: 51..<101),
      (start: nil, end: 1.0, expected: 0..<25),
      (start: 7.0, end: nil, expected: 175..<200),
      (start: 7.0, end: 99.0, expected: 175..<200),
    ] as [(start: Double?, end: Double?, expected: Range<Int>)])
  func rangesAreHalfOpen(_ test: (start: Double?, end: Double?, expected: Range<Int>)) throws {
    let reader = try ClipReader(path: Fixtures.path("long.mp4"))
    let even = try reader.evenFrames(
      limit: 500, start: test.start, end: test.end, size: ChoiceTests.size, layout: .gray)
    #expect(even.indices == Array(test.expected))
    #expect(even.totalFrames == test.expected.count)
    #expect(abs(even.duration - Double(test.expected.count) / 25) < 1e-9)
    var streamed: [Int] = []
    let summary = try reader.forEachFrame(
      start: test.start, end: test.end, size: ChoiceTests.size, layout: .gray
    ) {
      streamed.append($0.index)
      return true
    }
    #expect(streamed == Array(test.expected))
    #expect(summary.frames == test.expected.count)
    #expect(summary.totalFrames == test.expected.count)
    #expect(abs(summary.duration - Double(test.expected.count) / 25) < 1e-9)
  }

  @Test func anEmptyPartIsNoFrames() throws {
    let reader = try ClipReader(path: Fixtures.path("long.mp4"))
    let error = #expect(throws: DecodeError.self) {
      _ = try reader.evenFrames(limit: 4, start: 50, size: nil, layout: .rgb)
    }
    #expect(error?.code == .noFrames)
  }

  @Test func framesBeyondTheEndAreLeftOut() throws {
    let reader = try ClipReader(path: Fixtures.path("plain.mp4"))
    let frames = try reader.frames(at: [18, 19, 20, 500], size: nil, layout: .rgb)
    #expect(frames.indices == [18, 19])
    #expect(frames.isPartial)
  }

  @Test func variableRateIsSampledByTime() throws {
    let reader = try ClipReader(path: Fixtures.path("vfr.mp4"))
    let times = try reader.frameTimes()
    #expect(reader.info.isVariableFrameRate)
    let even = try reader.evenFrames(limit: 4, size: nil, layout: .gray)
    let duration = try #require(reader.info.duration)
    let expected = FramePicker.uniform(count: 4, times: times, end: duration)
    #expect(even.indices == Set(expected).sorted())
  }

  @Test(arguments: ["long.mkv", "long.mp4", "plain.mp4", "joined.ts", "withsound.mkv"])
  func steadyRatesAreNotCalledVariable(_ name: String) throws {
    let reader = try ClipReader(path: Fixtures.path(name))
    _ = try reader.frameTimes()
    #expect(!reader.info.isVariableFrameRate)
  }

  @Test func paceThinsAndCentres() throws {
    let reader = try ClipReader(path: Fixtures.path("long.mp4"))
    var indices: [Int] = []
    _ = try reader.forEachFrame(
      size: ChoiceTests.size, layout: .gray, minimumInterval: 0.4
    ) {
      indices.append($0.index)
      return true
    }
    #expect(indices == Array(stride(from: 0, to: 200, by: 10)))
    let paced = try reader.pacedFrames(rate: 2.5, size: ChoiceTests.size, layout: .gray)
    #expect(paced.indices == indices)
    let centred = try reader.pacedFrames(
      rate: 5, count: 3, size: ChoiceTests.size, layout: .gray)
    #expect(centred.indices == [95, 100, 105])
  }

  @Test func stoppingStops() throws {
    let reader = try ClipReader(path: Fixtures.path("long.mp4"))
    let summary = try reader.forEachFrame(size: ChoiceTests.size, layout: .gray) {
      $0.index < 4
    }
    #expect(summary.frames == 5)
    #expect(!summary.isPartial)
    #expect(reader.counters.decoded < 40)
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      _ = try reader.forEachFrame(size: nil, layout: .rgb) { _ in throw Stop() }
    }
  }

  @Test func unwantedFramesAreNotDecoded() throws {
    let reader = try ClipReader(path: Fixtures.path("long.mp4"))
    _ = try reader.evenFrames(limit: 8, size: ChoiceTests.size, layout: .rgb)
    let counters = reader.counters
    #expect(counters.converted == 8)
    #expect(counters.decoded < 150)
    #expect(counters.skippable > 100)

    let intra = try ClipReader(path: Fixtures.path("mjpeg.avi"))
    _ = try intra.evenFrames(limit: 2, size: ChoiceTests.size, layout: .rgb)
    #expect(intra.counters.decoded == 2)
  }

  @Test func aCutMovieSaysHowFarItGoes() throws {
    let reader = try ClipReader(path: Fixtures.path("cut.mp4"))
    let whole = try reader.evenFrames(limit: 8, size: ChoiceTests.size, layout: .rgb)
    #expect(whole.isPartial)
    #expect(abs((whole.decodedUntil ?? 0) - 3) < 1e-6)
    // A part that ends before the damage is whole.
    let part = try ClipReader(path: Fixtures.path("cut.mkv")).evenFrames(
      limit: 8, end: 1, size: ChoiceTests.size, layout: .rgb)
    #expect(!part.isPartial)
  }

  @Test func recordsTellOfEveryFrame() throws {
    var records: [FrameRecord] = []
    let summary = try ClipReader(path: Fixtures.path("noeditlist.mp4")).forEachRecord {
      records.append($0)
      return true
    }
    #expect(summary.frames == 20)
    #expect(records.map(\.index) == Array(0..<20))
    #expect(records[0].isKeyFrame)
    #expect(records[0].time == 0)
    #expect(records[0].timestamp == 2048)
  }
}
