import ClipSampling
import FileStore
import Tensors

/// How to divide a data set.
public struct SplitOptions: Sendable {
  /// Share of the clips for validation, where the data set has no split of its own.
  public var validationFraction: Double
  /// Another seed divides otherwise, with the same shares.
  public var seed: UInt64
  /// Groups that go to validation, and only those; overrides `validationFraction`.
  public var holdOut: [String]
  /// Every clip for itself, whatever its group: to show how much a leaky split would flatter.
  public var ignoreGroups: Bool
  /// One part of several in turn, for cross-validation; overrides all of the above but the seed.
  public var fold: Fold?

  /// All defaults: a fifth of the clips for validation, whole groups.
  public init(
    validationFraction: Double = 0.2, seed: UInt64 = 0, holdOut: [String] = [],
    ignoreGroups: Bool = false, fold: Fold? = nil
  ) {
    self.validationFraction = validationFraction
    self.seed = seed
    self.holdOut = holdOut
    self.ignoreGroups = ignoreGroups
    self.fold = fold
  }
}

/// One of several parts of a data set that are held out in turn.
public struct Fold: Codable, Hashable, Sendable {
  /// From 1.
  public let number: Int
  /// Of how many; at least two.
  public let count: Int

  /// - Precondition: `number` from 1 to `count`, which is at least 2.
  public init(number: Int, of count: Int) {
    precondition(count > 1 && (1...count).contains(number), "a fold is one of several")
    self.number = number
    self.count = count
  }
}

/// The sides of a divided data set, each in the order of the index.
public struct DatasetSplit: Sendable {
  /// To learn from.
  public let train: [Clip]
  /// To choose by; empty where nothing is held out.
  public let validation: [Clip]
  /// Kept from all choices; empty where the data set names none.
  public let test: [Clip]
  /// For people: how the clips were divided.
  public let sentence: String
  /// What the user should know about the division, one line each.
  public let warnings: [String]

  /// The same where what was held out is learned from too.
  public var allToTrain: DatasetSplit {
    DatasetSplit(
      train: train + validation, validation: [], test: test, sentence: sentence, warnings: warnings)
  }

  /// SHA-256 of which clip is on which side.
  public var fingerprint: String { Digest.sha256(csvLines.joined(separator: "\n")) }

  /// The lines of `split.csv`: header `filepath,label,split,group`, sorted by path.
  public var csvLines: [String] {
    let sides: [(Split, [Clip])] = [(.train, train), (.validation, validation), (.test, test)]
    var rows = sides.flatMap { side, clips in clips.map { (side, $0) } }
    let hasRanges = rows.contains { $0.1.start != nil || $0.1.end != nil }
    rows.sort {
      $0.1.path == $1.1.path
        ? ($0.1.start ?? -1, $0.1.end ?? .infinity) < ($1.1.start ?? -1, $1.1.end ?? .infinity)
        : $0.1.path.scalarsPrecede($1.1.path)
    }
    let header = ["filepath", "label", "split", "group"] + (hasRanges ? ["start", "end"] : [])
    return [CSV.line(header)]
      + rows.map { side, clip in
        let range =
          hasRanges ? [clip.start.map { "\($0)" } ?? "", clip.end.map { "\($0)" } ?? ""] : []
        return CSV.line([clip.path, clip.label, side.rawValue, clip.group] + range)
      }
  }
}

/// Divides a data set into train, validation and test, so that no group is on two sides.
///
/// What goes where depends on the seed and the clips' paths alone: not on the order of listing, the
/// number of threads or where the data set lies.
public enum Splitter {
  /// As with `SplitOptions`, whose other values are the defaults.
  ///
  /// - Throws: `DatasetError` when the share is none, or one side would be empty.
  public static func split(_ index: DatasetIndex, validationFraction: Double, seed: UInt64)
    throws(DatasetError) -> DatasetSplit
  {
    try split(index, SplitOptions(validationFraction: validationFraction, seed: seed))
  }

  /// - Throws: `DatasetError` when a group to hold out does not exist, or one side would be empty.
  public static func split(_ index: DatasetIndex, _ options: SplitOptions)
    throws(DatasetError) -> DatasetSplit
  {
    guard options.validationFraction >= 0, options.validationFraction < 1 else {
      throw DatasetError(
        .split, path: index.path,
        "validation share \(options.validationFraction) is not in 0..<1; 0.2 is usual")
    }
    let free = index.clips.filter { $0.split == nil || $0.split == .train }
    let test = index.clips.filter { $0.split == .test }
    let own = index.clips.filter { $0.split == .validation }
    if let fold = options.fold { return try split(index, fold, test: test, seed: options.seed) }
    let chosen: Set<Int>
    let how: String
    if !options.holdOut.isEmpty {
      chosen = try held(free, index: index, groups: options.holdOut)
      how = "groups \(options.holdOut.joined(separator: ", ")) held out, as asked"
    } else if !own.isEmpty {
      return finish(
        index, train: free, validation: own, test: test, how: "as the data set itself divides them",
        checkLeaks: true)
    } else if options.ignoreGroups || index.groupRule.kind == .none {
      chosen = byClip(free, classes: index.classes.count, options: options)
      how = "by clip, \(percent(options.validationFraction)) of each class, seed \(options.seed)"
    } else {
      chosen = byGroup(free, classes: index.classes.count, options: options)
      how =
        "by group, about \(percent(options.validationFraction)) of each class, seed \(options.seed)"
    }
    let train = free.indices.filter { !chosen.contains($0) }.map { free[$0] }
    let validation = free.indices.filter { chosen.contains($0) }.map { free[$0] } + own
    guard !train.isEmpty else {
      throw DatasetError(
        .split, path: index.path,
        "no clips are left to train on; hold out fewer groups (there are \(index.groupRule.groupCount))"
      )
    }
    guard !validation.isEmpty || options.validationFraction == 0 else {
      throw DatasetError(
        .split, path: index.path,
        "nothing can be held out for validation (\(free.count) clips, \(index.groupRule.sentence)); add clips, or override the groups with `groupBy` '(.*)'"
      )
    }
    return finish(
      index, train: train, validation: validation, test: test, how: how,
      checkLeaks: !options.ignoreGroups && index.clips.contains { $0.split != nil })
  }

  private static func percent(_ fraction: Double) -> String {
    let value = (fraction * 1000).rounded() / 10
    return value == value.rounded() ? "\(Int(clamping: value)) %" : "\(value) %"
  }

  private static func held(_ clips: [Clip], index: DatasetIndex, groups: [String])
    throws(DatasetError) -> Set<Int>
  {
    let wanted = Set(groups)
    let known = Set(clips.lazy.map(\.group))
    if let missing = groups.first(where: { !known.contains($0) }) {
      let some = known.sorted { $0.scalarsPrecede($1) }.prefix(6).joined(separator: ", ")
      throw DatasetError(
        .split, path: index.path,
        "no group \"\(missing)\" to hold out; there are \(known.count): \(some)\(known.count > 6 ? ", …" : "")"
      )
    }
    return Set(clips.indices.filter { wanted.contains(clips[$0].group) })
  }

  /// Of each class the rounded share, those with the lowest keyed hash.
  private static func byClip(_ clips: [Clip], classes: Int, options: SplitOptions) -> Set<Int> {
    var chosen = Set<Int>()
    for members in positionsByClass(clips, classes: classes) {
      var count = Int(
        clamping: (Double(members.count) * options.validationFraction).rounded())
      // Three clips are enough to spare one; two are not.
      if count == 0, members.count >= 3, options.validationFraction > 0 { count = 1 }
      count = min(count, max(0, members.count - 1))
      let ordered = members.map { (key(clips[$0].identity, options.seed), $0) }
        .sorted { $0.0 < $1.0 }
      chosen.formUnion(ordered.prefix(count).map(\.1))
    }
    return chosen
  }

  private static func positionsByClass(_ clips: [Clip], classes: Int) -> [[Int]] {
    var members = [[Int]](repeating: [], count: classes)
    for (position, clip) in clips.enumerated() { members[clip.classIndex].append(position) }
    return members
  }

  /// So much of each class, at least one clip of it; a larger share contains every smaller one.
  public static func part(_ share: Double, of clips: [Clip], seed: UInt64) -> [Clip] {
    precondition(share > 0 && share <= 1, "a share is above 0 and at most 1")
    if share == 1 { return clips }
    let classes = (clips.map(\.classIndex).max() ?? -1) + 1
    var chosen = Set<Int>()
    for members in positionsByClass(clips, classes: classes) {
      let count = Int(clamping: (Double(members.count) * share).rounded(.up))
      let ordered = members.map { (key(clips[$0].identity, seed), $0) }.sorted { $0 < $1 }
      chosen.formUnion(ordered.prefix(count).map(\.1))
    }
    return chosen.sorted().map { clips[$0] }
  }

  static func key(_ identity: UInt64, _ seed: UInt64) -> UInt64 {
    var stream = RandomStream(seed: seed, purpose: .split, identity)
    return stream.next()
  }

  static func finish(
    _ index: DatasetIndex, train: [Clip], validation: [Clip], test: [Clip], how: String,
    checkLeaks: Bool
  ) -> DatasetSplit {
    var warnings: [String] = []
    if !validation.isEmpty {
      let present = Set(validation.lazy.map(\.classIndex))
      let lacking = index.classes.indices.filter { !present.contains($0) }
        .map { index.classes[$0] }
      if !lacking.isEmpty {
        warnings.append(
          "validation has no clip of \(namesList(lacking)): its score says nothing about that; add clips from other groups"
        )
      }
    }
    let trained = Set(train.lazy.map(\.classIndex))
    let untrained = Set(validation.lazy.map(\.classIndex)).subtracting(trained).sorted()
    if !untrained.isEmpty, !train.isEmpty {
      warnings.append(
        "train has no clip of \(namesList(untrained.map { index.classes[$0] })): the model cannot learn it"
      )
    }
    if checkLeaks, index.groupRule.kind != .none {
      let shared = Set(train.lazy.map(\.group))
        .intersection(Set((validation + test).lazy.map(\.group)))
      if !shared.isEmpty {
        let names = shared.sorted { $0.scalarsPrecede($1) }
        warnings.append(
          "\(namesList(names, noun: "group", plural: "groups")) on both sides of the data set's own split: scores may flatter; override with `groupBy`, or drop the split"
        )
      }
    }
    return DatasetSplit(
      train: train, validation: validation, test: test,
      sentence: "\(train.count) clips to train on, \(validation.count) to validate"
        + (test.isEmpty ? "" : ", \(test.count) kept for test") + ": \(how)",
      warnings: warnings)
  }
}
