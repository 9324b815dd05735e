import Foundation
import Tensors
import Testing
import VideoDecoding

@testable import Datasets

/// Copies are found whatever was done to them, and nothing else is.
struct DuplicateTests {
  /// A clip drawn in the mind: soft blobs that wander before a background.
  struct Scene {
    var background: UInt64 = 1
    var motion: UInt64 = 1
    var seconds = 3.0

    /// Brightness at a place (0…1 each way) and a time.
    func brightness(_ x: Double, _ y: Double, _ time: Double) -> Double {
      var value = 90.0
      var random = RandomStream(seed: background, purpose: .test, 1)
      for _ in 0..<6 {
        let (u, v) = (Double(random.uniform(0, 1)), Double(random.uniform(0, 1)))
        value += 60 * exp(-30 * ((x - u) * (x - u) + (y - v) * (y - v))) - 15
      }
      random = RandomStream(seed: motion, purpose: .test, 2)
      for _ in 0..<3 {
        let (a, b) = (Double(random.uniform(0, 6)), Double(random.uniform(0, 6)))
        let (p, q) = (Double(random.uniform(0.5, 3)), Double(random.uniform(0.5, 3)))
        let (u, v) = (0.5 + 0.4 * sin(a + p * time), 0.5 + 0.4 * sin(b + q * time))
        value += 70 * exp(-40 * ((x - u) * (x - u) + (y - v) * (y - v)))
      }
      return value
    }

    /// What is done to a copy.
    struct Change {
      var rate = 25.0
      var width = 48
      var height = 36
      var channels = 1
      var from = 0.0
      var gain = 1.0
      var lift = 0.0
      var noise = 0.0
      var isBackwards = false
    }

    func stack(_ change: Change = Change()) -> FrameStack {
      var random = RandomStream(seed: 7, purpose: .test, 3)
      let times = Array(stride(from: change.from, to: seconds, by: 1 / change.rate))
      var pixels: [UInt8] = []
      for time in change.isBackwards ? times.reversed() : times {
        for y in 0..<change.height {
          for x in 0..<change.width {
            let value = brightness(
              (Double(x) + 0.5) / Double(change.width), (Double(y) + 0.5) / Double(change.height),
              time)
            let noisy =
              change.gain * value + change.lift
              + change.noise * Double(random.uniform(-1, 1))
            let pixel = UInt8(min(255, max(0, noisy.rounded())))
            for _ in 0..<change.channels { pixels.append(pixel) }
          }
        }
      }
      return FrameStack(
        count: times.count, height: change.height, width: change.width,
        channels: change.channels, pixels: pixels, times: times)
    }
  }

  private func groups(_ stacks: [FrameStack]) -> [DuplicateGroup] {
    DuplicateSearch(stacks.map { ClipFingerprint(stack: $0) }).groups
  }

  @Test(arguments: [
    Scene.Change(noise: 12), Scene.Change(width: 25, height: 31),
    Scene.Change(width: 90, height: 20, channels: 3, noise: 4), Scene.Change(rate: 12),
    Scene.Change(rate: 60), Scene.Change(gain: 0.7, lift: 20), Scene.Change(from: 0.33, noise: 4),
    Scene.Change(rate: 15, width: 30, height: 30, from: 0.9, gain: 0.8, noise: 6),
  ])
  func changedCopiesAreFound(change: Scene.Change) {
    let scenes = (1...6).map { Scene(background: $0, motion: $0) }
    let stacks = scenes.map { $0.stack() } + [scenes[2].stack(change)]
    let found = groups(stacks)
    #expect(found.map(\.members) == [[2, 6]])
    #expect(found.first?.kind == .similar)
    #expect((found.first?.likeness ?? 0) > 0.85)
  }

  @Test func oneCameraIsNoCopy() {
    // The same room, another action each; and one of them played backwards.
    let actions = (1...8).map { Scene(background: 1, motion: $0).stack() }
    #expect(
      groups(actions + [Scene(background: 1, motion: 3).stack(.init(isBackwards: true))]) == [])
  }

  @Test func exactCopiesHaveOneGroup() {
    let one = Scene(background: 1, motion: 1)
    let other = Scene(background: 2, motion: 2)
    let found = groups([
      one.stack(), other.stack(), one.stack(), one.stack(), other.stack(.init(noise: 3)),
    ])
    #expect(found.map(\.members) == [[0, 2, 3], [1, 4]])
    #expect(found.map(\.kind) == [.samePictures, .similar])
    let bytes = DuplicateSearch([one.stack(), one.stack()].map { ClipFingerprint(stack: $0) }) {
      _ in "the same"
    }
    #expect(bytes.groups.map(\.kind) == [.sameBytes])
  }

  @Test func blankClipsMatchNothingButTheirOwnBytes() {
    func flat(_ value: UInt8, frames: Int) -> FrameStack {
      FrameStack(
        count: frames, height: 16, width: 16, channels: 1,
        pixels: [UInt8](repeating: value, count: frames * 256),
        times: (0..<frames).map { Double($0) / 25 })
    }
    let stacks = [
      flat(0, frames: 30), flat(0, frames: 30), flat(0, frames: 31), flat(16, frames: 30),
      flat(0, frames: 30), Scene().stack(),
    ]
    let prints = stacks.map { ClipFingerprint(stack: $0) }
    let search = DuplicateSearch(prints) { $0 == 1 || $0 == 4 ? "bytes" : "\($0)" }
    #expect(search.groups.map(\.members) == [[1, 4]])
    #expect(search.groups.map(\.kind) == [.sameBytes])
    #expect(search.blank == [0, 1, 2, 3, 4])
    #expect(DuplicateSearch(prints).groups == [])
    #expect(DuplicateSearch([nil, prints[5], nil]).groups == [])
  }

  @Test func blackLeadersAreNoReason() {
    func led(_ motion: UInt64) -> FrameStack {
      let scene = Scene(background: motion, motion: motion).stack()
      let black = [UInt8](repeating: 0, count: scene.frameSize * 75)
      return FrameStack(
        count: scene.count + 75, height: scene.height, width: scene.width, channels: 1,
        pixels: black + scene.pixels, times: (0..<scene.count + 75).map { Double($0) / 25 })
    }
    #expect(groups([led(1), led(2), led(3)]) == [])
    #expect(groups([led(1), led(2), led(1)]).map(\.members) == [[0, 2]])
  }

  @Test func memoryOfAClipIsBounded() {
    let builder = FingerprintBuilder()
    let pixels = [UInt8](repeating: 9, count: 64)
    for frame in 0..<20_000 {
      pixels.withUnsafeBufferPointer {
        builder.add($0, width: 8, height: 8, channels: 1, time: Double(frame) / 30)
      }
    }
    let print = builder.finish()
    #expect(print.frames == 20_000)
    #expect((24...48).contains(print.times.count))
    #expect(abs(print.span - 666) < 17)
  }

  /// Every near pair that comparing all with all finds, and no other.
  @Test(arguments: [UInt64(1), 2, 3])
  func bandsFindWhatBruteForceFinds(seed: UInt64) {
    var random = RandomStream(seed: seed, purpose: .test, 4)
    var hashes = (0..<1500).map { _ in random.next() }
    // Neighbours at every distance about the radius.
    for index in 0..<1500 {
      var near = hashes[index]
      for _ in 0..<Int(random.next() % 12) { near ^= 1 << (random.next() % 64) }
      hashes.append(near)
    }
    var index = HashIndex(
      hashes.enumerated().map { HashIndex.Entry(hash: $1, owner: Int32($0)) })
    #expect(index.isComplete)
    var banded = Set<[Int]>()
    for (position, hash) in hashes.enumerated() {
      index.pass([hash])
      index.search(hash) { banded.insert([position, Int($0)]) }
    }
    var expected = Set<[Int]>()
    for one in hashes.indices {
      for other in one + 1..<hashes.count
      where (hashes[one] ^ hashes[other]).nonzeroBitCount <= HashIndex.radius {
        expected.insert([one, other])
      }
    }
    #expect(expected.count > 500)
    #expect(banded == expected)
  }

  @Test func commonHashesDoNotCostTheSquare() {
    // The same hash 20,000 times, among others.
    var random = RandomStream(seed: 5, purpose: .test, 5)
    let hashes = (0..<20_000).map { _ in UInt64(42) } + (0..<1000).map { _ in random.next() }
    let index = HashIndex(
      hashes.enumerated().map { HashIndex.Entry(hash: $1, owner: Int32($0)) }, budget: 1e6)
    #expect(!index.isComplete && index.largestBucket < 20_000)
  }
}
