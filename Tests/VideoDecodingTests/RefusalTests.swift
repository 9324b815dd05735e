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
    Case(name: "missing.mp4", code: .notFound),
    Case(name: "plain.mp4/inside.mp4", code: .notFound),
    Case(name: "badimages", code: .noFrames),
  ])
  func refuses(_ test: Case) throws {
    let path = Fixtures.path(test.name)
    let error = #expect(throws: DecodeError.self) {
      let reader = try ClipReader(path: path)
      _ = try reader.evenFrames(limit: 8, size: nil, layout: .rgb)
    }
    #expect(error?.code == test.code, "\(error?.message ?? "no error")")
    #expect(error?.message.hasPrefix(path + ": ") == true)
    #expect(error?.message.contains("\n") == false)
    #expect(error?.path == path)
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
}
