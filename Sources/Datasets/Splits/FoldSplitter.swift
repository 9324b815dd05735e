extension Splitter {
  /// Holds out one part of the clips that the data set does not keep for test; a data set's own
  /// validation clips are divided with the others.
  ///
  /// - Throws: `DatasetError` when there are fewer groups than folds.
  static func split(_ index: DatasetIndex, _ fold: Fold, test: [Clip], seed: UInt64)
    throws(DatasetError) -> DatasetSplit
  {
    let free = index.clips.filter { $0.split != .test }
    let folds = try foldNumbers(free, index: index, count: fold.count, seed: seed)
    let isHeld = folds.map { $0 == fold.number - 1 }
    let unit = index.groupRule.kind == .none ? "clip" : "group"
    return finish(
      index, train: zip(free, isHeld).filter { !$0.1 }.map(\.0),
      validation: zip(free, isHeld).filter { $0.1 }.map(\.0), test: test,
      how: "fold \(fold.number) of \(fold.count) by \(unit), seed \(seed)", checkLeaks: false)
  }

  /// The fold of each clip, from 0. Groups stay whole; the largest are dealt out first, each to
  /// where its classes are rarest.
  private static func foldNumbers(_ clips: [Clip], index: DatasetIndex, count: Int, seed: UInt64)
    throws(DatasetError) -> [Int]
  {
    let bundles = bundle(clips, seed: seed)
    guard bundles.count >= count else {
      throw DatasetError(
        .split, path: index.path,
        "\(count) folds need \(count) groups, there are \(bundles.count) "
          + "(\(index.groupRule.sentence))")
    }
    return deal(bundles, clips: clips, classes: index.classes.count, count: count)
  }

  private static func deal(
    _ bundles: [Bundle], clips: [Clip], classes: Int, count: Int
  ) -> [Int] {
    var totals = [Int](repeating: 0, count: classes)
    for clip in clips { totals[clip.classIndex] += 1 }
    var taken = [[Int]](repeating: [Int](repeating: 0, count: totals.count), count: count)
    var groups = [Int](repeating: 0, count: count)
    var numbers = [Int](repeating: 0, count: clips.count)
    let dealt = bundles.indices.sorted {
      (bundles[$1].positions.count, $0) < (bundles[$0].positions.count, $1)
    }
    for position in dealt {
      let bundle = bundles[position]
      /// Change of Σ taken² / total: least where these classes are still rare.
      func cost(_ fold: Int) -> Double {
        bundle.counts.reduce(0) { sum, entry in
          let before = Double(taken[fold][entry.classIndex])
          let after = before + Double(entry.count)
          return sum + (after * after - before * before) / Double(totals[entry.classIndex])
        }
      }
      let costs = (0..<count).map(cost)
      let best = (0..<count).min { (costs[$0], groups[$0], $0) < (costs[$1], groups[$1], $1) }!
      groups[best] += 1
      for entry in bundle.counts { taken[best][entry.classIndex] += entry.count }
      for clip in bundle.positions { numbers[clip] = best }
    }
    return numbers
  }
}

extension Splitter {
  /// Divides clips into parts to leave out in turn, groups whole; fewer where there are fewer groups,
  /// and clips of a single group one by one.
  ///
  /// - Returns: the part of each clip, from 0.
  package static func folds(of clips: [Clip], count: Int, seed: UInt64) -> [Int] {
    var clips = clips
    if Set(clips.map(\.group)).count < 2 {
      for index in clips.indices { clips[index].group = clips[index].name }
    }
    return deal(
      bundle(clips, seed: seed), clips: clips, classes: (clips.map(\.classIndex).max() ?? 0) + 1,
      count: count)
  }
}
