import Foundation
import Testing
import VideoDecoding

/// Whatever way a frame is asked for, its bytes are the same.
@Suite struct PropertyTests {
  private static let size = FrameSize(width: 24, height: 16)

  /// A movie for each container and codec, whole and damaged.
  static let movies = [
    "jumps.mp4", "jumpscut.mp4", "opengop.mp4", "refresh.mp4", "jumps.mkv", "jumps4.mkv",
    "jumps5.mkv", "jumps9.webm", "ranged.mkv", "vfr.mp4", "fragmented.mp4", "nopts.mkv",
    "bframes.avi", "offset.ts", "joined.ts", "raw.h264", "sizes.h264", "interlaced.mpg", "hdr.mp4",
    "vp8.webm", "alpha.mov", "mjpeg.avi", "palette.gif", "cut.mp4", "cut.mkv", "cut.ts",
    "noise.mp4", "mixed", "decodetimes.mkv", "coarse.mp4",
  ]

  /// Without the movie that loses a frame unnoticed when that is skipped: its frames count
  /// differently until all are decoded.
  @Test(arguments: movies.filter { $0 != "noise.mp4" })
  func anyChoiceShowsWhatDecodingInOrderShows(_ name: String) throws {
    let all = try PropertyTests.everything(name, threads: 1)
    var state = UInt64(truncatingIfNeeded: name.utf8.reduce(5381) { $0 &* 33 &+ Int($1) })
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    // One reader for all of them: what it did before must not matter.
    let reader = try ClipReader(path: Fixtures.path(name))
    for round in 0..<6 {
      let wanted = (0..<(1 + random(round < 3 ? 3 : 9))).map { _ in random(all.count) }.sorted()
      let batch = try reader.frames(at: wanted, size: PropertyTests.size, layout: .rgb)
      #expect(batch.indices == wanted)
      #expect(batch.stack.pixels == wanted.flatMap { all[$0] }, "\(wanted)")
      let one = wanted[random(wanted.count)]
      let single = try ClipReader(path: Fixtures.path(name)).frames(
        at: [one], size: PropertyTests.size, layout: .rgb)
      #expect(single.stack.pixels == all[one], "\(one)")
    }
  }

  @Test(arguments: movies)
  func threadsChangeNothing(_ name: String) throws {
    let one = try PropertyTests.everything(name, threads: 1)
    let wanted = Array(stride(from: one.count / 3, to: one.count, by: max(1, one.count / 4)))
    for threads in [2, 4] {
      #expect(try PropertyTests.everything(name, threads: threads) == one)
      let chosen = try ClipReader(path: Fixtures.path(name), threads: threads).frames(
        at: wanted, size: PropertyTests.size, layout: .rgb)
      #expect(chosen.stack.pixels == wanted.flatMap { one[$0] })
    }
  }

  /// Damage is concealed as by one thread that decodes everything, whatever is asked for and by how
  /// many.
  @Test(arguments: ["jumps.mp4", "jumps.mkv", "jumps4.mkv", "jumps9.webm", "bframes.avi"], 1...3)
  func damageLooksTheSame(_ source: String, seed: Int) throws {
    var bytes = try Fixtures.bytes(source)
    for number in 1...12 {
      let place = bytes.count / 4 + (seed * 7919 + number * 104_729) % (bytes.count / 2)
      bytes[place] ^= UInt8(truncatingIfNeeded: 1 + seed * number)
    }
    let name = "damaged\(seed) " + source
    _ = try Fixtures.write(bytes, to: name)
    let one = try PropertyTests.everything(name, threads: 1)
    #expect(try PropertyTests.everything(name, threads: 3) == one)
    let wanted = stride(from: seed, to: one.count, by: 23).map(\.self)
    for threads in [1, 3] {
      let chosen = try ClipReader(path: Fixtures.path(name), threads: threads).frames(
        at: wanted, size: PropertyTests.size, layout: .rgb)
      #expect(chosen.indices == wanted)
      #expect(chosen.stack.pixels == wanted.flatMap { one[$0] })
    }
  }

  /// Instructions of the processor that FFmpeg may use; the tool is told to do without, we are not.
  @Test(
    arguments: [
      "jumps.mp4", "jumps4.mkv", "jumps5.mkv", "jumps9.webm", "interlaced.mpg", "hdr.mp4",
      "tenfull.mp4", "odd444.mp4", "mjpeg.avi", "vp8.webm", "rotate90.mp4", "alpha.mov",
    ], ["0", "sse2", "avx2"])
  func processorsChangeNothing(_ name: String, instructions: String) throws {
    let reference = Fixtures.reference(
      Fixtures.path(name), stream: 0, filter: "24:16", pixelFormat: "rgb24",
      processor: instructions)
    #expect(try PropertyTests.everything(name, threads: 1).flatMap(\.self) == reference)
  }

  private static func everything(_ name: String, threads: Int) throws -> [[UInt8]] {
    var frames: [[UInt8]] = []
    _ = try ClipReader(path: Fixtures.path(name), threads: threads).forEachFrame(
      size: size, layout: .rgb
    ) {
      frames.append(Array($0.pixels))
      return true
    }
    return frames
  }
}
