import Tensors
import Testing

@testable import Datasets

/// Clips that exist by name only.
func makeIndex(_ paths: [String], groupBy: String? = nil, groups: [String]? = nil) throws
  -> DatasetIndex
{
  let clips = paths.enumerated().map { position, path in
    Clip(
      path: path, file: "/data/" + path, label: String(path.split(separator: "/")[0]),
      group: groups?[position] ?? "")
  }
  return try DatasetIndex(
    path: "/data",
    found: FoundClips(clips: clips, groupColumn: groups == nil ? nil : "group"), groupBy: groupBy)
}

struct GroupTests {
  struct Case: Sendable {
    let names: [String]
    let first: String
    let count: Int
  }

  /// `prefix + source + middle + number + suffix` for each source and number.
  static func names(
    _ sources: [String], _ count: Int, _ name: (String, Int) -> String
  ) -> [String] {
    var names: [String] = []
    for source in sources {
      for number in 1...count { names.append(name(source, number)) }
    }
    return names
  }

  static let cases: [Case] = [
    Case(
      names: names(["g01", "g02", "g03"], 3) { "v_Soccer_\($0)_c0\($1).avi" }, first: "g01",
      count: 3),
    Case(
      names: names(["person01", "person02"], 2) { "\($0)_boxing_d\($1)_uncomp.avi" },
      first: "person01", count: 2),
    Case(names: names(["F01", "F02", "M01"], 4) { "\($0)_0\($1)" }, first: "F01", count: 3),
    Case(
      names: names(["scene01", "scene02"], 3) { "\($0)_left_0\($1).mp4" }, first: "scene01",
      count: 2),
    Case(
      names: names(["abcDEF", "xyZ-12q", "kkk9k"], 2) { "\($0)_00001\($1)_00002\($1).mp4" },
      first: "abcDEF", count: 3),
    Case(
      names: names(["talkshow", "news", "sports"], 3) { "\($0)_000\($1).mp4" }, first: "talkshow",
      count: 3),
    Case(
      names: names(["IMG_20240101", "IMG_20240102"], 4) { "\($0)_12000\($1).mov" },
      first: "20240101", count: 2),
  ]

  @Test(arguments: cases)
  func inferredFromNames(_ example: Case) throws {
    let paths = ["one", "two"].flatMap { label in example.names.map { "\(label)/\($0)" } }
    let index = try makeIndex(paths)
    #expect(index.groupRule.kind == .inferred)
    #expect(index.groupRule.groupCount == example.count)
    #expect(index.clips.contains { $0.group == example.first })
    #expect(index.groupRule.sentence.contains("`groupBy`"))
  }

  @Test(arguments: [
    // The beginning only repeats the class.
    ["walk/walk_01.mp4", "walk/walk_02.mp4", "run/run_01.mp4", "run/run_02.mp4"],
    // Every clip would be its own group.
    ["walk/a1_x.mp4", "walk/a2_x.mp4", "run/a3_x.mp4", "run/a4_x.mp4"],
    ["fight/fi001.mp4", "fight/fi002.mp4", "noFight/nofi001.mp4", "noFight/nofi002.mp4"],
  ])
  func nothingToInfer(_ paths: [String]) throws {
    let index = try makeIndex(paths)
    #expect(index.groupRule.kind == .none)
    #expect(Set(index.clips.map(\.group)).count == 4)
  }

  @Test func patternTakesItsFirstCapture() throws {
    let paths = ["a/x-cam1-1.mp4", "a/y-cam2-1.mp4", "b/z-cam1-1.mp4", "b/none.mp4"]
    let index = try makeIndex(paths, groupBy: "cam([0-9])")
    #expect(index.clips.map(\.group) == ["1", "2", "b/none.mp4", "1"])
    #expect(index.groupRule.sentence.contains("b/none.mp4"))
    for bad in ["(", "cam[0-9]", "nothing(x)"] {
      let error = #expect(throws: DatasetError.self) { try makeIndex(paths, groupBy: bad) }
      #expect(error?.code == .pattern)
    }
  }

  @Test func rangesOfOneFileStayTogether() throws {
    let clips = (0..<8).map { (number: Int) -> Clip in
      Clip(
        path: "movie\(number / 2).mp4", file: "", start: Double(number), end: Double(number + 1),
        label: number % 2 == 0 ? "a" : "b")
    }
    let index = try DatasetIndex(path: "m.csv", clips: clips)
    #expect(index.groupRule.groupCount == 4)
    let split = try Splitter.split(index, validationFraction: 0.25, seed: 0)
    #expect(Set(split.train.map(\.group)).isDisjoint(with: Set(split.validation.map(\.group))))
    #expect(split.validation.count == 2)
  }
}

struct SplitTests {
  static let words = ["begin", "choose", "stop"]
  static let paths: [String] = words.flatMap { (word: String) -> [String] in
    (1...40).map { "\(word)/F\(($0 - 1) / 4 + 1)_\($0)" }
  }

  @Test(arguments: [0, 1, 2, 17, 99] as [UInt64])
  func groupsAreNeverOnBothSides(seed: UInt64) throws {
    let split = try Splitter.split(makeIndex(Self.paths), validationFraction: 0.2, seed: seed)
    let held = Set(split.validation.map(\.group))
    #expect(held.count == 2)
    #expect(held.isDisjoint(with: Set(split.train.map(\.group))))
    #expect(split.train.count + split.validation.count == 120)
    for classIndex in 0..<3 {
      #expect(split.validation.filter { $0.classIndex == classIndex }.count == 8)
    }
  }

  @Test(arguments: [false, true])
  func independentOfListingOrder(grouped: Bool) throws {
    let paths =
      grouped
      ? Self.paths
      : (0..<40).map { (number: Int) -> String in
        "\(["a", "b"][number % 2])/\("qwertzuiop".dropFirst(number % 7))x\(number)y.mp4"
      }
    var shuffled = paths
    var random = RandomStream(seed: 4, purpose: .test)
    random.shuffle(&shuffled)
    let one = try Splitter.split(makeIndex(paths), validationFraction: 0.3, seed: 5)
    let other = try Splitter.split(makeIndex(shuffled), validationFraction: 0.3, seed: 5)
    #expect(one.csvLines == other.csvLines)
    #expect(one.fingerprint == other.fingerprint)
    let seeds = try (0..<8 as Range<UInt64>).map {
      try Splitter.split(makeIndex(paths), validationFraction: 0.3, seed: $0).fingerprint
    }
    #expect(Set(seeds).count > 4)
  }

  @Test func uneven() throws {
    // Groups of very different sizes, each of one class, as cut from few source videos.
    var paths: [String] = []
    var groups: [String] = []
    for source in 0..<30 {
      for clip in 0...(source % 7) {
        paths.append("\(source % 3 == 0 ? "fight" : "calm")/s\(source)c\(clip).mp4")
        groups.append("source\(source)")
      }
    }
    for seed in 0..<20 as Range<UInt64> {
      let split = try Splitter.split(
        makeIndex(paths, groups: groups), validationFraction: 0.2, seed: seed)
      let share = Double(split.validation.count) / Double(paths.count)
      #expect(share > 0.1 && share < 0.3)
      #expect(Set(split.validation.map(\.classIndex)) == [0, 1])
      #expect(Set(split.validation.map(\.group)).isDisjoint(with: Set(split.train.map(\.group))))
    }
  }

  @Test func heldOutGroups() throws {
    let index = try makeIndex(Self.paths)
    let split = try Splitter.split(index, SplitOptions(holdOut: ["F3", "F10"]))
    #expect(Set(split.validation.map(\.group)) == ["F3", "F10"])
    #expect(split.validation.count == 24)
    let error = #expect(throws: DatasetError.self) {
      try Splitter.split(index, SplitOptions(holdOut: ["F11"]))
    }
    #expect(error?.message.contains("F11") == true)
  }

  @Test func ignoringGroupsStratifiesByClip() throws {
    let split = try Splitter.split(
      makeIndex(Self.paths), SplitOptions(validationFraction: 0.25, ignoreGroups: true))
    #expect(
      (0..<3).map { c in split.validation.filter { $0.classIndex == c }.count } == [10, 10, 10])
    #expect(!Set(split.validation.map(\.group)).isDisjoint(with: Set(split.train.map(\.group))))
  }

  @Test func aClassInOneGroupStaysInTraining() throws {
    let paths = (0..<12).map { "a/c\($0).mp4" } + (0..<4).map { "b/d\($0).mp4" }
    let groups = (0..<12).map { "s\($0 / 2)" } + (0..<4).map { _ in "only" }
    for seed in 0..<10 as Range<UInt64> {
      let split = try Splitter.split(
        makeIndex(paths, groups: groups), validationFraction: 0.3, seed: seed)
      #expect(split.train.contains { $0.label == "b" })
      #expect(split.warnings.contains { $0.contains("\"b\"") })
    }
  }

  @Test func addingAClipMovesFew() throws {
    let paths = (0..<100).map { (number: Int) -> String in
      "\(["a", "b"][number % 2])/\(String(number, radix: 36))q.mp4"
    }
    let before = try Splitter.split(makeIndex(paths), validationFraction: 0.2, seed: 1)
    let after = try Splitter.split(
      makeIndex(paths + ["a/newcomer.mp4"]), validationFraction: 0.2, seed: 1)
    let moved = Set(before.validation.map(\.path)).symmetricDifference(after.validation.map(\.path))
    #expect(moved.count <= 2)
  }

  @Test func ownSplitThatLeaksIsSaid() throws {
    let sides = ["train", "train", "val", "val"]
    let clips = sides.enumerated().map { (position: Int, side: String) -> Clip in
      Clip(
        path: "\(position).mp4", file: "", label: position % 2 == 0 ? "a" : "b",
        group: position < 3 ? "same" : "other", split: Split(name: side))
    }
    let index = try DatasetIndex(
      path: "m.csv", found: FoundClips(clips: clips, groupColumn: "group"), groupBy: nil)
    let split = try Splitter.split(index, validationFraction: 0.2, seed: 0)
    #expect(split.warnings.contains { $0.contains("\"same\"") })
  }
}

struct LabelMirrorTests {
  @Test(arguments: [
    (["move left", "move right"], false), (["turnLeft", "turnRight", "straight"], false),
    (["clockwise", "counter-clockwise"], false), (["cw", "anticlockwise"], false),
    (["spin_ccw", "spin_cw"], false), (["hand-l", "hand-r"], false),
    (["left", "stop"], false), (["kick", "kick mirrored"], false),
    (["walk", "run"], true), (["begin", "next", "previous"], true), (["links", "pages"], true),
    (["bright", "leftover"], true), (["approach", "recede"], true),
  ])
  func directions(classes: [String], flips: Bool) {
    let mirror = LabelMirror(classes: classes)
    #expect(mirror.allowsFlip == flips)
    #expect(mirror.sentence.contains("`flip`"))
  }

  @Test func pairsAreNamed() {
    let mirror = LabelMirror(classes: ["a left", "a right", "b", "c left", "c right"])
    #expect(mirror.pairs == [[0, 1], [3, 4]])
  }
}
