import Foundation
import TestSupport
import Testing

@testable import VideoDecoding

@Suite struct FrameStripTests {
  /// Frames of one shade each, or of noise, which no encoder makes small.
  private func stack(
    _ count: Int, height: Int = 32, width: Int = 48, channels: Int = 3, noisy: Bool = false
  ) -> FrameStack {
    var state: UInt32 = 7
    var pixels: [UInt8] = []
    for frame in 0..<count {
      for _ in 0..<height * width * channels {
        state = state &* 1_664_525 &+ 1_013_904_223
        pixels.append(noisy ? UInt8(state >> 24) : UInt8(20 * frame))
      }
    }
    return FrameStack(
      count: count, height: height, width: width, channels: channels, pixels: pixels,
      times: (0..<count).map { Double($0) / 10 })
  }

  @Test("A strip is a JPEG of evenly chosen frames", arguments: [1, 3])
  func aStripIsAJPEG(channels: Int) throws {
    let strip = try FrameStrip(stack(12, channels: channels), frames: 4, height: 16)
    #expect(strip.jpeg.prefix(3) == [0xFF, 0xD8, 0xFF])
    #expect(strip.jpeg.suffix(2) == [0xFF, 0xD9])
    #expect((strip.count, strip.frameWidth, strip.height) == (4, 24, 16))
    #expect(strip.times == [0.1, 0.4, 0.7, 1.0])
    let folder = ScratchFolder()
    try Data(strip.jpeg).write(to: URL(fileURLWithPath: folder("0001.jpg")))
    let read = try ClipReader(path: folder.path).frames(at: [0], size: nil, layout: .rgb).stack
    #expect((read.width, read.height) == (96, 16))
    // Quantised, so about the shades that went in, each in its place.
    for (place, frame) in [1, 4, 7, 10].enumerated() {
      let shade = Int(read.pixels[(8 * 96 + 24 * place + 12) * 3])
      #expect(abs(shade - 20 * frame) < 8, "\(place): \(shade)")
    }
  }

  @Test("However wild the pictures, a strip keeps to its bytes", arguments: [900, 2000, 8192])
  func bytesAreBounded(maximum: Int) throws {
    let strip = try FrameStrip(
      stack(8, height: 64, width: 64, noisy: true), height: 64, maximumBytes: maximum)
    #expect(strip.jpeg.count <= maximum || strip.count == 1)
    #expect(strip.times.count == strip.count)
  }

  @Test func theSameFramesGiveTheSameBytes() throws {
    let noisy = stack(3, noisy: true)
    #expect(try FrameStrip(noisy) == FrameStrip(noisy))
  }

  @Test func aStretchedStackIsShownInItsShape() throws {
    let strip = try FrameStrip(stack(2, height: 32, width: 32), height: 40, aspect: 16.0 / 9)
    #expect(strip.frameWidth == 71)
  }

  @Test("Odd sizes are shown", arguments: [(1, 1), (1, 500), (500, 1), (3, 7)])
  func oddSizes(height: Int, width: Int) throws {
    let strip = try FrameStrip(stack(2, height: height, width: width), height: 24)
    #expect(strip.height == 24)
    #expect((8...96).contains(strip.frameWidth))
  }
}
