/// Clips that show the same, as positions in the list that was searched.
public struct DuplicateGroup: Sendable, Hashable {
  /// How much alike the clips are.
  public enum Kind: String, Sendable, CaseIterable {
    /// The files hold the same bytes.
    case sameBytes = "same bytes"
    /// Every decoded picture is the same; only containers or times differ.
    case samePictures = "same pictures"
    /// Re-encoded, scaled, trimmed or otherwise slightly changed.
    case similar = "near-duplicate"
  }

  /// How much alike its members are.
  public let kind: Kind
  /// Ascending, at least two.
  public let members: [Int]
  /// How alike the least alike pair that was compared is, 0…1; 1 for all but `similar`.
  public let likeness: Double

  /// Whether its members lie in more than one part, such as sides of a split or labels; those
  /// without a part do not count.
  public func spans<Part: Hashable>(_ part: (_ member: Int) -> Part?) -> Bool {
    Set(members.compactMap(part)).count > 1
  }
}

/// Finds copies among clips by their fingerprints.
///
/// Exact copies have equal digests. Near ones (re-encoded, scaled, with other frame rates or
/// contrast, trimmed, overlapping by half of the shorter one) share hashes of pictures or of motion,
/// and are then compared moment by moment: what moves must move alike, so that two actions before
/// one camera, or one played backwards, are no copies. Clips that are blank throughout are copies
/// only when their files are.
///
/// The time grows nearly in proportion to the number of clips.
public struct DuplicateSearch: Sendable {
  /// Groups of copies, by their first members.
  public let groups: [DuplicateGroup]
  /// Positions of clips that show nothing, ascending.
  public let blank: [Int]
  /// Whether all clips were compared as thoroughly as promised; false when so many pictures are
  /// alike that the commonest of them had to be left out of the search for near copies.
  public let isComplete: Bool

  /// - Parameters:
  ///   - clips: nil for those that could not be read.
  ///   - fileDigest: the digest of a clip's file, asked only of clips that may be exact copies; nil
  ///     when unknown, and for clips that are a part of their file.
  public init(
    _ clips: [ClipFingerprint?], fileDigest: (Int) -> String? = { _ in nil }
  ) {
    var sets = DisjointSets(count: clips.count)
    var likeness: [Int: Double] = [:]
    blank = clips.indices.filter { clips[$0]?.isBlank == true }

    var byDigest: [String: [Int]] = [:]
    for (position, clip) in clips.enumerated() {
      if let clip { byDigest[clip.digest, default: []].append(position) }
    }
    var files: [Int: String] = [:]
    for members in byDigest.values where members.count > 1 {
      for member in members { files[member] = fileDigest(member) }
      if clips[members[0]]?.isBlank == true {
        for alike in Dictionary(grouping: members, by: { files[$0] ?? "\($0)" }).values {
          for member in alike.dropFirst() { sets.join(alike[0], member) }
        }
      } else {
        for member in members.dropFirst() { sets.join(members[0], member) }
      }
    }

    // One of each set of exact copies stands for all.
    let candidates = clips.indices.filter {
      sets.root($0) == $0 && !(clips[$0]?.isBlank ?? true)
    }
    let search = NearPairs(candidates.compactMap { clips[$0] })
    isComplete = search.isComplete
    for pair in search.pairs {
      sets.join(candidates[pair.one], candidates[pair.other])
    }
    for pair in search.pairs {
      let root = sets.root(candidates[pair.one])
      likeness[root] = min(likeness[root] ?? 1, pair.likeness)
    }

    var members: [Int: [Int]] = [:]
    for position in clips.indices where clips[position] != nil {
      members[sets.root(position), default: []].append(position)
    }
    groups = members.filter { $0.value.count > 1 }.map { root, members in
      if let likeness = likeness[root] {
        return DuplicateGroup(kind: .similar, members: members, likeness: likeness)
      }
      let known = Set(members.map { files[$0] })
      let isSame = known.count == 1 && known.first.flatMap { $0 } != nil
      return DuplicateGroup(
        kind: isSame ? .sameBytes : .samePictures, members: members, likeness: 1)
    }
    .sorted { $0.members[0] < $1.members[0] }
  }
}

/// Pairs of clips that are near copies of each other, as far as needed to connect every group.
struct NearPairs {
  struct Pair {
    let one: Int
    let other: Int
    let likeness: Double
  }

  private(set) var pairs: [Pair] = []
  let isComplete: Bool

  /// The most clips that one clip is compared with, those with the most hashes in common first.
  private static let mostCandidates = 32

  init(_ clips: [ClipFingerprint]) {
    var pictures = NearPairs.index(clips, \.pictureMarks)
    var motions = NearPairs.index(clips, \.motionMarks)
    isComplete = pictures.isComplete && motions.isComplete
    var sets = DisjointSets(count: clips.count)
    var tally = Tally(count: clips.count)
    for (position, clip) in clips.enumerated() {
      pictures.pass(clip.pictureMarks.lazy.map(\.hash))
      motions.pass(clip.motionMarks.lazy.map(\.hash))
      for mark in clip.pictureMarks {
        tally.begin()
        pictures.search(mark.hash) { tally.count($0) }
      }
      for mark in clip.motionMarks {
        tally.begin()
        motions.search(mark.hash) { tally.count($0) }
      }
      for candidate in tally.take(NearPairs.mostCandidates) {
        if sets.root(candidate) == sets.root(position) { continue }
        guard let likeness = FingerprintComparison(clip, clips[candidate]).best(), likeness.isCopy
        else { continue }
        sets.join(position, candidate)
        pairs.append(Pair(one: position, other: candidate, likeness: likeness.score))
      }
    }
  }

  private static func index(
    _ clips: [ClipFingerprint], _ marks: KeyPath<ClipFingerprint, [ClipFingerprint.Mark]>
  ) -> HashIndex {
    var entries: [HashIndex.Entry] = []
    for (position, clip) in clips.enumerated() {
      for mark in clip[keyPath: marks] {
        entries.append(HashIndex.Entry(hash: mark.hash, owner: Int32(position)))
      }
    }
    return HashIndex(entries)
  }

  /// Counts for each clip how many hashes of another it shares, each of these once.
  private struct Tally {
    private var counts: [Int32]
    private var seenBy: [Int32]
    private var touched: [Int32] = []
    private var round: Int32 = 0

    init(count: Int) {
      counts = [Int32](repeating: 0, count: count)
      seenBy = [Int32](repeating: -1, count: count)
    }

    mutating func begin() { round &+= 1 }

    mutating func count(_ owner: Int32) {
      let position = Int(owner)
      guard seenBy[position] != round else { return }
      seenBy[position] = round
      if counts[position] == 0 { touched.append(owner) }
      counts[position] += 1
    }

    /// Those with the most in common, and forgets all counts.
    mutating func take(_ most: Int) -> [Int] {
      let ranked = touched.map { (owner: Int($0), count: counts[Int($0)]) }
        .sorted { ($1.count, $0.owner) < ($0.count, $1.owner) }
      for owner in touched { counts[Int(owner)] = 0 }
      touched.removeAll(keepingCapacity: true)
      return ranked.prefix(most).map(\.owner)
    }
  }
}

/// Sets that only ever grow together.
struct DisjointSets {
  private var parents: [Int]

  init(count: Int) { parents = Array(0..<count) }

  /// The member that stands for the set: its lowest.
  mutating func root(_ member: Int) -> Int {
    var member = member
    while parents[member] != member {
      parents[member] = parents[parents[member]]
      member = parents[member]
    }
    return member
  }

  mutating func join(_ one: Int, _ other: Int) {
    let (a, b) = (root(one), root(other))
    parents[max(a, b)] = min(a, b)
  }
}
