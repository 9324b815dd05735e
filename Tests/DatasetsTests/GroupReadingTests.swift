import Tensors
import TestSupport
import Testing

@testable import Datasets

/// Groups read from names and folders as people write them.
struct GroupReadingTests {
  private func groups(_ paths: [String]) throws -> (of: [String: String], rule: GroupRule) {
    let index = try makeIndex(paths)
    let pairs = index.clips.map { ($0.path, $0.group) }
    return (Dictionary(uniqueKeysWithValues: pairs), index.groupRule)
  }

  @Test func oddNamesStandForThemselves() throws {
    let regular = ["sing", "talk"].flatMap { word in
      (1...5).flatMap { speaker in (1...2).map { "\(word)/K\(speaker)-\(word)-\($0).mov" } }
    }
    let odd = ["sing/neu (3).mov", "talk/VID-20240101-WA0003.mov", "talk/untitled.mov"]
    let found = try groups(regular + odd)
    for path in regular { #expect(found.of[path] == String(path.dropFirst(5).prefix(2))) }
    for path in odd { #expect(found.of[path] == path) }
    #expect(found.rule.groupCount == 8)
    #expect(found.rule.sentence.contains("3 clips such as \"neu (3)\""))
    #expect(found.rule.sentence.contains("`groupBy`"))
    // A part that is a group of other names counts in an odd name as well.
    let joined = try groups(regular + ["talk/K4 again.mov"])
    #expect(joined.of["talk/K4 again.mov"] == "K4")
  }

  @Test func numbersAtTheEdge() throws {
    let paths = ["walk", "run"].flatMap { word in
      ["K1", "K2", "K3"].flatMap { source in
        [0, Int.max - 1, Int.max].map { "\(word)/\(source)_\($0).mp4" }
          + ["\(word)/\(source)_9223372036854775808.mp4"]
      }
    }
    let found = try groups(paths)
    #expect(Set(found.of.values) == ["K1", "K2", "K3"])
  }

  @Test func twoHabitsInTwoFolders() throws {
    let one = GroupTests.names(["A3", "B7", "D2"], 4) { "swim/\($0)_swim_0\($1).mp4" }
    let other = GroupTests.names(["rider11", "rider12", "rider40"], 4) {
      "ride/2023-0\($1)-07 \($0).mp4"
    }
    let found = try groups(one + other)
    #expect(found.of["swim/B7_swim_03.mp4"] == "B7")
    #expect(found.of["ride/2023-02-07 rider40.mp4"] == "rider40")
    #expect(found.rule.groupCount == 6)
  }

  @Test func thePlaceIsWhatComesBackUnderDatesAndClasses() throws {
    let visits = [
      ("owl", "2023-03-01", "W2"), ("owl", "2023-03-04", "W2"), ("cat", "2023-03-09", "W2"),
      ("cat", "2023-03-01", "E1"), ("owl", "2023-04-11", "E1"), ("cat", "2023-04-12", "Q5"),
    ]
    let paths = visits.flatMap { label, date, place in
      (1...3).map { "\(label)/\(date) \(place) \($0).avi" }
    }
    let found = try groups(paths)
    #expect(Set(found.of.values) == ["W2", "E1", "Q5"])
    #expect(found.rule.sentence.contains("dates and classes"))
    #expect(found.rule.sentence.contains("next best: 5 groups such as \"20230301\""))
  }

  @Test func ofSeveralFactorsTheSubject() throws {
    let paths = ["eat", "drink"].flatMap { label in
      (1...4).flatMap { tank in
        (1...2).flatMap { session in
          (1...3).map { "\(label)/session\(session).cam2.tank\(tank).\($0).mkv" }
        }
      }
    }
    #expect(Set(try groups(paths).of.values) == ["tank1", "tank2", "tank3", "tank4"])
  }

  /// Rooms hold cameras: all clips of a room stay together, if rooms are enough.
  @Test func theCoarserOfNestedParts() throws {
    let paths = ["lift", "drop"].flatMap { label in
      (1...4).flatMap { room in
        (1...2).flatMap { camera in
          (1...2).map { "\(label)/cam\(room * 10 + camera)_room\(room)_\($0).mp4" }
        }
      }
    }
    #expect(Set(try groups(paths).of.values) == ["room1", "room2", "room3", "room4"])
  }

  @Test func foldersThatComeBackAreGroups() throws {
    let folder = ScratchFolder()
    for label in ["hare", "lynx"] {
      folder.files(
        (1...3).flatMap { number in
          ["pond", "ridge", "\(label) only"].map { "\(label)/\($0)/IMG_000\(number).MP4" }
        })
    }
    let index = try DatasetIndex.load(path: folder.path)
    #expect(index.classes == ["hare", "lynx"])
    #expect(Set(index.clips.map(\.group)) == ["pond", "ridge", "hare only", "lynx only"])
    #expect(index.groupRule.kind == .folder)
    #expect(index.groupRule.sentence.contains("`classDepth`"))
    let deep = try DatasetIndex.load(path: folder.path, options: IndexOptions(classDepth: 2))
    #expect(deep.classes.count == 6 && deep.classes.contains("lynx/ridge"))
  }

  @Test func foldersThatDoNotComeBackAreClasses() throws {
    let folder = ScratchFolder()
    folder.files(
      ["animal/hare", "animal/lynx", "plant/fern"].flatMap { ["\($0)/1.mp4", "\($0)/2.mp4"] })
    #expect(
      try DatasetIndex.load(path: folder.path).classes == [
        "animal/hare", "animal/lynx", "plant/fern",
      ])
    let shallow = try DatasetIndex.load(path: folder.path, options: IndexOptions(classDepth: 1))
    #expect(shallow.classes == ["animal", "plant"])
    let asked = try DatasetIndex.load(path: folder.path, options: IndexOptions(groupBy: "folder"))
    #expect(asked.classes == ["animal", "plant"])
    #expect(Set(asked.clips.map(\.group)) == ["hare", "lynx", "fern"])
    let flat = ScratchFolder()
    flat.files(["hare/1.mp4", "lynx/2.mp4"])
    let error = #expect(throws: DatasetError.self) {
      try DatasetIndex.load(path: flat.path, options: IndexOptions(groupBy: "folder"))
    }
    #expect(error?.code == .pattern)
  }

  @Test func groupsByFolderBelowSides() throws {
    let folder = ScratchFolder()
    folder.files([
      "train/hare/pond/1.mp4", "train/lynx/pond/2.mp4", "val/hare/ridge/3.mp4",
      "val/lynx/ridge/4.mp4",
    ])
    let index = try DatasetIndex.load(path: folder.path)
    #expect(index.classes == ["hare", "lynx"])
    #expect(index.clips.map(\.group) == ["pond", "pond", "ridge", "ridge"])
    let list = folder.text(
      "list.csv",
      "filepath,label\ntrain/hare/pond/1.mp4,x\ntrain/lynx/pond/2.mp4,y\nval/hare/ridge/3.mp4,x\n")
    let listed = try DatasetIndex.load(path: list, options: IndexOptions(groupBy: "folder"))
    #expect(
      Set(listed.clips.map(\.group)) == ["train/hare/pond", "train/lynx/pond", "val/hare/ridge"])
  }
}

/// Names made by a scheme: a source, perhaps a date, a take and perhaps the class, in any order, with
/// one of five separators, and up to a fifth of odd names.
private struct NamingScheme {
  private(set) var paths: [String] = []
  /// The source of each path; nil for odd names.
  private(set) var sources: [String?] = []

  init(seed: UInt64) {
    var random = RandomStream(seed: seed, purpose: .test, 19)
    func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    let classes = [
      ["walk", "run"], ["open_door", "shut_door", "wave"], ["fox", "deer", "none", "hare"],
    ][below(3)]
    let separator = ["_", "-", " ", ".", "__"][below(5)]
    var order = [0, 1, 2, 3]
    for position in order.indices { order.swapAt(position, below(4)) }
    if below(2) == 0 { order.removeAll { $0 == 1 } }
    if below(2) == 0 { order.removeAll { $0 == 3 } }
    let (sourceForm, dateForm, takeForm, oddShare) = (below(7), below(3), below(4), below(21))
    let isFull = below(2) == 0

    for number in 0..<(4 + below(9)) {
      for label in classes {
        for visit in 0..<(isFull ? 2 : 1 + below(3)) {
          let day = isFull ? visit : below(15)
          for take in 1...(isFull ? 3 : 1 + below(4)) {
            let parts = [
              Self.source(number, form: sourceForm), Self.date(day, form: dateForm),
              Self.take(take, form: takeForm), label,
            ]
            var name = order.map { parts[$0] }.joined(separator: separator)
            let isOdd = below(100) < oddShare
            if isOdd {
              let count = paths.count
              name =
                ["cut (\(count))", "IMG-WA\(count)", "untitled\(count)", "VID_\(count)"][below(4)]
            }
            let path = "\(label)/\(name).mp4"
            if paths.contains(path) { continue }
            paths.append(path)
            sources.append(isOdd ? nil : parts[0])
          }
        }
      }
    }
  }

  private static func source(_ number: Int, form: Int) -> String {
    let names = [
      "anna", "ben", "chen", "dora", "emil", "fay", "gus", "hugo", "ines", "jan", "kofi", "lena",
    ]
    let digits = (number < 9 ? "0" : "") + "\(number + 1)"
    return [
      "S\(digits)", "cage\(number + 1)", "person\(digits)", names[number],
      ["N", "K", "F"][number % 3] + digits,
      "cam\(digits)", "p\(number + 1)",
    ][form]
  }

  private static func date(_ day: Int, form: Int) -> String {
    ["202405\(10 + day)", "2024-05-\(10 + day)", "\(10 + day)-05-2024"][form]
  }

  private static func take(_ number: Int, form: Int) -> String {
    ["00\(number)", "take\(number)", "\(number)", "c0\(number)"][form]
  }
}

struct NamingSchemeTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func noSourceIsOnTwoSides(block: UInt64) throws {
    for seed in (block * 50)..<(block * 50 + 50) {
      let scheme = NamingScheme(seed: seed)
      guard scheme.sources.lazy.filter({ $0 != nil }).count * 5 >= scheme.paths.count * 4 else {
        continue
      }
      let sources = Dictionary(uniqueKeysWithValues: zip(scheme.paths, scheme.sources))
      let index = try makeIndex(scheme.paths)
      let split = try Splitter.split(index, validationFraction: 0.25, seed: seed)
      let held = Set(split.validation.compactMap { sources[$0.path] ?? nil })
      let learned = Set(split.train.compactMap { sources[$0.path] ?? nil })
      #expect(
        held.isDisjoint(with: learned),
        "seed \(seed): \(scheme.paths.prefix(3)): \(index.groupRule.sentence)")
    }
  }
}
