import Foundation
import Testing
import VideoDecoding

/// Frames of a stream are those of the same bytes as a file.
@Suite struct StreamTests {
  private static let size = FrameSize(width: 32, height: 24)

  private struct Shown: Equatable {
    var times: [Double] = []
    var damaged: [Bool] = []
    var pixels: [UInt8] = []

    mutating func add(_ frame: borrowing DecodedFrame) {
      times.append(frame.time)
      damaged.append(frame.isDamaged)
      pixels += frame.pixels
    }
  }

  /// Feeds bytes into a pipe in small pieces and follows them.
  private func follow(
    _ bytes: [UInt8], raw: RawVideo? = nil, interval: Double? = nil,
    most: Int = .max
  ) throws -> (shown: Shown, summary: StreamSummary, info: VideoInfo?) {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    let (input, output) = (ends[0], ends[1])
    defer { close(input) }
    signal(SIGPIPE, SIG_IGN)
    let writer = Thread {
      var done = 0
      while done < bytes.count {
        let wrote = bytes.withUnsafeBytes {
          write(output, $0.baseAddress! + done, min(1777, $0.count - done))
        }
        if wrote <= 0 { break }
        done += wrote
      }
      close(output)
    }
    writer.start()
    let reader = StreamReader(descriptor: input, name: "a stream", raw: raw)
    var shown = Shown()
    var info: VideoInfo?
    let summary = try reader.forEachFrame(
      size: Self.size, layout: .rgb, minimumInterval: interval, opened: { info = $0 },
      body: { frame in
        shown.add(frame)
        return shown.times.count < most
      })
    return (shown, summary, info)
  }

  private func readFile(_ name: String, interval: Double?) throws -> (
    shown: Shown, summary: StreamSummary
  ) {
    var shown = Shown()
    let summary = try ClipReader(path: Fixtures.path(name)).forEachFrame(
      size: Self.size, layout: .rgb, minimumInterval: interval
    ) { frame in
      shown.add(frame)
      return true
    }
    return (shown, summary)
  }

  @Test(
    arguments: [
      ("offset.ts", nil), ("offset.ts", 0.15), ("joined.ts", nil),
      ("long.mkv", nil), ("long.mkv", 0.3), ("withsound.mkv", nil), ("vp9.webm", 0.01),
      ("mjpeg.avi", nil), ("raw.h264", nil),
    ] as [(String, Double?)])
  func framesAreThoseOfTheFile(name: String, interval: Double?) throws {
    let file = try readFile(name, interval: interval)
    let stream = try follow(try Fixtures.bytes(name), interval: interval)
    #expect(stream.shown.pixels == file.shown.pixels)
    #expect(stream.shown.damaged == file.shown.damaged)
    #expect(stream.shown.times.count == file.shown.times.count)
    for (one, other) in zip(stream.shown.times, file.shown.times) {
      #expect((one - other).magnitude < 1e-9)
    }
    #expect(stream.summary.frames == file.summary.frames)
    #expect((stream.summary.duration - file.summary.duration).magnitude < 0.11)
    #expect(stream.info?.path == "a stream" && stream.info?.duration == nil)
  }

  @Test func aStreamCanBeLeft() throws {
    let stream = try follow(try Fixtures.bytes("long.mkv"), most: 7)
    #expect(stream.shown.times.count == 7 && stream.summary.frames == 7)
  }

  /// What is left out is not decoded; what comes behind it is what it was.
  @Test(arguments: ["long.mkv", "ranged.mkv"])
  func aStretchCanBeLeftOut(name: String) throws {
    let file = try readFile(name, interval: nil).shown
    let descriptor = open(Fixtures.path(name), O_RDONLY)
    defer { close(descriptor) }
    let reader = StreamReader(descriptor: descriptor, name: name, idleSeconds: 0)
    var shown = Shown()
    _ = try reader.forEachFrame(
      size: Self.size, layout: .rgb,
      body: { frame in
        shown.add(frame)
        if shown.times.count == 5 { reader.skip(seconds: 1) }
        return true
      })
    #expect(shown.times.count < file.times.count)
    let size = Self.size.width * Self.size.height * 3
    for (place, time) in shown.times.enumerated() {
      let there = try #require(file.times.firstIndex { ($0 - time).magnitude < 1e-9 })
      #expect(
        shown.pixels[place * size..<(place + 1) * size]
          == file.pixels[there * size..<(there + 1) * size])
    }
    let jump = zip(shown.times.dropFirst(), shown.times).map { $0 - $1 }.max() ?? 0
    #expect(jump > 0.9)
  }

  @Test(arguments: RawVideo.Pixels.allCases)
  func rawPicturesAreTakenByTheirSize(pixels: RawVideo.Pixels) throws {
    let size = FrameSize(width: 33, height: 25)
    let bytes = Fixtures.reference(
      Fixtures.path("plain.mp4"), stream: 0, filter: "33:25", pixelFormat: pixels.rawValue)
    let raw = RawVideo(size: size, pixels: pixels, framesPerSecond: 8)
    let stream = try follow(bytes + [1, 2, 3], raw: raw)
    #expect(stream.shown.times == (0..<20).map { Double($0) / 8 })
    #expect(stream.summary.duration == 2.5)
    #expect(stream.summary.warnings == ["the last picture was not complete and is left out"])
    // The same picture, whichever way its bytes lay.
    let other = try follow(
      Fixtures.reference(
        Fixtures.path("plain.mp4"), stream: 0, filter: "33:25", pixelFormat: "rgb24"),
      raw: RawVideo(size: size, pixels: .rgb24, framesPerSecond: 8))
    let apart = zip(stream.shown.pixels, other.shown.pixels)
      .map { Int($0).distance(to: Int($1)).magnitude }
    if pixels == .bgr24 { #expect(apart.max() == 0) }
    if pixels == .yuv420p { #expect(Double(apart.reduce(0, +)) / Double(apart.count) < 12) }
  }

  @Test(arguments: [("playlist.mp4", DecodeError.Code.format), ("cut.ts", nil), ("", .noFrames)])
  func whatCannotBeFollowedSaysSo(name: String, code: DecodeError.Code?) throws {
    let bytes = name.isEmpty ? [] : try Fixtures.bytes(name)
    do {
      let stream = try follow(bytes)
      #expect(code == nil && !stream.shown.times.isEmpty)
    } catch let error as DecodeError {
      #expect(error.code == code && error.message.hasPrefix("a stream: "), "\(error)")
    }
  }

  /// A file is at its end when it has not grown for a while.
  @Test func aFileThatGrowsIsReadOn() throws {
    let bytes = try Fixtures.bytes("long.mkv")
    let path = try Fixtures.write(Array(bytes[..<(bytes.count / 2)]), to: "growing.mkv")
    let writer = Thread {
      usleep(150_000)
      let file = FileHandle(forWritingAtPath: path)
      _ = try? file?.seekToEnd()
      file?.write(Data(bytes[(bytes.count / 2)...]))
    }
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    let reader = StreamReader(descriptor: descriptor, name: "growing", idleSeconds: 0.5)
    #expect(reader.waitingBytes == bytes.count / 2)
    writer.start()
    var shown = Shown()
    _ = try reader.forEachFrame(
      size: Self.size, layout: .rgb,
      body: { frame in
        shown.add(frame)
        return true
      })
    #expect(shown == (try readFile("long.mkv", interval: nil)).shown)
  }
}
