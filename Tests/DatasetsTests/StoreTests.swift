import ClipSampling
import Foundation
import TestSupport
import Testing
import VideoDecoding

@testable import Datasets

extension ScratchFolder {
  /// A folder of gray pictures, frame `t` all of brightness `10 * t + base`.
  func imageClip(_ name: String, frames: Int, base: Int = 0, side: Int = 8) {
    files([name + "/"])
    for frame in 0..<frames {
      let bytes = png(
        width: side, height: side, channels: 1,
        pixels: [UInt8](repeating: UInt8(10 * frame + base), count: side * side))
      try! Data(bytes).write(to: URL(fileURLWithPath: self("\(name)/\(frame).png")))
    }
  }
}

struct StoreTests {
  static let preprocessing = Preprocessing(frames: 4, height: 8, width: 8, color: .gray)

  func dataSet() throws -> (folder: ScratchFolder, index: DatasetIndex) {
    let folder = ScratchFolder()
    for clip in 0..<5 {
      folder.imageClip("a/s\(clip)_1", frames: 5 + 3 * clip, base: clip)
      folder.imageClip("b/s\(clip)_2", frames: 3, base: 100 + clip)
    }
    folder.files(["b/text.mp4"], content: "this is no video")
    return (folder, try DatasetIndex.load(path: folder.path))
  }

  func brightness(_ stack: FrameStack) -> [Int] {
    (0..<stack.count).map { Int(stack.pixels[$0 * stack.frameSize]) }
  }

  @Test func stacksAndFailures() throws {
    let (folder, index) = try dataSet()
    defer { withExtendedLifetime(folder) {} }
    let store = ClipStore(preprocessing: Self.preprocessing, cache: .ram(maximumBytes: 1 << 20))
    var calls = 0
    let report = store.prepare(index.clips, workers: 2) { done, total in
      calls += 1
      #expect(done <= total && total == 11)
      return true
    }
    #expect(calls > 0)
    #expect(!report.isCancelled)
    #expect(report.readable.count == 10)
    #expect(report.failures.map(\.clip.path) == ["b/text.mp4"])
    #expect(report.failures[0].message.contains("text.mp4"))
    #expect(store.decodedCount == 10)
    // 17 frames give seven, at k/8 of the clip; three frames are all there are.
    let long = try #require(index.clips.first { $0.path == "a/s4_1" })
    #expect(try brightness(store.read(long)) == [2, 4, 6, 8, 10, 12, 14].map { 10 * $0 + 4 })
    let short = try #require(index.clips.first { $0.path == "b/s0_2" })
    #expect(try brightness(store.read(short)) == [100, 110, 120])
    #expect(store.decodedCount == 10)
    let bad = report.failures[0].clip
    #expect(throws: DecodeError.self) { try store.read(bad) }
    let median = try #require(report.medianDuration)
    let step = try #require(store.facts(of: short)).duration / 3
    #expect(abs(median - 4 * step) < 1e-6)
  }

  @Test func memoryIsBounded() throws {
    let (folder, index) = try dataSet()
    defer { withExtendedLifetime(folder) {} }
    let clips = index.clips.filter { $0.path != "b/text.mp4" }
    let store = ClipStore(preprocessing: Self.preprocessing, cache: .ram(maximumBytes: 1500))
    _ = store.prepare(clips, workers: 2)
    #expect(store.memoryBytes > 700 && store.memoryBytes <= 1500)
    let before = store.decodedCount
    for clip in clips { _ = try store.read(clip) }
    #expect(store.decodedCount > before)
    #expect(store.decodedCount < before + clips.count)
    #expect(store.memoryBytes <= 1500)
  }

  @Test func diskCacheOutlivesTheStoreAndNoticesChanges() throws {
    let (folder, index) = try dataSet()
    let cache = folder("cache")
    let clips = index.clips.filter { $0.path != "b/text.mp4" }
    let first = ClipStore(preprocessing: Self.preprocessing, cache: .disk(folder: cache))
    let stacks = try clips.map { try first.read($0) }
    #expect(first.decodedCount == 10)
    #expect(first.cacheWarning == nil)

    let second = ClipStore(preprocessing: Self.preprocessing, cache: .disk(folder: cache))
    #expect(try clips.map { try second.read($0) } == stacks)
    #expect(second.decodedCount == 0)
    #expect(second.facts(of: clips[0]) == first.facts(of: clips[0]))

    // Other settings are other entries.
    var smaller = Self.preprocessing
    smaller.frames = 2
    let third = ClipStore(preprocessing: smaller, cache: .disk(folder: cache))
    #expect(try third.read(clips[4]).count == 3)
    #expect(third.decodedCount == 1)

    // So is a clip that gained a frame.
    folder.imageClip("a/s0_1", frames: 6, base: 7)
    let fourth = ClipStore(preprocessing: Self.preprocessing, cache: .disk(folder: cache))
    #expect(try brightness(fourth.read(clips[0])) == [7, 17, 27, 37, 47, 57])
    #expect(fourth.decodedCount == 1)
  }

  @Test func diskCacheGoesByContent() throws {
    let (folder, index) = try dataSet()
    let cache = folder("cache")
    func store() -> ClipStore {
      ClipStore(preprocessing: Self.preprocessing, cache: .disk(folder: cache))
    }
    let clip = index.clips[0]
    let stack = try store().read(clip)

    // The same under another name needs no decoding.
    try FileManager.default.copyItem(atPath: clip.file, toPath: folder("b/copy_1"))
    let copy = try #require(
      DatasetIndex.load(path: folder.path).clips.first { $0.path == "b/copy_1" })
    let second = store()
    #expect(try second.read(copy) == stack)
    #expect(second.decodedCount == 0)

    // Other pictures with the size and time of the old ones are not mistaken for them.
    let pictures = try (0..<2).map { "\(clip.file)/\($0).png" }.map { path in
      (path, try Data(contentsOf: URL(fileURLWithPath: path)), try time(of: path))
    }
    for (old, new) in [(pictures[0], pictures[1]), (pictures[1], pictures[0])] {
      try new.1.write(to: URL(fileURLWithPath: old.0))
      try FileManager.default.setAttributes([.modificationDate: old.2], ofItemAtPath: old.0)
    }
    let third = store()
    #expect(try brightness(third.read(clip)).prefix(2) == [10, 0])
    #expect(third.decodedCount == 1)
  }

  private func time(of path: String) throws -> Date {
    try #require(
      FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date)
  }

  @Test(arguments: ["flipped", "cut", "empty"])
  func aDamagedEntryIsDecodedAnew(damage: String) throws {
    let (folder, index) = try dataSet()
    let cache = folder("cache")
    let clip = index.clips[0]
    let stack = try ClipStore(preprocessing: Self.preprocessing, cache: .disk(folder: cache)).read(
      clip)
    let names = try FileManager.default.contentsOfDirectory(atPath: cache)
    #expect(names.count == 1)
    let path = cache + "/" + names[0]
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    switch damage {
    case "flipped": bytes[bytes.count / 2] ^= 4
    case "cut": bytes.removeLast(9)
    default: bytes = Data()
    }
    try bytes.write(to: URL(fileURLWithPath: path))
    let store = ClipStore(preprocessing: Self.preprocessing, cache: .disk(folder: cache))
    #expect(try store.read(clip) == stack)
    #expect(store.decodedCount == 1)
  }

  @Test func anUnwritableCacheIsAWarning() throws {
    let (folder, index) = try dataSet()
    let blocked = folder.text("file", "x") + "/cache"
    let store = ClipStore(preprocessing: Self.preprocessing, cache: .disk(folder: blocked))
    #expect(try store.read(index.clips[0]).count == 5)
    #expect(store.cacheWarning?.contains("file") == true)
  }

  @Test func preparingCanBeStopped() throws {
    let (folder, index) = try dataSet()
    defer { withExtendedLifetime(folder) {} }
    let store = ClipStore(preprocessing: Self.preprocessing, cache: .none)
    let many = (0..<200).flatMap { _ in index.clips }
    let report = store.prepare(many, workers: 2) { _, _ in false }
    #expect(report.isCancelled)
    #expect(report.readable.count < 2000)
  }

  @Test func rangesOfAClip() throws {
    let folder = ScratchFolder()
    folder.imageClip("a/long", frames: 20)
    let store = ClipStore(preprocessing: Self.preprocessing, cache: .none)
    let times = try ClipReader(path: folder("a/long")).frameTimes()
    let clip = Clip(
      path: "a/long", file: folder("a/long"), start: times[4], end: times[8], label: "a")
    #expect(try brightness(store.read(clip)) == [40, 50, 60, 70])
    #expect(try #require(store.facts(of: clip)).duration - (times[8] - times[4]) < 1e-9)
    let beyond = Clip(path: "a/long", file: folder("a/long"), start: 1000, label: "a")
    let error = #expect(throws: DecodeError.self) { try store.read(beyond) }
    #expect(error?.code == .noFrames)
  }

  @Test func cacheChoiceByMemory() {
    let small = CacheChoice.choose(bytes: 10 << 20, available: 1 << 30, folder: "c")
    #expect(small.cache == .ram(maximumBytes: 1 << 29))
    let large = CacheChoice.choose(bytes: 6 << 30, available: 8 << 30, folder: "c")
    #expect(large.cache == .disk(folder: "c"))
    #expect(large.sentence.contains("6144 MiB"))
    #expect(CacheChoice.availableBytes() > 1 << 20)
  }
}
