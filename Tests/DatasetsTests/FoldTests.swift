import Testing
import VideoDecoding

@testable import Datasets

struct FoldTests {
  private static func index(groups: Int, clipsPerGroup: (Int) -> Int) throws -> DatasetIndex {
    var paths: [String] = []
    var names: [String] = []
    for group in 0..<groups {
      for number in 0..<clipsPerGroup(group) {
        paths.append("\(["a", "b", "c"][number % 3])/g\(group)_\(number).mp4")
        names.append("g\(group)")
      }
    }
    return try makeIndex(paths, groups: names)
  }

  @Test(arguments: [2, 3, 5], [UInt64(0), 1])
  func everyClipIsHeldOutOnceWithItsGroup(count: Int, seed: UInt64) throws {
    let index = try FoldTests.index(groups: 11) { 3 + 5 * $0 % 13 }
    var held: [String] = []
    for number in 1...count {
      let split = try Splitter.split(
        index, SplitOptions(seed: seed, fold: Fold(number: number, of: count)))
      held += split.validation.map(\.path)
      #expect(split.train.count + split.validation.count == index.clips.count)
      #expect(
        Set(split.train.map(\.group)).isDisjoint(with: Set(split.validation.map(\.group))))
      #expect(split.sentence.contains("fold \(number) of \(count) by group"))
      // A fair part: at most the largest group away from the mean.
      let fair = Double(index.clips.count) / Double(count)
      #expect(abs(Double(split.validation.count) - fair) <= 15, "\(split.validation.count)")
    }
    #expect(held.sorted() == index.clips.map(\.path).sorted())
  }

  /// Parts to leave out in turn: whole groups, as many parts as there are; clips where there is one group.
  @Test(arguments: [(11, 5, 5), (3, 5, 3), (2, 2, 2)])
  func partsKeepGroupsWhole(groups: Int, count: Int, parts: Int) throws {
    let clips = try FoldTests.index(groups: groups) { 4 + $0 % 3 }.clips
    let numbers = Splitter.folds(of: clips, count: count, seed: 1)
    #expect(Set(numbers) == Set(0..<parts))
    for (group, members) in Dictionary(grouping: clips.indices, by: { clips[$0].group }) {
      #expect(Set(members.map { numbers[$0] }).count == 1, "\(group)")
    }
    #expect(numbers == Splitter.folds(of: clips, count: count, seed: 1))
  }

  @Test func clipsOfASingleGroupArePartedOneByOne() throws {
    let clips = try FoldTests.index(groups: 1) { _ in 12 }.clips
    let numbers = Splitter.folds(of: clips, count: 4, seed: 0)
    #expect((0..<4).allSatisfy { part in numbers.count { $0 == part } == 3 })
  }

  @Test func equalGroupsGiveEqualFolds() throws {
    let index = try FoldTests.index(groups: 10) { _ in 9 }
    for number in 1...5 {
      let split = try Splitter.split(index, SplitOptions(fold: Fold(number: number, of: 5)))
      #expect(Set(split.validation.map(\.group)).count == 2)
      #expect(split.validation.count { $0.label == "a" } == 6)
    }
  }

  @Test func moreFoldsThanGroupsAreRefused() throws {
    let index = try FoldTests.index(groups: 3) { _ in 4 }
    let error = #expect(throws: DatasetError.self) {
      try Splitter.split(index, SplitOptions(fold: Fold(number: 1, of: 4)))
    }
    #expect(error?.message.contains("4 folds need 4 groups, there are 3") == true)
  }

  @Test func partsAreNestedAndKeepEveryClass() throws {
    let clips = try FoldTests.index(groups: 4) { _ in 30 }.clips
    let quarter = Splitter.part(0.25, of: clips, seed: 3)
    let half = Splitter.part(0.5, of: clips, seed: 3)
    #expect(quarter.count == 30 && half.count == 60)
    #expect(Set(quarter).isSubset(of: Set(half)))
    #expect(Set(Splitter.part(0.001, of: clips, seed: 3).map(\.label)) == ["a", "b", "c"])
    #expect(Splitter.part(0.25, of: clips, seed: 4) != quarter)
    #expect(Splitter.part(1, of: clips, seed: 3) == clips)
  }
}

/// Groups that give their clips away.
struct GroupLikenessTests {
  /// - Parameter shared: whether the clips of a group and label show the same, whatever other groups
  ///   show; else what they show depends on the label alone.
  private static func clips(shared: Bool) -> ([ClipFingerprint?], [Clip]) {
    var prints: [ClipFingerprint?] = []
    var clips: [Clip] = []
    for group in 0..<10 {
      for number in 0..<6 {
        let label = number % 2
        let scene = DuplicateTests.Scene(
          background: UInt64(shared ? 100 + 10 * group + label : 100 + label),
          motion: UInt64(group * 10 + number))
        prints.append(ClipFingerprint(stack: scene.stack()))
        clips.append(
          Clip(
            path: "\(group)/\(number)", file: "", label: "\(label)", classIndex: label,
            group: "g\(group)"))
      }
    }
    return (prints, clips)
  }

  @Test(arguments: [true, false])
  func bothFiguresAreRight(shared: Bool) throws {
    let (prints, clips) = GroupLikenessTests.clips(shared: shared)
    let likeness = try #require(GroupLikeness(prints, of: clips))
    #expect(likeness.clips == 60)
    #expect(likeness.amongAll > 0.9)
    if shared {
      #expect(likeness.amongOthers < 0.75)
    } else {
      #expect(likeness.amongOthers > 0.9)
    }
  }

  @Test func singleClipsTellNothing() {
    let (prints, clips) = GroupLikenessTests.clips(shared: true)
    let alone = clips.map { Clip(path: $0.path, file: "", label: $0.label, group: $0.path) }
    #expect(GroupLikeness(prints, of: alone) == nil)
    #expect(GroupLikeness(prints.map { _ in nil }, of: clips) == nil)
  }
}
