import Foundation
import TestSupport
import Testing

/// The way from labels to a review page, and from corrections to a training.
@Suite(.waitsForPrograms) struct ReviewCommandTests {
  private let scratch = ScratchFolder()

  /// Movies in `videos`, a small data set in `clips`, and a network that was never trained.
  private func prepare() throws {
    for folder in ["videos", "clips/left", "clips/right", "downloads", "pages"] {
      try FileManager.default.createDirectory(
        atPath: scratch(folder), withIntermediateDirectories: true)
    }
    for label in ["left", "right"] {
      for (scene, place) in [("01", "clips/\(label)"), ("02", "clips/\(label)"), ("09", "videos")] {
        let name = "scene\(scene)_\(label)_01"
        let folder = "\(Repository.path)/clips/\(label)"
        let file = try #require(
          try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasPrefix(name) })
        try FileManager.default.copyItem(
          atPath: "\(folder)/\(file)", toPath: scratch("\(place)/\(file)"))
      }
    }
    try UntrainedModel.write(
      to: scratch("model.safetensors"), classes: ["left", "right"], clipSeconds: 0.5)
  }

  private func run(_ arguments: String...) throws -> ProgramRun {
    try ProgramRun("vidclass", arguments, folder: scratch.path)
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: scratch(name), encoding: .utf8)
  }

  @Test func thePageIsMadeBesideTheRecordsAndOfThem() throws {
    try prepare()
    let label = ["label", "videos", "-m", "model.safetensors"]
    let first = try ProgramRun(
      "vidclass", label + ["-o", "a.jsonl", "--report", "out.html"], folder: scratch.path)
    #expect(first.exitCode == 0 && first.output.isEmpty, "\(first.errors)")
    #expect(first.errors.contains("review page: out.html, 2 movies;"))
    let page = try text("out.html")
    #expect(try text("a.jsonl").contains("\"doubt\":"))
    #expect(
      page.contains("videos/scene09_left_01") && page.components(separatedBy: "/9j/").count == 3)

    // All is labelled already: the page is made of the records, and of another look at the movies.
    let again = try ProgramRun(
      "vidclass", label + ["-o", "a.jsonl", "--report", "again.html"], folder: scratch.path)
    #expect(again.exitCode == 0)
    #expect(try text("again.html").components(separatedBy: "/9j/").count == 3)

    // The page alone, and as long as nobody asks for doubts records are as they were.
    let alone = try ProgramRun(
      "vidclass", label + ["--doubtful", "1", "-o", "some.html", "--no-timeline"],
      folder: scratch.path)
    #expect(alone.exitCode == 0 && alone.output.isEmpty)
    #expect(alone.errors.contains("some.html, 1 movies;"))
    let plain = try ProgramRun("vidclass", label + ["-f", "jsonl"], folder: scratch.path)
    #expect(!plain.output.contains("doubt"))
  }

  @Test(arguments: [
    ["--doubtful", "5"], ["--group-by", "x"], ["--report", "labels.txt"], ["--report", ""],
    ["--report", "a.html", "--doubtful", "0"], ["--report", "a.html", "--group-by", "("],
    ["-o", "a.html", "--report", "a.html"], ["-o", "a.html", "--report", "b.html"],
  ])
  func whatMakesNoPageIsRefused(arguments: [String]) throws {
    try prepare()
    let run = try ProgramRun(
      "vidclass", ["label", "videos", "-m", "model.safetensors"] + arguments, folder: scratch.path)
    #expect(run.exitCode == 64, "\(run.errors)")
  }

  /// Downloads lie somewhere else than the movies, whose paths are as `label` saw them.
  @Test func correctionsTrain() throws {
    try prepare()
    let left = try #require(
      try FileManager.default.contentsOfDirectory(atPath: scratch("videos")).sorted().first)
    let clip = try #require(
      try FileManager.default.contentsOfDirectory(atPath: scratch("clips/left")).sorted().first)
    try """
    filepath,label,start,end,group
    videos/\(left),left,0,0.5,scene09
    videos/\(left),right,0.5,1,scene09
    clips/left/\(clip),right,,,scene01

    """.write(toFile: scratch("downloads/corrections.csv"), atomically: false, encoding: .utf8)
    let settings = ["--epochs", "1", "--frames", "4", "--size", "16", "--val-groups", "scene02"]
    let train = try ProgramRun(
      "vidclass",
      ["train", "clips", "--add", "downloads/corrections.csv", "-o", "new.safetensors"] + settings,
      folder: scratch.path)
    try #require(train.exitCode == 0, "\(train.errors)")
    #expect(
      train.errors.contains("added     2 clips by downloads/corrections.csv, 1 labels replaced"))
    let split = try text("new.run/split.csv")
    #expect(split.contains("../videos/\(left),right,train,scene09,0.5,1.0"))
    #expect(split.contains("left/\(clip),right,train,"))

    let alone = try run("train", "downloads/corrections.csv", "--val", "0", "--dry-run")
    #expect(alone.exitCode == 0, "\(alone.errors)")
    let check = try run("check", "clips", "--add", "downloads/corrections.csv")
    #expect(check.exitCode == 0, "\(check.errors)")
    let gone = try run("train", "clips", "--add", "gone.csv", "--dry-run")
    #expect(gone.exitCode == 1 && gone.errors.contains("gone.csv"))
  }

  /// From labels to a page, by hand to corrections, and from these to a model and to records.
  @Test(.enabled(if: Browser.isExpected, Comment(rawValue: Browser.absence)))
  func whatThePageGivesTrainsAndMerges() throws {
    try prepare()
    let label = try run(
      "label", "videos", "-m", "model.safetensors", "-o", "a.jsonl", "--report", "pages/r.html")
    try #require(label.exitCode == 0, "\(label.errors)")
    let page = try BrowserPage(file: scratch("pages/r.html"), downloads: scratch("downloads"))
    // The first half of each movie is one thing, the rest another.
    for _ in 0..<2 {
      for key in ["A", "s", "2", "ArrowLeft", "1", "j"] { try page.press(key) }
    }
    for button in 1...2 {
      try page.run("document.querySelector('.files button:nth-child(\(button))').click()")
    }
    _ = try page.download("corrections.csv", in: scratch("downloads"))
    _ = try page.download("corrections.jsonl", in: scratch("downloads"))
    #expect(page.complaints.isEmpty, "\(page.complaints)")
    #expect(page.requests.allSatisfy { $0.contains("/videos/") }, "\(page.requests)")

    let train = try run(
      "train", "clips", "--add", "downloads/corrections.csv", "-o", "new.safetensors", "--epochs",
      "1", "--frames", "4", "--size", "16", "--val", "0")
    #expect(train.exitCode == 0, "\(train.errors)")
    #expect(train.errors.contains("clips by downloads/corrections.csv"))
    let merge = try run("merge", "a.jsonl", "downloads/corrections.jsonl", "-o", "all.jsonl")
    #expect(merge.exitCode == 0 && merge.errors.contains("2 movies, 2 duplicates removed"))
    #expect(try text("all.jsonl").contains("\"score\":1"))
  }
}
