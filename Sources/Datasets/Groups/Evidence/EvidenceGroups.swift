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
      let choices: [Float] = kind == .pictures ? EvidenceGroups.likeness : [0]
      for likeness in choices {
        var tried = sets
        let pairs = EvidenceGroups.pairs(kind, evidence, clips, likeness: likeness)
        let made = pairs.count { tried.join(ifApart: $0.0, $0.1) }
        guard EvidenceGroups.divides(tried, clips) else { continue }
        if made > 0 { joins.append((kind, made)) }
        sets = tried
        break
      }
    }
    guard !joins.isEmpty else { return nil }
    self.joins = joins
    roots = clips.indices.map { sets.root($0) }
    count = Set(roots).count
  }

  private static func pairs(
    _ kind: Kind, _ evidence: [ClipEvidence?], _ clips: [Clip], likeness: Float
  ) -> [(Int, Int)] {
    let known = clips.indices.filter { evidence[$0] != nil }
    switch kind {
    case .recording:
      let timed = known.filter { evidence[$0]?.recorded != nil }
      return Dictionary(grouping: timed) { evidence[$0]?.camera ?? "" }.values.flatMap { members in
        let ordered = members.sorted { time(evidence[$0]) < time(evidence[$1]) }
        return zip(ordered, ordered.dropFirst()).filter {
          time(evidence[$1]) - time(evidence[$0]) <= session
        }
      }
    case .neighbours:
      return zip(known, known.dropFirst()).filter { one, other in
        folder(clips[one].path) == folder(clips[other].path)
          && evidence[one]?.signature == evidence[other]?.signature
      }
    case .pictures:
      return Dictionary(grouping: known) { evidence[$0]?.frameSize ?? "" }.values.flatMap {
        members in
        members.indices.flatMap { place in
          members[(place + 1)...].compactMap { other in
            guard let one = evidence[members[place]], let two = evidence[other],
              one.likeness(to: two) >= likeness
            else { return nil }
            return (members[place], other)
          }
        }
      }
    }
  }

  private static func time(_ evidence: ClipEvidence?) -> Double { evidence?.recorded ?? 0 }

  private static func folder(_ path: String) -> Substring {
    path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
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
