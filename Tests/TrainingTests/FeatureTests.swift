import ClipSampling
import Datasets
import FileStore
import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import VideoDecoding

@testable import Training

/// Features on the disk, and what is made of them.
@Suite struct FeatureCacheTests {
  private let scratch = ScratchFolder()
  private let clip = Clip(path: "a.mp4", file: "a.mp4", label: "a")
  private let content = ContentSample(bytes: 7, digest: "d")

  private static func example() -> ClipFeatures {
    ClipFeatures(
      facts: ClipFeatures.Facts(
        steps: 3, features: 4, duration: 1.5, isPartial: true, fingerprint: nil),
      values: randomValues(12, seed: 1))
  }

  private func cache(_ settings: String = "s") -> FeatureCache {
    FeatureCache(folder: scratch("features"), settings: settings)
  }

  @Test func readsBackWhatItWrote() throws {
    let path = try #require(cache().path(of: clip, content: content))
    #expect(cache().read(path) == nil)
    try cache().write(Self.example(), to: path)
    let read = try #require(cache().read(path))
    #expect(read.values == Self.example().values)
    #expect(read.facts.duration == 1.5 && read.facts.isPartial && read.facts.steps == 3)
  }

  /// Any byte that is another, and any end that is missing.
  @Test func damageIsSeen() throws {
    let path = try #require(cache().path(of: clip, content: content))
    try cache().write(Self.example(), to: path)
    let bytes = try RegularFile.read(path)
    for position in bytes.indices {
      var damaged = bytes
      damaged[position] ^= 0x10
      try AtomicFile.write(damaged, to: path)
      #expect(cache().read(path) == nil, "byte \(position)")
    }
    for length in [0, 1, 63, 64, 65, bytes.count - 1] {
      try AtomicFile.write(Array(bytes.prefix(length)), to: path)
      #expect(cache().read(path) == nil, "\(length) bytes")
    }
    try AtomicFile.write(bytes, to: path)
    #expect(cache().read(path) != nil)
  }

  @Test func namesTellEverythingApart() {
    let cut = Clip(path: "a.mp4", file: "a.mp4", start: 1, end: 2, label: "a")
    let elsewhere = Clip(path: "b.mp4", file: "b.mp4", label: "b")
    let other = ContentSample(bytes: 7, digest: "e")
    let name = cache().path(of: clip, content: content)
    #expect(cache().path(of: elsewhere, content: content) == name)
    #expect(cache().path(of: clip, content: nil) == nil)
    for different in [
      cache().path(of: cut, content: content), cache().path(of: clip, content: other),
      cache("t").path(of: clip, content: content),
    ] { #expect(different != name) }
  }
}

/// What baselines show of a clip, made of features that are there already.
@Suite struct ClipFeaturesTests {
  private static let input = InputShape(frames: 5, height: 32, width: 32, channels: 3)
  private static let clip = Clip(path: "a.mp4", file: "a.mp4", label: "a")

  private static func variant(_ variant: LoaderOptions.Variant) -> FrameVariant {
    switch variant {
    case .normal: .normal
    case .singleFrame: .singleFrame
    case .shuffledFrames: .shuffled(seed: 3, identity: clip.identity)
    }
  }

  /// The head's scores are the network's, whatever is shown of the clip.
  @Test(arguments: [LoaderOptions.Variant.normal, .singleFrame, .shuffledFrames], [3, 5, 9])
  func fittedScoresAreTheNetworks(variant: LoaderOptions.Variant, frames: Int) throws {
    let architecture = try Architecture.preset(
      "frozen-efficientnet_lite0", input: Self.input, classes: 3)
    let head = try #require(FittedHead(architecture))
    let network = try Network(architecture: architecture, seed: 2)
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let preprocessing = Preprocessing(
      frames: 5, height: 32, width: 32,
      normalization: .fixed(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]))
    let extractor = try FeatureExtractor(
      head, weights: network, exactConvolution: false, precision: .fp32, pool: pool)
    func prepared(_ number: Int, _ variant: LoaderOptions.Variant) -> [Float] {
      var random = RandomStream(seed: 7, purpose: .test, UInt64(number))
      let stack = FrameStack(
        count: frames, height: 32, width: 32, channels: 3,
        pixels: (0..<frames * 32 * 32 * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) },
        times: (0..<frames).map(Double.init))
      var input = [Float](repeating: 0, count: Self.input.count)
      var span = input.mutableSpan
      InputBuilder.build(
        stack: stack, preprocessing: preprocessing, variant: Self.variant(variant), into: &span)
      return input
    }
    func features(_ number: Int) -> ClipFeatures {
      var input = prepared(number, .normal)
      return ClipFeatures(
        facts: ClipFeatures.Facts(
          steps: 5, features: head.features, duration: 1, isPartial: false, fingerprint: nil),
        values: input.withUnsafeMutableBufferPointer { extractor.features(of: $0) })
    }
    let clips = (0..<9).map {
      Clip(path: "\($0).mp4", file: "", label: "\($0 % 3)", classIndex: $0 % 3)
    }
    let fit = HeadFit(
      HeadFit.Examples(
        clips: clips, rows: clips.indices.map { features($0).statistics() }, classes: 3,
        weighting: .none), epsilon: head.epsilon, seed: 0, pool: pool)
    #expect(HeadFit.strengths.contains(fit.strength) && fit.unseen.count == 27)
    fit.write(into: network, head)
    let executor = try Executor(network: network, batch: 1, mode: .inference, pool: pool)
    for number in [0, 4, 11] {
      executor.setInput(prepared(number, variant), at: 0)
      executor.forward(count: 1)
      let scores = fit.scores(
        features(number).statistics(variant, seed: 3, clip: Self.clip))
      #expect(TestSupport.relativeError(Array(executor.logits), scores) < 1e-4)
    }
  }
}
