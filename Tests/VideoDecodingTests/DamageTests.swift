import DecodeTrials
import Foundation
import TestSupport
import Testing
import VideoDecoding

/// Damage anywhere: an answer or an error, never a crash.
@Suite struct DamageTests {
  /// Times of two fragments that lie further apart than 64 bits go.
  @Test(arguments: [(Int64.min + 10, Int64.max - 20_000), (-1 << 62, 3 << 61)])
  func survivesTimesTooFarApart(first: Int64, last: Int64) throws {
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixtures.path("fragments.mp4"))))
    let name = Array("tfdt".utf8)
    let places = bytes.indices.dropLast(15).filter { Array(bytes[$0..<$0 + 4]) == name }
    try #require(places.count > 1)
    for (place, time) in [(places[0], first), (places[places.count - 1], last)] {
      let value = withUnsafeBytes(of: time.bigEndian) { Array($0) }
      bytes.replaceSubrange(place + 8..<place + 16, with: value)
    }
    let folder = ScratchFolder()
    #expect(Trial(.movies, folder: folder.path).run(bytes) == .partial)
  }

  /// A PNG image of 4294967295 × 4294967295: more pixels than 64 bits with a sign can count.
  @Test func survivesAnAreaThatOverflows() {
    let folder = ScratchFolder()
    let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    let size = [UInt8](repeating: 0xff, count: 8)
    let header = [0, 0, 0, 13] + Array("IHDR".utf8) + size + [8, 2, 0, 0, 0, 0, 0, 0, 0]
    #expect(Trial(.images, folder: folder.path).run(signature + header) == .refused("TOO_LARGE"))
  }

  /// Nothing in it tells of time, but its header says where it should end.
  @Test(arguments: [60, 80, 99])
  func aMatroskaFileWithoutTimesIsKnownToBeCut(percent: Int) throws {
    let folder = ScratchFolder()
    let sound = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixtures.path("nopts.mkv"))))
    let cut = Array(sound.prefix(sound.count * percent / 100))
    let trial = Trial(.movies, folder: folder.path)
    #expect(trial.run(sound) == .complete)
    #expect([.partial, .refused("NO_FRAMES")].contains(trial.run(cut)))
  }

  /// Cuts and changes anywhere: an answer or an error, never a crash, and what an answer promises.
  @Test(arguments: [
    "plain.mp4", "fragments.mp4", "nopts.mkv", "offset.ts", "bframes.avi", "palette.gif",
    "raw.h264", "vp8.webm", "interlaced.mpg", "images/f1.png", "mixed/m_2.jpg",
  ])
  func survivesRandomDamage(name: String) throws {
    let folder = ScratchFolder()
    let sound = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Fixtures.path(name))))
    let trial = Trial(name.contains("/") ? .images : .movies, folder: folder.path)
    #expect(trial.run(sound) == .complete)
    var damage = Damage(sound, seed: 1)
    var refused = 0
    for round in 0..<60 {
      let bytes = round % 3 == 0 ? damage.cut() : damage.flipped()
      if case .refused = trial.run(bytes) { refused += 1 }
    }
    #expect(refused < 60, "some of it can be read all the same")
  }
}
