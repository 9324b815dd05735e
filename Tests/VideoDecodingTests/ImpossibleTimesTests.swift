import Foundation
import TestSupport
import Testing

@testable import VideoDecoding

/// Timestamps that are valid in their container and that no recording has.
@Suite("Impossible times")
struct ImpossibleTimesTests {
  private let folder = ScratchFolder()

  /// `vp8.ivf` with ticks of so many seconds, and another timestamp for one of its frames.
  private func movie(secondsATick: UInt32, frame: Int, timestamp: UInt64) throws -> String {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("vp8.ivf"))))
    func write(_ value: some FixedWidthInteger, at place: Int) {
      withUnsafeBytes(of: value.littleEndian) {
        bytes.replaceSubrange(place..<place + $0.count, with: $0)
      }
    }
    write(UInt32(1), at: 16)
    write(secondsATick, at: 20)
    var place = 32
    for _ in 0..<frame {
      let size = (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
      place += 12 + size
    }
    write(timestamp, at: place + 4)
    let path = folder("late.ivf")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test(
    "Frames ages late come one after the other, with a warning, in whatever way they are read",
    arguments: [(UInt32(1_000_000), UInt64(1) << 40), (2_000_000_000, 1 << 61), (7, 1 << 62)])
  func late(secondsATick: UInt32, timestamp: UInt64) throws {
    let path = try movie(secondsATick: secondsATick, frame: 1, timestamp: timestamp)
    let reader = try ClipReader(path: path)
    let times = try reader.frameTimes()
    #expect(times.count >= 2)
    #expect(times.allSatisfy { $0.magnitude < 3.6e10 })
    #expect(zip(times.dropFirst(), times).allSatisfy { $0 > $1 })
    var seen: [Double] = []
    _ = try reader.forEachFrame(size: nil, layout: .rgb) { frame in
      seen.append(frame.time)
      return true
    }
    #expect(seen == times)
    #expect(reader.info.duration.map { $0.magnitude <= 3.6e10 } ?? true)
  }

  @Test("A clock believes ten million hours and no more")
  func clock() {
    var clock = FrameClock(unit: 1, step: 0.5)
    #expect(clock.time(of: 7)?.seconds == 0)
    #expect(clock.time(of: 7 + 36_000_000_000)?.seconds == 3.6e10)
    #expect(!clock.sawImpossibleTime)
    #expect(clock.time(of: nil) == nil, "there is no time after the last")
    var other = FrameClock(unit: 1, step: 0.5)
    #expect(other.time(of: 0)?.seconds == 0)
    #expect(other.time(of: 36_000_000_001)?.seconds == 0.5)
    #expect(other.sawImpossibleTime)
    #expect(other.time(of: 36_000_000_002)?.seconds == 1.5)
  }
}
