import ClipSampling
import Foundation
import Tensors
import Testing
import VideoDecoding

@testable import Datasets

/// Gives stacks from memory, some slowly, some not at all.
// @unchecked: the count is under `lock`, the rest is constant.
final class MemorySource: ClipSource, @unchecked Sendable {
  struct Missing: Error, CustomStringConvertible {
    var description: String { "no such clip" }
  }

  private let missing: Set<String>
  private let lock = NSLock()
  private var asked = 0

  init(missing: Set<String> = []) { self.missing = missing }

  var askedCount: Int { lock.withLock { asked } }

  func stack(for clip: Clip) throws -> FrameStack {
    lock.withLock { asked += 1 }
    if clip.identity % 5 == 0 { Thread.sleep(forTimeInterval: 0.002) }
    if missing.contains(clip.path) { throw Missing() }
    return noiseStack(count: 7, height: 10, width: 10, channels: 1, seed: clip.identity)
  }
}

struct LoaderTests {
  static let preprocessing = Preprocessing(
    frames: 4, height: 8, width: 8, resizeHeight: 10, resizeWidth: 10, color: .gray)
  static let clips: [Clip] = (0..<23).map { (number: Int) -> Clip in
    Clip(
      path: "\(number).mp4", file: "", label: number < 18 ? "a" : "b",
      classIndex: number < 18 ? 0 : 1)
  }

  struct Copy: Equatable {
    var number: Int
    var inputs: [Float]
    var labels: [Int]
    var second: [Int]
    var shares: [Float]
    var clips: [Int]

    init(_ batch: Batch) {
      number = batch.number
      inputs = Array(batch.inputs[..<(batch.count * batch.inputSize)])
      labels = Array(batch.labels.prefix(batch.count))
      second = Array(batch.secondLabels.prefix(batch.count))
      shares = Array(batch.firstShares.prefix(batch.count))
      clips = Array(batch.clipIndices.prefix(batch.count))
    }
  }

  func loader(
    workers: Int = 2, level: AugmentationSettings.Level = .strong,
    order: LoaderOptions.Order = .shuffled,
    views: Int = 1, missing: Set<String> = [], batchSize: Int = 4
  ) -> BatchLoader {
    BatchLoader(
      clips: Self.clips, source: MemorySource(missing: missing), preprocessing: Self.preprocessing,
      options: .training(
        batchSize: batchSize, augmentation: AugmentationSettings(level: level, flip: true), seed: 7,
        order: order, viewsPerClip: views, workers: workers))
  }

  func epoch(_ loader: BatchLoader, _ number: Int, from: Int = 0) -> [Copy] {
    loader.start(epoch: number, fromBatch: from)
    var batches: [Copy] = []
    while let batch = loader.next() { batches.append(Copy(batch)) }
    return batches
  }

  @Test(arguments: [LoaderOptions.Order.shuffled, .sequential])
  func theSameForAnyNumberOfWorkers(order: LoaderOptions.Order) {
    let reference = epoch(loader(workers: 1, order: order), 3)
    #expect(reference.count == 6)
    #expect(reference.map(\.number) == [0, 1, 2, 3, 4, 5])
    for workers in [2, 3, 7] {
      #expect(epoch(loader(workers: workers, order: order), 3) == reference)
    }
  }

  @Test func resumesInsideAnEpoch() {
    let reference = epoch(loader(), 5)
    let one = loader()
    for from in [0, 1, 4, 5, 6] { #expect(epoch(one, 5, from: from) == Array(reference[from...])) }
  }

  @Test func epochsDifferAndRestart() {
    let one = loader()
    let first = epoch(one, 0)
    #expect(epoch(one, 1) != first)
    // An epoch left half way does not disturb the next one.
    one.start(epoch: 2)
    _ = one.next()
    #expect(epoch(one, 0) == first)
    one.stop()
    #expect(one.next() == nil)
  }

  @Test func everyClipOnceAnEpoch() {
    let seen = epoch(loader(), 0).flatMap(\.clips)
    #expect(seen.sorted() == Array(0..<23))
    #expect(seen != seen.sorted())
    // 46 views make eleven batches of four and keep the half batch.
    let views = epoch(loader(views: 2), 0).flatMap(\.clips)
    #expect(views.sorted() == (0..<46).map { $0 / 2 })
  }

  @Test(arguments: [(4, 23, 6), (10, 23, 2), (16, 23, 1), (12, 23, 2), (23, 23, 1), (40, 23, 1)])
  func lastBatch(size: Int, clips: Int, batches: Int) {
    // 23 = 5 × 4 + 3 keeps three; 2 × 10 + 3 drops three; 16 + 7 drops seven; 12 + 11 keeps.
    let one = loader(batchSize: size)
    #expect(one.batchesPerEpoch == batches)
    #expect(epoch(one, 0).count == batches)
  }

  @Test func mixingIsSoft() {
    let batches = epoch(loader(level: .strong), 0)
    #expect(batches.contains { $0.shares.contains { $0 < 1 } })
    #expect(batches.allSatisfy { $0.shares.allSatisfy { $0 >= 0.5 && $0 <= 1 } })
    #expect(epoch(loader(level: .light), 0).allSatisfy { $0.shares.allSatisfy { $0 == 1 } })
    let one = loader()
    one.start(epoch: 0)
    while let batch = one.next() {
      let targets = batch.targets(classes: 2, smoothing: 0.1)
      for row in 0..<batch.count {
        #expect(abs(targets[2 * row] + targets[2 * row + 1] - 1) < 1e-6)
      }
    }
  }

  @Test(arguments: [1, 3])
  func unreadableClipsAreLeftOutAndToldOnce(workers: Int) {
    let one = loader(workers: workers, missing: ["3.mp4", "20.mp4"])
    let seen = epoch(one, 0)
    #expect(seen.flatMap(\.clips).sorted() == (0..<23).filter { $0 != 3 && $0 != 20 })
    #expect(one.takeFailures().map(\.clip.path) == ["20.mp4", "3.mp4"])
    _ = epoch(one, 1)
    #expect(one.takeFailures().isEmpty)
    #expect(seen == epoch(loader(workers: 2, missing: ["3.mp4", "20.mp4"]), 0))
  }

  @Test func allUnreadableEnds() {
    let one = loader(missing: Set(Self.clips.map(\.path)))
    #expect(epoch(one, 0).isEmpty)
    #expect(one.takeFailures().count == 23)
  }

  @Test func evaluationIsTheInputBuildersInOrder() {
    let source = MemorySource()
    for variant in [LoaderOptions.Variant.normal, .singleFrame, .shuffledFrames] {
      let one = BatchLoader(
        clips: Self.clips, source: source, preprocessing: Self.preprocessing,
        options: .evaluation(batchSize: 5, variant: variant, seed: 2))
      let batches = epoch(one, 0)
      #expect(batches.flatMap(\.clips) == Array(0..<23))
      #expect(batches.last?.labels.count == 3)
      let clip = Self.clips[6]
      let expected: FrameVariant =
        switch variant {
        case .normal: .normal
        case .singleFrame: .singleFrame
        case .shuffledFrames: .shuffled(seed: 2, identity: clip.identity)
        }
      let stack = noiseStack(count: 7, height: 10, width: 10, channels: 1, seed: clip.identity)
      #expect(
        Array(batches[1].inputs[256..<512]) == evaluate(stack, Self.preprocessing, expected))
    }
  }

  @Test func prefetchIsBounded() {
    let source = MemorySource()
    let one = BatchLoader(
      clips: Self.clips, source: source, preprocessing: Self.preprocessing,
      options: .evaluation(batchSize: 2))
    one.start(epoch: 0)
    Thread.sleep(forTimeInterval: 0.2)
    #expect(source.askedCount == 6)
    _ = one.next()
    Thread.sleep(forTimeInterval: 0.1)
    #expect(source.askedCount == 6)
    _ = one.next()
    Thread.sleep(forTimeInterval: 0.1)
    #expect(source.askedCount == 8)
  }
}
