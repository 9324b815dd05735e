import Foundation
import TestSupport
import Testing

@testable import Datasets

extension ScratchFolder {
  /// Writes files of these names, with folders as needed; a name that ends in `/` is a folder.
  func files(_ names: [String], content: String = "x") {
    for name in names {
      let path = self(name)
      let folder = name.hasSuffix("/") ? path : (path as NSString).deletingLastPathComponent
      try! FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      if !name.hasSuffix("/") {
        try! content.write(toFile: path, atomically: false, encoding: .utf8)
      }
    }
  }

  func text(_ name: String, _ content: String) -> String {
    files([name], content: content)
    return self(name)
  }
}

struct FolderTests {
  @Test func classFoldersNestAndSortByScalars() throws {
    let folder = ScratchFolder()
    folder.files(["zebra/a.mp4", "animal/fox/b.MKV", "animal/c.avi", "Éclair/d.webm", "Zoo/e.mov"])
    let index = try DatasetIndex.load(path: folder.path)
    #expect(index.classes == ["Zoo", "animal", "animal/fox", "zebra", "Éclair"])
    #expect(
      index.clips.map(\.path) == [
        "Zoo/e.mov", "animal/c.avi", "animal/fox/b.MKV", "zebra/a.mp4", "Éclair/d.webm",
      ])
    #expect(index.clips.map(\.classIndex) == [0, 1, 2, 3, 4])
    #expect(index.classCounts == [1, 1, 1, 1, 1])
  }

  @Test(arguments: ["unknown", "unknowns"]) func aClassCalledUnknownIsTold(name: String) throws {
    let folder = ScratchFolder()
    folder.files(["\(name)/a.mp4", "\(name)/b.mp4", "walk/c.mp4", "walk/d.mp4"])
    let warnings = try DatasetIndex.load(path: folder.path).warnings
    #expect(warnings.contains { $0.hasPrefix("a class is called") } == (name == "unknown"))
  }

  @Test func numberedImagesAreOneClip() throws {
    let folder = ScratchFolder()
    folder.files([
      "hello/F01_01/color_001.jpg", "hello/F01_01/color_002.jpg", "stop/F01_02/1.png",
      "stop/F01_02/notes.txt", "stop/thumbnail1.jpg",
    ])
    let index = try DatasetIndex.load(path: folder.path)
    #expect(index.clips.map(\.path) == ["hello/F01_01", "stop/F01_02"])
    #expect(index.clips.map(\.label) == ["hello", "stop"])
    #expect(index.ignored == [IgnoredFile(path: "stop/thumbnail1.jpg", reason: .strayImage)])
  }

  @Test func hiddenAndForeignFilesAreCounted() throws {
    let folder = ScratchFolder()
    folder.files(["a/1.mp4", "b/2.mp4", "a/.DS_Store", ".git/x.mp4", "a/notes.txt", "loose.mp4"])
    let index = try DatasetIndex.load(path: folder.path)
    #expect(index.clips.count == 2)
    let counts = Dictionary(uniqueKeysWithValues: index.ignoredCounts.map { ($0.reason, $0.count) })
    #expect(counts == [.hidden: 2, .notMedia: 1, .noClass: 1])
  }

  @Test func trainValTestFolders() throws {
    let folder = ScratchFolder()
    folder.files(["train/a/1.mp4", "train/b/2.mp4", "val/a/3.mp4", "test/b/4.mp4"])
    let index = try DatasetIndex.load(path: folder.path)
    #expect(index.classes == ["a", "b"])
    let split = try Splitter.split(index, validationFraction: 0.2, seed: 1)
    #expect(split.train.map(\.path) == ["train/a/1.mp4", "train/b/2.mp4"])
    #expect(split.validation.map(\.path) == ["val/a/3.mp4"])
    #expect(split.test.map(\.path) == ["test/b/4.mp4"])
    // Validation lacks b; a keeps its number and the user is told.
    #expect(split.validation[0].classIndex == 0)
    #expect(split.warnings.contains { $0.contains("\"b\"") })
  }

  @Test func foldersBesideTheSidesAreLeftOut() throws {
    let folder = ScratchFolder()
    folder.files(["train/a/1.mp4", "train/b/2.mp4", "validation/a/3.mp4", "extra/c/4.mp4"])
    let index = try DatasetIndex.load(path: folder.path)
    #expect(index.classes == ["a", "b"])
    #expect(index.warnings.contains { $0.contains("\"extra\"") })
    // Without a second side, train is a class like any other.
    let vehicles = ScratchFolder()
    vehicles.files(["train/1.mp4", "bus/2.mp4"])
    #expect(try DatasetIndex.load(path: vehicles.path).classes == ["bus", "train"])
  }

  @Test func aLinkBackUpIsFollowedOnce() throws {
    let folder = ScratchFolder()
    folder.files(["a/1.mp4", "b/2.mp4"])
    try FileManager.default.createSymbolicLink(
      atPath: folder("a/up"), withDestinationPath: folder.path)
    let index = try DatasetIndex.load(path: folder.path)
    #expect(index.clips.count == 2)
    #expect(index.ignored.map(\.reason) == [.repeatedFolder])
  }

  @Test(arguments: [
    ([], DatasetError.Code.empty, "nothing in it"), (["a/x.txt"], .empty, "not a video"),
    (["1.mp4", "2.mp4"], .empty, "class folders"),
  ])
  func nothingUsable(files: [String], code: DatasetError.Code, says: String) throws {
    let folder = ScratchFolder()
    folder.files(files)
    let error = try #require(throws: DatasetError.self) {
      try DatasetIndex.load(path: folder.path)
    }
    #expect(error.code == code)
    #expect(error.message.hasPrefix(folder.path))
    #expect(error.message.contains(says))
    #expect(!error.message.contains("\n"))
  }

  @Test func missingFolderAndOneClass() throws {
    let error = #expect(throws: DatasetError.self) {
      try DatasetIndex.load(path: "/nonexistent/clips")
    }
    #expect(error?.code == .notFound)
    let folder = ScratchFolder()
    folder.files(["only/1.mp4", "only/2.mp4"])
    let index = try DatasetIndex.load(path: folder.path)
    #expect(throws: DatasetError.self) { try index.requireTrainable() }
    #expect(index.warnings.isEmpty)
  }

  @Test func aClassWithOneClipIsSaid() throws {
    let folder = ScratchFolder()
    folder.files(["a/1.mp4", "a/2.mp4", "rare/3.mp4"])
    let index = try DatasetIndex.load(path: folder.path)
    try index.requireTrainable()
    #expect(index.warnings.contains { $0.contains("\"rare\"") && $0.contains("one clip") })
  }

  @Test func fingerprintIsOfContentNotPlace() throws {
    let (one, other) = (ScratchFolder(), ScratchFolder())
    one.files(["a/1.mp4", "b/2.mp4"])
    other.files(["b/2.mp4", "a/1.mp4"])
    let first = try DatasetIndex.load(path: one.path)
    #expect(try DatasetIndex.load(path: other.path).fingerprint == first.fingerprint)
    #expect(
      try DatasetIndex.load(path: other.path).clips.map(\.identity) == first.clips.map(\.identity))
    other.files(["b/3.mp4"])
    #expect(try DatasetIndex.load(path: other.path).fingerprint != first.fingerprint)
  }
}

struct ManifestTests {
  @Test func everyColumnAndRFC4180() throws {
    let folder = ScratchFolder()
    folder.files(["a, b.mp4", "say \"hi\".mp4", "c.mp4"])
    let path = folder.text(
      "m.csv",
      "\u{FEFF}Label,filepath,start,end,split,group,extra\r\nwalk,\"a, b.mp4\",,,train,g1,1\r\n"
        + "\"two\nlines\",\"say \"\"hi\"\".mp4\",0,2.5,val,g2,\r\n\r\nwalk,c.mp4,1,,test,g3,x")
    let index = try DatasetIndex.load(path: path)
    #expect(index.classes == ["two\nlines", "walk"])
    #expect(index.clips.map(\.path) == ["a, b.mp4", "c.mp4", "say \"hi\".mp4"])
    #expect(index.clips.map(\.split) == [.train, .test, .validation])
    #expect(index.clips.map(\.group) == ["g1", "g3", "g2"])
    #expect(index.clips[2].start == 0 && index.clips[2].end == 2.5)
    #expect(index.clips[0].file == folder("a, b.mp4"))
    #expect(index.groupRule.kind == .column)
  }

  @Test(arguments: [
    ("filepath,label\na.mp4\n", "line 2"), ("filepath,label\n,x\n", "no filepath"),
    ("filepath,label,start,end\na.mp4,x,2,1\n", "not after start"),
    ("filepath,label,start\na.mp4,x,soon\n", "expected seconds"),
    ("filepath,label,split\na.mp4,x,later\n", "train, val or test"),
    ("filepath,label\n\"a.mp4,x\n", "quote"), ("", "empty"), ("file name\n", "filepath and label"),
  ])
  func badManifest(content: String, says: String) throws {
    let folder = ScratchFolder()
    folder.files(["a.mp4"])
    let path = folder.text("m.csv", content)
    let error = try #require(throws: DatasetError.self) { try DatasetIndex.load(path: path) }
    #expect(error.message.contains(says), "\(error.message)")
    #expect(error.message.hasPrefix(path))
  }

  @Test func missingRepeatedAndContradictingLines() throws {
    let folder = ScratchFolder()
    folder.files(["a.mp4", "b.mp4", "c.mp4"])
    let path = folder.text(
      "m.csv",
      "filepath,label\na.mp4,x\nb.mp4,y\n./a.mp4,x\nlost.mp4,x\nc.mp4,x\nc.mp4,y\n")
    let index = try DatasetIndex.load(path: path)
    #expect(index.clips.map(\.path) == ["a.mp4", "b.mp4"])
    #expect(index.warnings.contains { $0.contains("lost.mp4 (line 5)") })
    #expect(index.warnings.contains { $0.contains("line 4 (a.mp4, as line 2)") })
    #expect(index.warnings.contains { $0.contains("c.mp4 (lines 6 and 7)") })
    #expect(Set(index.ignored.map(\.reason)) == [.missing, .duplicate, .conflict])
  }

  @Test func allFilesMissing() throws {
    let folder = ScratchFolder()
    let path = folder.text("m.csv", "filepath,label\nx/a.mp4,x\nx/b.mp4,y\n")
    let error = try #require(throws: DatasetError.self) { try DatasetIndex.load(path: path) }
    #expect(error.message.contains("none of its 2 files exists, the first is x/a.mp4"))
  }

  @Test func textListWithClasses() throws {
    let folder = ScratchFolder()
    folder.files(["v/a b.avi", "v/c.avi", "frames/f1/1.jpg"])
    let classes = folder.text("classInd.txt", "1 ApplyEyeMakeup\n2 Archery\n")
    let path = folder.text("list.txt", "v/a b.avi 1\nv/c.avi 2\r\nframes/f1 120 2\n")
    let index = try DatasetIndex.load(path: path, options: IndexOptions(classesFile: classes))
    #expect(index.clips.map(\.path) == ["frames/f1", "v/a b.avi", "v/c.avi"])
    #expect(index.clips.map(\.label) == ["Archery", "ApplyEyeMakeup", "Archery"])
    let plain = folder.text("names.txt", "zero\none\ntwo\n")
    let zeroBased = try DatasetIndex.load(path: path, options: IndexOptions(classesFile: plain))
    #expect(zeroBased.classes == ["one", "two"])
    let short = folder.text("short.txt", "zero\none\n")
    let error = try #require(throws: DatasetError.self) {
      try DatasetIndex.load(path: path, options: IndexOptions(classesFile: short))
    }
    #expect(error.message.contains("line 2") && error.message.contains("0 to 1"))
  }

  @Test func aListMayBeCalledCSV() throws {
    let folder = ScratchFolder()
    folder.files(["a.mp4", "b.mp4"])
    let path = folder.text("train.csv", "a.mp4 0\nb.mp4 1\n")
    #expect(try DatasetIndex.load(path: path).classes == ["0", "1"])
  }

  @Test func listOfPathsAlone() throws {
    let folder = ScratchFolder()
    folder.files(["Archery/v_1.avi", "Biking/v_2.avi"])
    let path = folder.text("testlist01.txt", "Archery/v_1.avi\nBiking/v_2.avi\n")
    #expect(try DatasetIndex.load(path: path).classes == ["Archery", "Biking"])
  }

  @Test func aHundredThousandLinesInSeconds() throws {
    let folder = ScratchFolder()
    folder.files(["clip.mp4"])
    var text = "filepath,label,start,end,group\n"
    for line in 0..<100_000 {
      text += "clip.mp4,class \(line % 400),\(line),\(line + 1),source\(line / 10)\n"
    }
    let path = folder.text("m.csv", text)
    let clock = ContinuousClock()
    let begin = clock.now
    let index = try DatasetIndex.load(path: path)
    let split = try Splitter.split(index, validationFraction: 0.2, seed: 3)
    let seconds = begin.duration(to: clock.now) / .seconds(1)
    print("100,000 lines indexed and divided in \(seconds) s")
    #expect(index.clips.count == 100_000)
    #expect(index.classes.count == 400)
    #expect(split.validation.count > 19_000 && split.validation.count < 21_000)
    #expect(seconds < 20)
  }
}
