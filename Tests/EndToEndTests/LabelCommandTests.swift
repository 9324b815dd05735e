import Foundation
import TestSupport
import Testing

/// `vidclass label` and `merge` as users run them, with a network that was never trained.
@Suite(.waitsForPrograms) struct LabelCommandTests {
  private let scratch = ScratchFolder()
  private let model: String
  private let clips = Repository.path + "/clips/left"

  init() throws {
    model = scratch("model.safetensors")
    try UntrainedModel.write(to: model, classes: ["left", "right"])
  }

  private func label(_ arguments: String..., output: String? = nil) throws -> ProgramRun {
    try ProgramRun("vidclass", ["label", "-m", model] + arguments, output: output)
  }

  private func lines(_ name: String) throws -> [Substring] {
    try String(contentsOfFile: scratch(name), encoding: .utf8).split(separator: "\n")
  }

  private func write(_ text: String, to name: String) throws -> String {
    try text.write(toFile: scratch(name), atomically: true, encoding: .utf8)
    return scratch(name)
  }

  @Test func aSecondRunHasNothingLeftToDo() throws {
    let first = try label(clips, "-o", scratch("a.jsonl"))
    #expect(first.exitCode == 0 && first.output.isEmpty)
    let count = try FileManager.default.contentsOfDirectory(atPath: clips).count
    let records = try lines("a.jsonl")
    #expect(records.count == count)
    #expect(try label(clips, "-o", scratch("a.jsonl"), "--retry-failed").exitCode == 0)
    #expect(try lines("a.jsonl") == records)
    // Other settings give other answers.
    #expect(try label(clips, "-o", scratch("a.jsonl"), "--threshold", "0.99").exitCode == 0)
    #expect(try lines("a.jsonl").count == 2 * count)
  }

  /// A second run with other thresholds does not take the answers of the first.
  @Test func thresholdsOfClassesAreSettings() throws {
    let never = try write(#"{"thresholds": {"left": null, "right": null}}"#, to: "never.json")
    let run = try label(clips, "-o", scratch("t.jsonl"), "--thresholds", never)
    #expect(run.exitCode == 0, "\(run.errors)")
    let first = try lines("t.jsonl")
    #expect(first.allSatisfy { $0.contains(#""label":"unknown""#) })
    #expect(try label(clips, "-o", scratch("t.jsonl"), "--thresholds", never).exitCode == 0)
    #expect(try lines("t.jsonl") == first)
    let always = try write(
      #"{"model": "sha256:0", "thresholds": {"left": 0, "right": 0}}"#, to: "always.json")
    let again = try label(clips, "-o", scratch("t.jsonl"), "--thresholds", always)
    #expect(again.errors.contains("always.json: chosen for another model"))
    let all = try lines("t.jsonl")
    #expect(all.count == 2 * first.count)
    #expect(!all.dropFirst(first.count).contains { $0.contains(#""label":"unknown""#) })

    for (text, finding) in [
      (#"{"thresholds": {"up": 0.5}}"#, #"thresholds: "up" is not a class of the model"#),
      (#"{"thresholds": {"left": 2}}"#, #"thresholds: "left" is 2; expected"#), ("{", "byte 1: "),
    ] {
      let path = try write(text, to: "bad.json")
      let refused = try label(clips, "-o", scratch("x.jsonl"), "--thresholds", path)
      #expect(refused.exitCode == 1 && refused.errorLines.count <= 2)
      #expect(refused.errors.contains("vidclass: error: \(path): \(finding)"), "\(refused.errors)")
    }
  }

  @Test func threadsChangeNothing() throws {
    let one = try label(clips, "-f", "jsonl", "--threads", "1")
    let three = try label(clips, "-f", "jsonl", "--threads", "3")
    #expect(one.exitCode == 0 && !one.output.isEmpty)
    #expect(one.output == three.output)
  }

  @Test func badFilesAreListedAndTheRestIsLabelled() throws {
    let text = try write("no movie", to: "text.mp4")
    let good = clips + "/" + (try FileManager.default.contentsOfDirectory(atPath: clips).min()!)
    let run = try label(text, scratch("gone.mp4"), good, "-f", "jsonl")
    #expect(run.exitCode == 3)
    let statuses = run.output.split(separator: "\n").map { line in
      ["\"FORMAT\"", "\"NOT_FOUND\"", "\"status\":\"ok\""].first { line.contains($0) }
    }
    #expect(statuses == ["\"FORMAT\"", "\"NOT_FOUND\"", "\"status\":\"ok\""])
    #expect(run.errorLines.contains { $0.hasPrefix("vidclass: error: \(text): is not a video") })
  }

  @Test func aMovieThatCannotBeSortedStaysAndTheRestGoesOn() throws {
    let good = clips + "/" + (try FileManager.default.contentsOfDirectory(atPath: clips).min()!)
    try FileManager.default.createDirectory(
      atPath: scratch("movies"), withIntermediateDirectories: true)
    for name in [[UInt8(ascii: "a"), 0xFF], [UInt8(ascii: "b")]] {
      let path = Array((scratch("movies") + "/").utf8) + name + Array(".mp4".utf8) + [0]
      let made = path.withUnsafeBytes { bytes in
        symlink(good, bytes.baseAddress!.assumingMemoryBound(to: CChar.self))
      }
      #expect(made == 0)
    }
    let run = try label(scratch("movies"), "--sort-into", scratch("sorted"), "-f", "jsonl")
    #expect(run.exitCode == 3)
    #expect(run.output.split(separator: "\n").count == 2)
    #expect(run.errors.contains("is not UTF-8; rename it first"))
    let sorted = FileManager.default.subpaths(atPath: scratch("sorted")) ?? []
    #expect(sorted.filter { $0.hasSuffix("/b.mp4") }.count == 1)
  }

  @Test func whatCannotBeDoneIsOneLine() throws {
    let half = scratch("half.safetensors")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: model))
    try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: half))
    try FileManager.default.createDirectory(
      atPath: scratch("empty"), withIntermediateDirectories: true)
    let film = try write("a film\nof some value\n", to: "film.dat")
    let cases: [(arguments: [String], names: String)] = [
      (["-m", model, scratch("empty")], scratch("empty")),
      (["-m", scratch("none.safetensors"), clips], scratch("none.safetensors")),
      (["-m", half, clips], half),
      (["-m", model, clips, "-o", "/dev/full"], "/dev/full"),
      (["-m", model, clips, "-f", "csv", "-o", "/dev/full"], "/dev/full"),
      (["-m", model, clips, "-o", scratch("no/such/folder.csv")], scratch("no/such/folder.csv")),
      (["-m", model, clips, "-o", film], film),
      (["-m", model, clips, "--sort-into", film], film),
      (["-m", model, clips, "-o", clips + "/new.mp4", "-f", "csv"], clips + "/new.mp4"),
    ]
    for (arguments, name) in cases {
      let run = try ProgramRun("vidclass", ["label", "-q"] + arguments)
      #expect(run.exitCode == 1, "\(arguments)")
      #expect(run.errorLines.count == 1, "\(run.errors)")
      #expect(run.errors.hasPrefix("vidclass: error: \(name)"), "\(run.errors)")
    }
    #expect(try String(contentsOfFile: film, encoding: .utf8) == "a film\nof some value\n")
    #expect(try label(clips, "-f", "csv", output: "/dev/full").exitCode == 1)
  }

  @Test(arguments: [
    [], [""], ["x", "-o", ""], ["x", "--window", "0"], ["x", "--window", "1e300"],
    ["x", "--threshold", "2"], ["x", "--shard", "3/3"],
    ["x", "--shard-count", "3"], ["x", "--copy"], ["x", "-f", "doc"],
    [Repository.path + "/clips", "-f", "vtt", "-o", "-"],
  ])
  func wrongUsageIsTold(arguments: [String]) throws {
    let run = try ProgramRun("vidclass", ["label", "-m", model] + arguments)
    #expect(run.exitCode == 64)
    #expect(run.output.isEmpty && run.errors.hasPrefix("vidclass: error: "))
  }

  @Test func shardsAreMerged() throws {
    let folder = scratch("out") + "/"
    for shard in ["0/3", "1/3", "2/3"] {
      #expect(try label(clips, "--shard", shard, "-o", folder).exitCode == 0)
    }
    let expected = try FileManager.default.contentsOfDirectory(atPath: clips).map {
      clips + "/" + $0
    }
    let list = try write((expected + ["lost.mp4"]).joined(separator: "\n"), to: "list.txt")
    let merge = try ProgramRun(
      "vidclass", ["merge", folder, "-o", scratch("all.csv"), "--expect", list])
    #expect(merge.exitCode == 3 && merge.errors.contains("lost.mp4: missing"))
    let rows = try lines("all.csv")
    #expect(rows[0] == "filepath,left,right")
    #expect(
      rows.dropFirst().map { $0.split(separator: ",")[0] } == expected.sorted().map { $0[...] })
  }

  @Test func subtitlesGoBesideEachOther() throws {
    let folder = scratch("subtitles") + "/"
    #expect(try label(clips, "-f", "vtt", "-o", folder).exitCode == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.count == (try FileManager.default.contentsOfDirectory(atPath: clips).count))
    let text = try String(contentsOfFile: folder + names[0], encoding: .utf8)
    #expect(text.hasPrefix("WEBVTT\n\n1\n00:00:00.000 --> "))
  }

  /// A clip, whose record is waited for, and a movie cut so finely that it takes seconds.
  @Test func anInterruptedRunContinues() throws {
    let first = Repository.path + "/clips/left/scene01_left_01.mp4"
    let movie = Repository.path + "/Tests/Fixtures/movie/motions.mp4"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProgramRun.path(of: "vidclass"))
    process.arguments = [
      "label", "-m", model, "-o", scratch("b.jsonl"), first, movie, "--hop", "0.05",
      "--threads", "1",
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    while (try? lines("b.jsonl"))?.isEmpty ?? true, process.isRunning { usleep(5000) }
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 143)
    let before = try lines("b.jsonl")
    #expect(before.count == 1)
    #expect(try label(first, movie, "--hop", "0.05", "-o", scratch("b.jsonl")).exitCode == 0)
    let after = try lines("b.jsonl")
    #expect(after.count == 2 && after.first == before.first)
  }
}
