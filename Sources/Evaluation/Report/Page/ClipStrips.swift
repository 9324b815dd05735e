import Datasets
import Dispatch
import Synchronization
import VideoDecoding

/// The frames of evaluated clips as small pictures, and which clips show nearly the same: what a
/// report page shows of clips beside their scores.
public struct ClipStrips: Sendable {
  /// By position among the scored clips.
  let strips: [Int: FrameStrip]
  /// Of the clips that have strips; what shows the same is found by them.
  let fingerprints: [Int: ClipFingerprint]
  /// Clips in the order in which they were given room: the worst mistakes first.
  let order: [Int]

  /// The most that strips of one report take, as files; in the page a third more.
  private static let mostBytes = 2_700_000
  /// A strip with fewer bytes tells nothing.
  private static let leastBytes = 2200

  /// Takes frames of the worst mistakes first, for as many clips as there is room.
  ///
  /// - Parameters:
  ///   - clips: those that were scored, in any order, and maybe others.
  ///   - store: gives each clip's frames, best from where they still are.
  ///   - threads: how many clips are worked on at once.
  ///   - most: clips to take frames of.
  public init(
    of scored: ScoredClips, clips: [Clip], store: ClipStore, threads: Int, most: Int = .max
  ) {
    let named = Dictionary(clips.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    // Scores take room too, where there are many classes.
    let taken = min(scored.scores.count * MemoryLayout<Float>.size, 1_200_000)
    let room = ClipStrips.mostBytes - taken
    order = Array(ClipStrips.worstFirst(scored).prefix(min(most, room / ClipStrips.leastBytes)))
    let bytes = min(9000, room / max(1, order.count))
    let found = Mutex<(strips: [Int: FrameStrip], fingerprints: [Int: ClipFingerprint])>(([:], [:]))
    let next = Atomic<Int>(0)
    let order = order
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, order.count))) { _ in
      while true {
        let place = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard place < order.count else { return }
        let position = order[place]
        guard let clip = named[scored.names[position]], let stack = try? store.read(clip),
          let strip = try? FrameStrip(
            stack, frames: bytes < 4000 ? 6 : 8, height: bytes < 4000 ? 56 : 72,
            aspect: store.aspect(of: clip), maximumBytes: bytes)
        else { continue }
        let fingerprint = ClipFingerprint(stack: stack)
        found.withLock {
          $0.strips[position] = strip
          $0.fingerprints[position] = fingerprint
        }
      }
    }
    (strips, fingerprints) = found.withLock { ($0.strips, $0.fingerprints) }
  }

  /// By the names of the clips.
  public func byName(of scored: ScoredClips) -> [String: FrameStrip] {
    Dictionary(
      strips.map { (scored.names[$0.key], $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// From frames that are there already.
  init(
    strips: [Int: FrameStrip], fingerprints: [Int: ClipFingerprint] = [:], of scored: ScoredClips
  ) {
    self.strips = strips
    self.fingerprints = fingerprints
    order = ClipStrips.worstFirst(scored)
  }

  /// The wrong answers, the surest first, then the right ones, the least sure first.
  static func worstFirst(_ scored: ScoredClips) -> [Int] {
    let rows = (0..<scored.count).map { index in
      let prediction = scored.prediction(index)
      let row = scored.row(index)
      return (isRight: prediction == scored.labels[index], row[row.startIndex + prediction])
    }
    return rows.indices.sorted { one, other in
      let (a, b) = (rows[one], rows[other])
      if a.isRight != b.isRight { return !a.isRight }
      if a.1 != b.1 { return a.isRight ? a.1 < b.1 : a.1 > b.1 }
      return one < other
    }
  }
}

extension ClipStrips {
  /// Which of the clips with strips show nearly the same.
  ///
  /// - Parameter clips: those that were scored, in any order, and maybe others.
  public func copies(of scored: ScoredClips, clips: [Clip]) -> ReportDetails.Copies {
    let named = Dictionary(clips.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let compared = fingerprints.sorted { $0.key < $1.key }.compactMap { position, fingerprint in
      named[scored.names[position]].map { (clip: $0, fingerprint: fingerprint) }
    }
    return ReportDetails.Copies(
      DuplicateSearch(compared.map(\.fingerprint)).groups, of: compared.map(\.clip))
  }
}
