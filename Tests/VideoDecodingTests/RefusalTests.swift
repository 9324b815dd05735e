import Foundation
import Testing
import VideoDecoding

/// What is no movie is refused by name, quickly, and with advice; nothing crashes or hangs.
@Suite struct RefusalTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let code: DecodeError.Code

    var testDescription: String { name }
  }

  @Test(arguments: [
    Case(name: "empty.mp4", code: .format),
    Case(name: "text.mp4", code: .format),
    Case(name: "zeros.mp4", code: .format),
    Case(name: "header.gif", code: .format),
    Case(name: "half.mp4", code: .format),
    // Text that FFmpeg would take for a playlist and follow to other files or sockets.
    Case(name: "list.mp4", code: .format),
    Case(name: "playlist.mp4", code: .format),
    Case(name: "session.mp4", code: .format),
    Case(name: "picture.mp4", code: .format),
    Case(name: "sound.m4a", code: .noVideo),
    Case(name: "cover.mp3", code: .noVideo),
    Case(name: "headless.ts", code: .noFrames),
    Case(name: "pipe.mp4", code: .notRegular),
    Case(name: "missing.mp4", code: .notFound),
    Case(name: "dangling.mp4", code: .notFound),
    Case(name: "loop.mp4", code: .notFound),
    Case(name: "plain.mp4/inside.mp4", code: .notFound),
    Case(name: "nothing", code: .notRegular),
    Case(name: "badimages", code: .noFrames),
    Case(name: "/dev/zero", code: .notRegular),
    Case(name: "/dev/null", code: .notRegular),
  ])
  func refuses(_ test: Case) throws {
    let path = test.name.hasPrefix("/") ? test.name : Fixtures.path(test.name)
    let error = #expect(throws: DecodeError.self) {
      let reader = try ClipReader(path: path)
      _ = try reader.evenFrames(limit: 8, size: nil, layout: .rgb)
    }
    #expect(error?.code == test.code, "\(error?.message ?? "no error")")
    #expect(error?.message.hasPrefix(path + ": ") == true)
    #expect(error?.message.contains("\n") == false)
    #expect(error?.path == path)
  }

  @Test func unreadableFileIsPermission() throws {
    // The superuser may read everything.
    guard getuid() != 0 else { return }
    let path = Fixtures.path("unreadable.mp4")
    try Data([1]).write(to: URL(fileURLWithPath: path))
    chmod(path, 0)
    let error = #expect(throws: DecodeError.self) { try ClipReader(path: path) }
    #expect(error?.code == .permission)
  }

  @Test(arguments: ["a:b.mp4", "-i.mp4", "new\nline.mp4", "$(id).mp4", "http:evil.mp4"])
  func namesAreOnlyNames(_ name: String) throws {
    let path = Fixtures.path(name)
    try? FileManager.default.copyItem(atPath: Fixtures.path("plain.mp4"), toPath: path)
    #expect(try ClipReader(path: path).frameTimes().count == 20)
    let missing = #expect(throws: DecodeError.self) { try ClipReader(path: path + "\n") }
    #expect(missing?.message.contains("\n") == false)
  }

  @Test func fileThatGrowsIsChanged() throws {
    let path = Fixtures.path("growing.mp4")
    try FileManager.default.copyItem(atPath: Fixtures.path("fragmented.mp4"), toPath: path)
    let reader = try ClipReader(path: path)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data([0, 0, 0, 8]))
    try handle.close()
    for attempt in 0..<2 {
      let error = #expect(throws: DecodeError.self) {
        if attempt == 0 {
          _ = try reader.evenFrames(limit: 4, size: nil, layout: .rgb)
        } else {
          _ = try reader.forEachFrame(size: nil, layout: .rgb) { _ in true }
        }
      }
      #expect(error?.code == .changed)
    }
  }

  @Test func tooManyPixelsAreTooLarge() throws {
    var limits = DecodeLimits()
    limits.maxPixels = 64 * 48 - 1
    let error = #expect(throws: DecodeError.self) {
      _ = try ClipReader(path: Fixtures.path("plain.mp4"), limits: limits).evenFrames(
        limit: 1, size: nil, layout: .rgb)
    }
    #expect(error?.code == .tooLarge)
  }

  @Test func tooManyPacketsAreTooLarge() throws {
    var limits = DecodeLimits()
    limits.maxPackets = 19
    let error = #expect(throws: DecodeError.self) {
      _ = try ClipReader(path: Fixtures.path("plain.mp4"), limits: limits).frameTimes()
    }
    #expect(error?.code == .tooLarge)
  }

  @Test func timeIsLimited() throws {
    var limits = DecodeLimits()
    limits.secondsPerFile = 0
    limits.secondsPerMegabyte = 0
    let error = #expect(throws: DecodeError.self) {
      _ = try ClipReader(path: Fixtures.path("plain.mp4"), limits: limits).frameTimes()
    }
    #expect(error?.code == .timeout)
  }

  @Test func callersTimeDoesNotCount() throws {
    var limits = DecodeLimits()
    limits.secondsPerFile = 2
    limits.secondsPerMegabyte = 0
    limits.secondsWithoutFrame = 2
    let reader = try ClipReader(path: Fixtures.path("three.mp4"), limits: limits)
    var frames = 0
    _ = try reader.forEachFrame(size: nil, layout: .rgb) { _ in
      frames += 1
      usleep(800_000)
      return true
    }
    #expect(frames == 3)
  }

  @Test func tensOfGigabytesOfNothingAreRefusedAtOnce() throws {
    let path = Fixtures.path("sparse.mp4")
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    #expect(truncate(path, 100 << 30) == 0)
    defer { unlink(path) }
    let started = ContinuousClock.now
    let error = #expect(throws: DecodeError.self) { try ClipReader(path: path) }
    #expect(error?.code == .format)
    #expect(ContinuousClock.now - started < .seconds(5))
  }
}
