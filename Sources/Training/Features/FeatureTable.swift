import Datasets
import Synchronization
import VideoDecoding

/// What a head reads of each clip, and what is known of it besides.
struct FeatureTable {
  struct Row: Sendable {
    let facts: ClipFeatures.Facts
    /// The statistics over time, and those of what the baselines show.
    let normal, singleFrame, shuffledFrames: [Float]

    /// - Parameter seed: of the order of shuffled frames.
    init(_ features: ClipFeatures, of clip: Clip, seed: UInt64) {
      facts = features.facts
      normal = features.statistics()
      singleFrame = features.statistics(.singleFrame)
      shuffledFrames = features.statistics(.shuffledFrames, seed: seed, clip: clip)
    }

    func statistics(_ variant: LoaderOptions.Variant) -> [Float] {
      switch variant {
      case .normal: normal
      case .singleFrame: singleFrame
      case .shuffledFrames: shuffledFrames
      }
    }
  }

  private var rows: [UInt64: Row] = [:]

  subscript(_ clip: Clip) -> Row? {
    get { rows[clip.identity] }
    set { rows[clip.identity] = newValue }
  }
}

/// Clips decoded on any thread, each shown to a fingerprint on the way.
final class WatchedClips: ClipSource {
  private let store: ClipStore
  private let fingerprints = Mutex<[UInt64: ClipFingerprint]>([:])

  init(_ store: ClipStore) { self.store = store }

  func stack(for clip: Clip) throws -> FrameStack {
    let stack = try store.read(clip)
    let fingerprint = ClipFingerprint(stack: stack)
    fingerprints.withLock { $0[clip.identity] = fingerprint }
    return stack
  }

  /// Of a clip that was decoded.
  func facts(of clip: Clip) -> (facts: ClipStore.Facts, fingerprint: ClipFingerprint?)? {
    store.facts(of: clip).map { facts in
      (facts, fingerprints.withLock { $0.removeValue(forKey: clip.identity) })
    }
  }
}
