import ClipSampling
import Foundation
import TestSupport
import Testing
import VideoDecoding

@testable import Labelling

/// Tells windows by how bright they are, and by how much they stay below certainty.
private final class BrightnessScorer: WindowScorer {
  let classNames = ["bright", "dark"]
  let batchSize = 4
  private let certainty: Float
  var windows = 0

  init(certainty: Float = 1) { self.certainty = certainty }

  func scores(of stacks: [FrameStack]) -> [[Float]] {
    windows += stacks.count
    return stacks.map { stack in
      let mean = Float(stack.pixels.reduce(0) { $0 + Int($1) }) / Float(stack.pixels.count)
      let bright = 0.5 + (mean / 255 - 0.5) * certainty
      return [bright, 1 - bright]
    }
  }
}

@Suite struct ScanTests {
  let folder = TemporaryFolder()

  private func label(
    _ path: String, _ scorer: BrightnessScorer, scan: Double?
  ) throws -> LabelRecord {
    let settings = LabelSettings(
      preprocessing: Preprocessing(frames: 4, height: 8, width: 8, color: .gray), window: 0.4,
      scan: scan)
    let labeller = MovieLabeller(scorer: scorer, settings: settings, model: "sha256:m")
    let path = MediaPath(path)
    var record = try #require(try labeller.label(LabelJob(path: path, relativePath: path)))
    // Told apart on purpose: a resumed run must not mix the two.
    #expect((record.settings != nil))
    record.settings = nil
    return record
  }

  /// A minute of dark pictures with bright ones in between, 25 a second.
  private func pictures(bright: Range<Int>) -> String {
    PictureFolder.make(
      folder, "movie", brightness: (0..<1500).map { bright.contains($0) ? 240 : 10 })
  }

  @Test func changesAreFoundByFewerWindows() throws {
    let path = pictures(bright: 500..<900)
    let (all, few) = (BrightnessScorer(), BrightnessScorer())
    let dense = try label(path, all, scan: nil)
    let scanned = try label(path, few, scan: 4)
    #expect(scanned.segments.map(\.label) == ["dark", "bright", "dark"])
    for (one, other) in zip(scanned.segments, dense.segments) {
      #expect(abs(one.start - other.start) < 1e-9 && abs(one.end - other.end) < 1e-9)
    }
    #expect(scanned.label == "dark" && scanned.duration == dense.duration)
    #expect(abs((scanned.score ?? 0) - (dense.score ?? 0)) < 0.01)
    #expect(all.windows == 299 && few.windows < 80, "\(few.windows)")
  }

  /// What begins and ends between two of the first windows is not seen: the price of scanning.
  @Test func whatIsShorterThanTheSpacingMayBeMissed() throws {
    let path = pictures(bright: 505..<530)
    #expect(try label(path, BrightnessScorer(), scan: nil).segments.count == 3)
    #expect(try label(path, BrightnessScorer(), scan: 10).segments.count == 1)
  }

  /// A film of ten seconds, 30 frames a second, with a key frame each second where `options` say no
  /// other.
  private func film(_ name: String, _ options: [String] = []) throws -> String {
    let path = folder.path + "/" + name
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=30:d=10"]
      + ["-c:v", "libx264", "-bf", "2", "-g", "30"] + options + [path]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return path
  }

  /// Where nothing is clear every window is looked at, and the record is that of all of them.
  @Test(
    arguments: [
      ("a.mp4", []), ("b.mp4", ["-x264-params", "open-gop=1"]), ("c.mkv", ["-r", "50"]),
      ("d.ts", []),
      ("e.mp4", ["-g", "1000"]),
      ("f.mp4", ["-vf", "select=not(mod(n\\,3))*lt(n\\,150)+gt(n\\,200)", "-fps_mode", "vfr"]),
    ] as [(String, [String])])
  func unclearMoviesAreLookedAtInFull(name: String, options: [String]) throws {
    let path = try film(name, options)
    let dense = try label(path, BrightnessScorer(certainty: 0.1), scan: nil)
    let scanned = try label(path, BrightnessScorer(certainty: 0.1), scan: 2)
    #expect(scanned == dense)
  }

  @Test func damageIsGoneThroughFromTheStart() throws {
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: try film("whole.mp4"))))
    for index in bytes.count / 2..<bytes.count / 2 + 400 { bytes[index] ^= 0x5A }
    let path = folder.add("damaged.mp4", bytes)
    let dense = try label(path, BrightnessScorer(), scan: nil)
    #expect(dense.status == .partial)
    #expect(try label(path, BrightnessScorer(), scan: 1) == dense)
  }

  @Test func theFirstWindowsAreThoseThatCostLeast() {
    let costs = [9, 5, 5, 1, 7, 7, 7, 7, 3]
    #expect(ScanPlan(count: 9, stride: 4) { costs[$0] }.first == [3, 5, 8])
  }

  /// Scores of the first class; the second has the rest.
  @Test(
    arguments: [
      ([0.9, 0.9, 0.9], []), ([0.9, 0.2, 0.1], [2, 3]), ([0.55, 0.9, 0.9], [0, 2, 3]),
      ([0.9, 0.9, 0.45], [5, 6, 8]),
    ] as [([Float], [Int])])
  func beforeAndAfterChangesAllIsLookedAt(firstScores: [Float], more: [Int]) {
    let plan = ScanPlan(count: 9, stride: 3) { $0 % 3 == 1 ? 0 : 1 }
    #expect(plan.first == [1, 4, 7])
    let scores = Dictionary(
      uniqueKeysWithValues: zip(plan.first, firstScores.map { [$0, 1 - $0] }))
    #expect(plan.unsettled(scores) == more)
  }

  @Test func whatWasNotLookedAtIsAsItsNeighbour() {
    let plan = ScanPlan(count: 6, stride: 3) { _ in 0 }
    let filled = plan.filled(
      [1: [1, 0], 4: [0, 1]], ranges: (0..<6).map { Double($0)..<Double($0) + 2 })
    #expect(filled.map(\.scores) == [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]])
    #expect(filled.map(\.start) == [0, 1, 2, 3, 4, 5])
  }
}
