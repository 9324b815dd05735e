import Tensors

extension Splitter {
  /// One group with how many clips of each class it holds.
  struct Bundle {
    let positions: [Int]
    let counts: [(classIndex: Int, count: Int)]
    let key: UInt64
  }

  /// Positions of the clips that go to validation: whole groups, taken in a keyed random order, each
  /// as long as it brings the classes nearer to their shares.
  static func byGroup(_ clips: [Clip], classes: Int, options: SplitOptions) -> Set<Int> {
    let bundles = bundle(clips, seed: options.seed)
    var totals = [Int](repeating: 0, count: classes)
    for clip in clips { totals[clip.classIndex] += 1 }
    let targets = totals.map { Double($0) * options.validationFraction }
    var taken = [Int](repeating: 0, count: classes)
    var isTaken = [Bool](repeating: false, count: bundles.count)

    /// A class must keep something to learn from.
    func leavesTraining(_ bundle: Bundle) -> Bool {
      bundle.counts.allSatisfy { taken[$0.classIndex] + $0.count < totals[$0.classIndex] }
    }
    /// Change of Σ (taken − target)² / target when the group is taken.
    func cost(_ bundle: Bundle) -> Double {
      bundle.counts.reduce(0) { sum, entry in
        let target = max(targets[entry.classIndex], 1e-9)
        let before = Double(taken[entry.classIndex]) - target
        let after = before + Double(entry.count)
        return sum + (after * after - before * before) / target
      }
    }
    func take(_ position: Int) {
      isTaken[position] = true
      for entry in bundles[position].counts { taken[entry.classIndex] += entry.count }
    }

    for position in bundles.indices
    where leavesTraining(bundles[position]) && cost(bundles[position]) < 0 { take(position) }

    // A class that got nothing is given its cheapest group, where enough clips are left.
    let wanted = targets.reduce(0, +)
    for classIndex in 0..<classes
    where taken[classIndex] == 0 && totals[classIndex] >= 3 && options.validationFraction > 0 {
      let spent = Double(taken.reduce(0, +))
      let candidates = bundles.indices.filter { position in
        !isTaken[position] && leavesTraining(bundles[position])
          && bundles[position].counts.contains { $0.classIndex == classIndex }
          && spent + Double(bundles[position].positions.count) <= max(2 * wanted, 1)
      }
      let best = candidates.min { cost(bundles[$0]) < cost(bundles[$1]) }
      if let best { take(best) }
    }

    var chosen = Set<Int>()
    for position in bundles.indices where isTaken[position] {
      chosen.formUnion(bundles[position].positions)
    }
    return chosen
  }

  /// Groups in the order of their keyed hashes.
  static func bundle(_ clips: [Clip], seed: UInt64) -> [Bundle] {
    var members: [String: [Int]] = [:]
    for (position, clip) in clips.enumerated() { members[clip.group, default: []].append(position) }
    return members.map { group, positions in
      var counts: [Int: Int] = [:]
      for position in positions { counts[clips[position].classIndex, default: 0] += 1 }
      return Bundle(
        positions: positions,
        counts: counts.map { (classIndex: $0.key, count: $0.value) }
          .sorted { $0.classIndex < $1.classIndex },
        key: key(StableHash.of(group), seed))
    }
    .sorted { $0.key == $1.key ? $0.positions[0] < $1.positions[0] : $0.key < $1.key }
  }
}
