import FileStore

/// Groups read from what clips hold, for sets whose names tell none.
///
/// Three kinds of evidence join two clips: one camera that recorded them within minutes; names that
/// follow each other in one folder, with one frame size, rate and codec; pictures of one frame size
/// and nearly the same colours, as one place has them. What would join nearly everything tells
/// nothing and is not used.
public struct EvidenceGroups: Sendable {
  /// How clips were joined, as far as it had a part in it.
  public enum Kind: String, Sendable, CaseIterable {
    /// One camera, within minutes.
    case recording = "recording times"
    /// Neighbours in a folder, encoded alike.
    case neighbours = "neighbouring names with one frame size and rate"
    /// Nearly the same colours.
    case pictures = "alike pictures"
  }

  /// A number for each clip, that of the first of its group.
  let roots: [Int]
  /// Groups among all clips.
  public let count: Int
  /// What joined clips, with how many joins no other evidence before it had made.
  public let joins: [(kind: Kind, count: Int)]

  /// Seconds between two recordings of one session.
  private static let session = 600.0
  /// Colours in common of two clips of one place, the usual first; stricter ones where that joins
  /// too much.
  private static let likeness: [Float] = [0.95, 0.97, 0.985]
  /// The largest share of all clips that one group may have before it is no evidence.
  private static let largestShare = 0.25

  /// - Parameter evidence: one for each clip; nil where nothing could be decoded.
  /// - Returns: nil where nothing joins any clips, or only nearly all of them.
  public init?(_ evidence: [ClipEvidence?], of clips: [Clip]) {
    precondition(evidence.count == clips.count, "evidence for each clip")
    var sets = DisjointSets(count: clips.count)
    var joins: [(kind: Kind, count: Int)] = []
    for kind in Kind.allCases {
      // One look at each pair serves all strictnesses.
      let choices: [Float] = kind == .pictures ? EvidenceGroups.likeness : [0]
      var trials = choices.map { (least: $0, sets: sets, made: 0) }
      EvidenceGroups.forEachPair(kind, evidence, clips) { one, other, likeness in
        for index in trials.indices where likeness >= trials[index].least {
          if trials[index].sets.join(ifApart: one, other) { trials[index].made += 1 }
        }
      }
      guard let trial = trials.first(where: { EvidenceGroups.divides($0.sets, clips) }) else {
        continue
      }
      if trial.made > 0 { joins.append((kind, trial.made)) }
      sets = trial.sets
    }
    guard !joins.isEmpty else { return nil }
    self.joins = joins
    roots = clips.indices.map { sets.root($0) }
    count = Set(roots).count
  }

  /// Shows every pair of clips that a kind of evidence may join, with their likeness: of pictures how
  /// much of their colours they have in common, otherwise 1.
  private static func forEachPair(
    _ kind: Kind, _ evidence: [ClipEvidence?], _ clips: [Clip],
    _ body: (_ one: Int, _ other: Int, _ likeness: Float) -> Void
  ) {
    let known = clips.indices.filter { evidence[$0] != nil }
    switch kind {
    case .recording:
      let timed = known.compactMap { clip in evidence[clip]?.recorded.map { (clip: clip, time: $0) }
      }
      for members in Dictionary(grouping: timed, by: { evidence[$0.clip]?.camera ?? "" }).values {
        let ordered = members.sorted { $0.time < $1.time }
        for (one, other) in zip(ordered, ordered.dropFirst()) where other.time - one.time <= session
        {
          body(one.clip, other.clip, 1)
        }
      }
    case .neighbours:
      for (one, other) in zip(known, known.dropFirst())
      where PathText.folder(of: clips[one].path) == PathText.folder(of: clips[other].path)
        && evidence[one]?.signature == evidence[other]?.signature
      {
        body(one, other, 1)
      }
    case .pictures:
      let found = known.compactMap { clip in evidence[clip].map { (clip: clip, evidence: $0) } }
      for members in Dictionary(grouping: found, by: \.evidence.frameSize).values {
        for (place, one) in members.enumerated() {
          for other in members[(place + 1)...] {
            body(one.clip, other.clip, one.evidence.likeness(to: other.evidence))
          }
        }
      }
    }
  }

  /// Whether groups still divide the clips: none holds too many, and each class is in three or, as
  /// far as it has clips, more.
  private static func divides(_ sets: DisjointSets, _ clips: [Clip]) -> Bool {
    var sets = sets
    let roots = clips.indices.map { sets.root($0) }
    let largest = Dictionary(grouping: roots) { $0 }.values.lazy.map(\.count).max() ?? 0
    guard Double(largest) <= largestShare * Double(clips.count) else { return false }
    return Dictionary(grouping: clips.indices) { clips[$0].label }.values.allSatisfy { members in
      Set(members.map { roots[$0] }).count >= min(3, members.count)
    }
  }
}

extension DisjointSets {
  /// Joins two sets; false where they were one already.
  fileprivate mutating func join(ifApart one: Int, _ other: Int) -> Bool {
    guard root(one) != root(other) else { return false }
    join(one, other)
    return true
  }
}
