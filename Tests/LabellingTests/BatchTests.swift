import ClipSampling
import Foundation
import ModelFiles
import Networks
import Synchronization
import Testing

@testable import Labelling

/// Answers at once; names decide how.
private final class QuickLabeller: MovieLabelling {
  struct Broken: Error {}

  func label(_ job: LabelJob) throws -> LabelRecord? {
    if job.path.text.hasPrefix("stop") { return nil }
    if job.path.text.hasPrefix("broken") { throw Broken() }
    // The first ones are the slowest, so that the order of arrival is not that of the inputs.
    if job.path.text == "0" { usleep(20_000) }
    var record = Example.walk
    record.path = job.path
    return record
  }
}

@Suite struct BatchRunnerTests {
  private func jobs(_ names: [String]) -> [LabelJob] {
    names.map { LabelJob(path: MediaPath($0), relativePath: MediaPath($0)) }
  }

  @Test(arguments: [1, 2, 5])
  func everyMovieGetsItsRecord(workers: Int) throws {
    let runner = BatchRunner(workers: workers) { QuickLabeller() }
    var paths = [String?](repeating: nil, count: 50)
    let finished = try runner.run(jobs((0..<50).map(String.init))) { index, record in
      #expect(paths[index] == nil)
      paths[index] = record.path.text
    }
    #expect(finished)
    #expect(paths == (0..<50).map(String.init))
  }

  @Test func anAbandonedMovieEndsTheRun() throws {
    let runner = BatchRunner(workers: 1) { QuickLabeller() }
    var seen: [Int] = []
    let finished = try runner.run(jobs(["0", "1", "stop", "3"])) { index, _ in seen.append(index) }
    #expect(!finished)
    #expect(seen == [0, 1])
  }

  @Test func aFailingOutputEndsTheRun() {
    struct DiskFull: Error {}
    let runner = BatchRunner(workers: 2) { QuickLabeller() }
    var delivered = 0
    #expect(throws: DiskFull.self) {
      _ = try runner.run(jobs((0..<1000).map(String.init))) { _, _ in
        delivered += 1
        throw DiskFull()
      }
    }
    #expect(delivered == 1)
  }

  @Test func whatALabellerThrowsEndsTheRun() {
    let runner = BatchRunner(workers: 2) { QuickLabeller() }
    #expect(throws: QuickLabeller.Broken.self) {
      _ = try runner.run(jobs(["0", "broken", "2"])) { _, _ in }
    }
    let unmade = BatchRunner(workers: 2) { throw QuickLabeller.Broken() }
    #expect(throws: QuickLabeller.Broken.self) { _ = try unmade.run(jobs(["0"])) { _, _ in } }
  }

  @Test func nothingToDoIsDone() throws {
    #expect(try BatchRunner(workers: 2) { QuickLabeller() }.run([]) { _, _ in })
  }
}

@Suite struct LabelSorterTests {
  let folder = TemporaryFolder()

  private func record(_ name: String, _ label: String, content: String = "x") -> LabelRecord {
    var record = Example.walk
    record.path = MediaPath(folder.add(name, content))
    record.label = label
    return record
  }

  private func place(_ records: [LabelRecord], _ way: LabelSorter.Way) throws {
    let sorter = LabelSorter(folder: MediaPath(folder.path + "/sorted"), way: way)
    for record in records { try sorter.place(record) }
  }

  private func sorted() -> [String] {
    (FileManager.default.subpaths(atPath: folder.path + "/sorted") ?? [])
      .filter { $0.hasSuffix(".mp4") }.sorted()
  }

  @Test(arguments: [LabelSorter.Way.link, .copy, .move])
  func moviesGoToTheirLabels(way: LabelSorter.Way) throws {
    let records = [
      record("a/1.mp4", "animal/fox", content: "first"), record("b/1.mp4", "animal/fox"),
      record("2.mp4", "../../etc"), Example.broken,
    ]
    try place(records, way)
    #expect(
      sorted() == ["_/_/etc/2.mp4", "animal/fox/1 (2).mp4", "animal/fox/1.mp4"])
    let content = try String(
      contentsOfFile: folder.path + "/sorted/animal/fox/1.mp4", encoding: .utf8)
    #expect(content == "first")
    #expect(FileManager.default.fileExists(atPath: records[0].path.text) == (way != .move))
  }

  @Test func copiesAreComparedByContent() throws {
    let same = [record("a/1.mp4", "fox", content: "one"), record("b/1.mp4", "fox", content: "one")]
    let other = record("c/1.mp4", "fox", content: "two")
    for _ in 0..<2 {
      try place(same + [other], .copy)
      #expect(sorted() == ["fox/1 (2).mp4", "fox/1.mp4"])
    }
  }

  @Test func foldersOfImagesAreCopiedWhole() throws {
    for (name, content) in [("a/clip/1.png", "x"), ("a/clip/2.png", "y"), ("b/clip/1.png", "x")] {
      folder.add(name, content)
    }
    var records = [Example.walk, Example.walk]
    records[0].path = MediaPath(folder.path + "/a/clip")
    records[1].path = MediaPath(folder.path + "/b/clip")
    for _ in 0..<2 { try place(records, .copy) }
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.path + "/sorted/" + (Example.walk.label ?? ""))
    #expect(names.sorted() == ["clip", "clip (2)"])
  }

  @Test func labelsAndNamesOfAnyLengthHaveAPlace() throws {
    let name = String(repeating: "n", count: 251) + ".mp4"
    let records = ["a", "b"].map {
      record("\($0)/\(name)", String(repeating: "ü", count: 300), content: $0)
    }
    try place(records, .copy)
    #expect(sorted().count == 2)
  }

  @Test(arguments: [LabelSorter.Way.link, .copy, .move])
  func sortingTwiceIsSortingOnce(way: LabelSorter.Way) throws {
    let records = [record("a/1.mp4", "fox", content: "first"), record("b/1.mp4", "fox")]
    try place(records, way)
    try place(records, way)
    #expect(sorted() == ["fox/1 (2).mp4", "fox/1.mp4"])
  }
}

@Suite struct LatestModelTests {
  @Test func theNewestModelWins() throws {
    let folder = TemporaryFolder()
    for (name, time) in [("old", 1000.0), ("new", 3000), ("middle", 2000)] {
      let path = folder.add(name + ".safetensors")
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: time)], ofItemAtPath: path)
    }
    // Weights of elsewhere, which nobody has trained.
    let imported = folder.add("imported.safetensors")
    let network = try Network(
      architecture: Architecture.preset(
        "conv3d-lstm-small", input: InputShape(frames: 4, height: 16, width: 16, channels: 3),
        classes: 2), seed: 0)
    try Model(
      metadata: ModelMetadata(
        architecture: network.architecture, classes: ["a", "b"],
        preprocessing: Preprocessing(frames: 4, height: 16, width: 16)), network: network
    ).save(to: imported)
    folder.add("notes.txt")
    folder.add("run/later.safetensors")
    #expect(try LatestModel.find(in: folder.path) == folder.path + "/new.safetensors")
    #expect(throws: LabelError.self) { try LatestModel.find(in: folder.path + "/nothing") }
  }
}

@Suite struct ViewPlanTests {
  @Test func viewsSpreadOverTheMovie() {
    let plan = ViewPlan(count: 3, window: 2, hop: 1, duration: 10)
    #expect(plan.ranges == [0..<2, 4..<6, 8..<10])
    #expect(ViewPlan(count: 5, window: 2, hop: 1, duration: 1.5).ranges == [0..<1.5])
    #expect(ViewPlan(count: 1, window: 2, hop: 1, duration: 10).ranges == [4..<6])
    #expect(ViewPlan(count: 100, window: 2, hop: 1, duration: 5).ranges.count == 4)
  }

  @Test func framesOfAView() {
    let times = [0, 1, 2, 3, 9, 10].map(Double.init)
    #expect(ViewPlan.frames(of: times, in: 1..<3) == 1..<3)
    #expect(ViewPlan.frames(of: times, in: 4..<8) == 3..<4)
    #expect(ViewPlan.frames(of: times, in: 11..<12) == 5..<6)
    #expect(ViewPlan.frames(of: [5], in: 0..<1) == 0..<1)
  }
}
