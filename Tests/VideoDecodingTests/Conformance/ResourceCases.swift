import Foundation
import Testing
import VideoDecoding

extension ConformanceCase {
  /// Headers that promise too much, and little files with much in them.
  static let resources: [ConformanceCase] = [
    .patched(
      47, "2^31 frames", ByteEdit(atom: "stts", offset: 12, bytes: [0x7f, 0xff, 0xff, 0xff])
    ) { try expectFrames($0, frames: 20) },
    .patched(
      48, "size of 65535 squared",
      ByteEdit(atom: "avc1", offset: 28, bytes: [0xff, 0xff, 0xff, 0xff])
    ) { try expectFrames($0, frames: 20, size: nil) },
    .error(49, "huge.mov", .tooLarge, word: "7000x7000"),
    .own(49, "7000 squared behind a header of 64x48, without the memory for it") {
      let path = try ByteEdit(
        source: "huge.mov", atom: "png ", offset: 28, bytes: [0, 64, 0, 48]
      ).apply(name: "hidden.mov")
      expectError(path, .tooLarge, word: "7000x7000")
      await #expect(processExitsWith: .success) { [path = path as String] in
        let growth = peakGrowth {
          _ = try? ClipReader(path: path).evenFrames(limit: 8, size: nil, layout: .rgb)
        }
        #expect(growth < 64 << 20)
      }
    },
    .own(50, "20,000 tracks") {
      let bytes = try Fixtures.bytes("plain.mp4")
      let movie = try #require(bytes.lastPlace(of: "moov"))
      let track = try #require(bytes.lastPlace(of: "trak"))
      let header = bytes[(movie + 4)..<(track - 4)]
      let size = bytes[(track - 4)..<track].reduce(0) { $0 << 8 | Int($1) }
      var body = Array(header)
      for _ in 0..<20_000 { body += bytes[(track - 4)..<(track - 4 + size)] }
      let path = try Fixtures.write(
        Array(bytes[..<(movie - 4)]) + body.boxed(as: "moov"), to: "tracks.mp4")
      expectError(path, .format, word: "64 streams")
    },
    .own(51, "4,000 nested atoms") {
      let bytes = try Fixtures.bytes("plain.mp4")
      let size = bytes[..<4].reduce(0) { $0 << 8 | Int($1) }
      var nest: [UInt8] = []
      for _ in 0..<4_000 { nest = nest.boxed(as: "moov") }
      let path = try Fixtures.write(Array(bytes[..<size]) + nest, to: "nested.mp4")
      expectError(path, .format)
    },
    .ok(52, "black.mp4", frames: 90),
    .own(52, "249 MB of pictures from a few kilobytes, one at a time") {
      let path = Fixtures.path("black.mp4")
      await #expect(processExitsWith: .success) { [path = path as String] in
        let growth = peakGrowth {
          let frames = try? ClipReader(path: path).forEachFrame(size: nil, layout: .rgb) {
            $0.pixels.count == 1280 * 720 * 3
          }
          #expect(frames?.frames == 90)
        }
        #expect(growth < 64 << 20)
      }
    },
    .own(53, "100 GiB of nothing") {
      let path = try Fixtures.write([], to: "sparse.mp4")
      #expect(truncate(path, 100 << 30) == 0)
      defer { unlink(path) }
      let started = ContinuousClock.now
      expectError(path, .format)
      #expect(ContinuousClock.now - started < .seconds(5))
    },
  ]
}

/// Bytes by which the largest memory in use grows while `body` runs, in this process or in one it
/// waits for.
private func peakGrowth(_ body: () -> Void) -> Int {
  func peak() -> Int {
    [RUSAGE_SELF.rawValue, RUSAGE_CHILDREN.rawValue].map { who in
      var usage = rusage()
      getrusage(__rusage_who_t(who), &usage)
      return usage.ru_maxrss << 10
    }.max() ?? 0
  }
  let before = peak()
  body()
  return peak() - before
}
