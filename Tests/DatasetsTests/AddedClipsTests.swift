import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What `--add` makes of a data set and further lists.
struct AddedClipsTests {
  private let folder = ScratchFolder()

  private func base(_ files: [String] = ["walk/a.mp4", "walk/b.mp4", "run/c.mp4", "run/d.mp4"])
    throws -> DatasetIndex
  {
    folder.files(files.map { "clips/" + $0 })
    return try DatasetIndex.load(path: folder("clips"))
  }

  private func list(_ rows: String..., name: String = "corrections.csv") -> String {
    folder.text(
      name, (["filepath,label,start,end,group"] + rows).map { $0 + "\n" }.joined())
  }

  private func clip(_ index: DatasetIndex, _ name: String) -> Clip? {
    index.clips.first { $0.name == name }
  }

  @Test func aCorrectionReplacesTheLabelOfTheSameFileAndSpan() throws {
    let base = try base()
    let index = try base.adding([list("clips/walk/a.mp4,run,,,other"), list(name: "none.csv")])
    #expect(index.clips.count == 4)
    let changed = try #require(clip(index, "walk/a.mp4"))
    let before = try #require(clip(base, "walk/a.mp4"))
    #expect(changed.label == "run" && changed.classIndex == index.classes.firstIndex(of: "run"))
    // Path, and with it all that is drawn for the clip, and group stay.
    #expect(changed.identity == before.identity && changed.group == before.group)
    #expect(
      index.additions[0].contains(
        "1 labels replaced, the first: walk/a.mp4 is \"run\", not \"walk\""))
    #expect(index.fingerprint != base.fingerprint)
  }

  @Test func otherSpellingsOfAPathAreTheSameFile() throws {
    let base = try base()
    try FileManager.default.createSymbolicLink(
      atPath: folder("link.mp4"), withDestinationPath: folder("clips/walk/a.mp4"))
    let path = list("link.mp4,run,,,", "clips/../clips/walk/b.mp4,walk,0,,")
    let index = try base.adding([path])
    #expect(index.clips.count == 4)
    #expect(clip(index, "walk/a.mp4")?.label == "run")
    #expect(
      index.additions[0].contains("0 clips") && index.additions[0].contains("1 that are there"))
  }

  @Test func ofSeveralListsTheLastCounts() throws {
    let first = list("clips/walk/a.mp4,run,,,", "clips/walk/b.mp4,run,,,")
    let second = list("clips/walk/a.mp4,jump,,,", name: "second.csv")
    let index = try base().adding([first, second])
    #expect(clip(index, "walk/a.mp4")?.label == "jump")
    #expect(clip(index, "walk/b.mp4")?.label == "run")
    #expect(index.classes == ["jump", "run"])
    #expect(index.warnings.contains { $0.contains("class \"jump\" new") })
  }

  @Test func partsOfAFileStayInItsGroup() throws {
    let base = try base()
    #expect(base.groupRule.kind == .none)
    let path = list(
      "clips/walk/a.mp4,run,0,1.5,elsewhere", "clips/walk/a.mp4,walk,1.5,4,elsewhere")
    let index = try base.adding([path])
    #expect(index.clips.count == 6)
    #expect(Set(index.clips.filter { $0.path == "walk/a.mp4" }.map(\.group)) == ["walk/a.mp4"])
    // From now on a split keeps them together.
    #expect(index.groupRule.kind == .file && index.groupRule.groupCount == 4)
    #expect(index.warnings.contains { $0.contains("1 clips overlap") })
    for seed in 0..<8 as Range<UInt64> {
      let split = try Splitter.split(index, validationFraction: 0.4, seed: seed)
      let sides = [split.train, split.validation].filter { side in
        side.contains { $0.path == "walk/a.mp4" }
      }
      #expect(sides.count == 1)
    }
  }

  @Test func aNewFileIsNamedFromTheDataSetAndOfItsOwnGroup() throws {
    let base = try base([
      "walk/cage1_1.mp4", "run/cage1_2.mp4", "walk/cage2_1.mp4", "run/cage2_2.mp4",
    ])
    #expect(base.groupRule.groupCount == 2)
    folder.files(["more/x.mp4", "more/y.mp4", "more/z.mp4"])
    let path = list("more/x.mp4,walk,,,cage2", "more/y.mp4,run,1,2,", "more/z.mp4,run,,,site")
    let index = try base.adding([path])
    #expect(clip(index, "../more/x.mp4")?.group == "cage2")
    #expect(clip(index, "../more/y.mp4 [1.0–2.0 s]")?.group == "../more/y.mp4")
    #expect(clip(index, "../more/z.mp4")?.group == "site")
    #expect(index.groupRule.groupCount == 4)
    #expect(index.groupRule.sentence.hasPrefix(base.groupRule.sentence))
    #expect(
      base.clips.allSatisfy { old in
        index.clips.contains { $0.path == old.path && $0.group == old.group }
      })
  }

  @Test func sidesOfADividedDataSetStay() throws {
    folder.files([
      "set/train/walk/a.mp4", "set/train/run/b.mp4", "set/val/walk/c.mp4", "set/val/run/d.mp4",
      "e.mp4",
    ])
    let base = try DatasetIndex.load(path: folder("set"))
    let index = try base.adding([list("set/val/walk/c.mp4,run,0,1,", "e.mp4,run,,,")])
    #expect(index.clips.first { $0.start == 0 }?.split == .validation)
    #expect(index.clips.first { $0.path.hasSuffix("e.mp4") }?.split == .train)
  }

  @Test(arguments: [
    ("clips/walk/a.mp4,walk,nan,2,", "line 2: start is \"nan\""),
    ("clips/walk/a.mp4,walk,1e300,,", "line 2: start is 1e+300"),
    ("clips/walk/a.mp4,walk,3,2,", "line 2: end 2.0 is not after start 3.0"),
    ("clips/walk/a.mp4,walk,-1,2,", "line 2: start is \"-1\""),
    ("clips/walk/a.mp4,,1,2,", "line 2: no label"),
    (",walk,1,2,", "line 2: no filepath"),
    ("\"clips/walk/a.mp4,walk,1,2,", "line 2: a quote is opened and never closed"),
  ])
  func hostileValuesAreRefusedWithTheirPlace(row: String, place: String) throws {
    let base = try base()
    let path = list(row)
    let error = try #require(throws: DatasetError.self) { try base.adding([path]) }
    #expect(error.message.hasPrefix(path) && error.message.contains(place), "\(error.message)")
  }

  @Test func whatIsMissingIsSaid() throws {
    let index = try base().adding([list("gone.mp4,walk,,,", "clips/walk/a.mp4,walk,,,")])
    #expect(index.unusable.map(\.path) == ["gone.mp4"])
    #expect(throws: DatasetError.self) { try index.adding([folder("no-list.csv")]) }
  }

  @Test(arguments: [
    ("corrections.csv", "filepath,label\ngone.mp4,walk\n", "the first is gone.mp4"),
    (
      "labels.jsonl", "{\"path\":\"a b.mp4\",\"label\":\"walk\"}\n",
      "it looks like a file of label records"
    ),
  ])
  func aListThatAddsNothingIsRefused(name: String, text: String, says: String) throws {
    let (base, path) = (try base(), folder.text(name, text))
    let error = try #require(throws: DatasetError.self) { try base.adding([path]) }
    #expect(error.message.contains(says), "\(error.message)")
  }

  @Test func aListWithoutALineIsOnlyTold() throws {
    let index = try base().adding([list()])
    #expect(index.warnings.contains { $0.hasSuffix("lists no clip; nothing is added") })
  }
}
