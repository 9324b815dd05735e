/// How much clips of one group give each other away: what a random split would be flattered by.
///
/// Each clip is named after the one that looks most like it (1-nearest neighbour on 8 tiny pictures,
/// brightness and contrast evened out): once among all others, once among those of other groups. No
/// network is trained for it.
public struct GroupLikeness: Sendable {
  /// Share of clips named rightly after any other clip.
  public let amongAll: Double
  /// Share of clips named rightly after a clip of another group.
  public let amongOthers: Double
  /// Clips that were named.
  public let clips: Int

  private static let pictures = 8
  private static let mostNamed = 500
  private static let mostCompared = 4000

  /// - Parameters:
  ///   - fingerprints: of the clips, in their order; nil for those that could not be read.
  /// - Returns: nil where groups are single clips, or too few to tell.
  public init?(_ fingerprints: [ClipFingerprint?], of clips: [Clip]) {
    precondition(fingerprints.count == clips.count, "a fingerprint for each clip")
    // A sample that depends on the clips alone, not on their order.
    let usable = clips.indices.filter { fingerprints[$0].map { !$0.isBlank } ?? false }
      .sorted { (clips[$0].identity, $0) < (clips[$1].identity, $1) }
      .prefix(GroupLikeness.mostCompared)
    let groups = Dictionary(grouping: usable) { clips[$0].group }
    let shared = usable.filter { groups[clips[$0].group]!.count > 1 }
    guard groups.count >= 3, shared.count >= 20 else { return nil }

    let looks = usable.map { GroupLikeness.look(fingerprints[$0]!) }
    var named = 0
    var rightAmongAll = 0
    var rightAmongOthers = 0
    for (row, clip) in usable.enumerated().prefix(GroupLikeness.mostNamed) {
      var best: (likeness: Float, position: Int)?
      var bestOther: (likeness: Float, position: Int)?
      for (column, other) in usable.enumerated() where column != row {
        let likeness = GroupLikeness.product(looks[row], looks[column])
        if likeness > best?.likeness ?? -2 { best = (likeness, other) }
        if clips[other].group != clips[clip].group, likeness > bestOther?.likeness ?? -2 {
          bestOther = (likeness, other)
        }
      }
      guard let best, let bestOther else { continue }
      named += 1
      if clips[best.position].label == clips[clip].label { rightAmongAll += 1 }
      if clips[bestOther.position].label == clips[clip].label { rightAmongOthers += 1 }
    }
    guard named >= 20 else { return nil }
    self.clips = named
    amongAll = Double(rightAmongAll) / Double(named)
    amongOthers = Double(rightAmongOthers) / Double(named)
  }

  /// Pictures at even steps, less their mean, of length 1.
  private static func look(_ fingerprint: ClipFingerprint) -> [SIMD8<Float>] {
    let count = fingerprint.times.count
    var values: [Float] = []
    for step in 0..<pictures {
      let picture = min(count - 1, (2 * step + 1) * count / (2 * pictures))
      let cells = fingerprint.cells[picture * FrameHash.cells..<(picture + 1) * FrameHash.cells]
      values += cells.map(Float.init)
    }
    let mean = values.reduce(0, +) / Float(values.count)
    let length = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
    let unit = values.map { ($0 - mean) / max(length, 1e-6) }
    return stride(from: 0, to: unit.count, by: 8).map { start in
      SIMD8(unit[start..<start + 8])
    }
  }

  private static func product(_ one: [SIMD8<Float>], _ other: [SIMD8<Float>]) -> Float {
    var sum = SIMD8<Float>.zero
    for (a, b) in zip(one, other) { sum += a * b }
    return sum.sum()
  }
}
