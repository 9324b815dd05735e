import Foundation
import TestSupport
import Testing

/// `vidclass check` as users run it, on a data set with everything that can be wrong.
@Suite(.waitsForPrograms, .serialized) struct CheckTests {
  /// Made once for the process.
  private static let folder: ScratchFolder = {
    let folder = ScratchFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [Repository.path + "/Tests/Fixtures/make-check-clips.sh", folder.path]
    process.standardInput = FileHandle.nullDevice
    try! process.run()
    process.waitUntilExit()
    precondition(process.terminationStatus == 0, "make-check-clips.sh failed")
    return folder
  }()
  private var clips: String { CheckTests.folder.path }
  private let scratch = ScratchFolder()

  private func json(_ run: ProgramRun) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
  }

  private func list(_ json: [String: Any], _ key: String) throws -> [[String: Any]] {
    try #require(json[key] as? [[String: Any]])
  }

  @Test func everythingIsFoundAndSaid() throws {
    let run = try ProgramRun("vidclass", ["check", clips, "--json", "--quiet"])
    #expect(run.exitCode == 3, "\(run.errors)")
    let found = try json(run)
    #expect(found["clips"] as? Int == 21)
    #expect(found["unreadable"] as? Int == 1)
    #expect(found["partial"] as? Int == 1)
    #expect(found["good"] as? Int == 19)

    let results = Dictionary(
      uniqueKeysWithValues: try list(found, "results").map { ($0["path"] as? String ?? "", $0) })
    func paths(_ matches: ([String: Any]) -> Bool) -> [String] {
      results.filter { matches($0.value) }.keys.sorted()
    }
    #expect(paths { $0["status"] as? String == "error" } == ["train/walk/text.mp4"])
    #expect(
      (results["train/walk/text.mp4"]?["error"] as? [String: Any])?["code"] as? String == "FORMAT")
    #expect(paths { $0["status"] as? String == "partial" } == ["train/walk/cut.mp4"])
    let until = try #require(results["train/walk/cut.mp4"]?["decoded_until"] as? Double)
    #expect(until > 0.3 && until < 1.9)
    #expect(paths { $0["variable_frame_rate"] as? Bool == true } == ["train/run/varied.mp4"])
    #expect(paths { ($0["rotation"] as? Int ?? 0) != 0 } == ["train/run/turned.mp4"])
    #expect(
      paths { $0["blank"] as? Bool == true } == ["train/walk/black.mp4", "val/walk/black.avi"])
    #expect(
      paths { $0["short"] as? Bool == true && $0["status"] as? String == "ok" }
        .contains("train/run/short.mp4"))
    #expect(results["train/walk/a1.mp4"]?["frames"] as? Int == 50)

    // Which copies there are, of what kind, and where.
    let copies = try list(found, "duplicates").map { entry in
      "\(entry["kind"] ?? ""): \((entry["clips"] as? [String] ?? []).joined(separator: " "))"
        + (entry["leak"] as? Bool == true ? " leak" : "")
        + (entry["conflict"] as? Bool == true ? " conflict" : "")
    }
    #expect(
      copies.sorted() == [
        "near-duplicate: train/walk/a2.mp4 val/walk/near.avi leak",
        "near-duplicate: train/walk/a4.mp4 train/walk/cut.mp4",
        "same bytes: train/run/b11.mp4 val/run/copy.mp4 leak",
        "same bytes: train/run/mislabelled.mp4 train/walk/a3.mp4 conflict",
        "same pictures: train/walk/a1.mp4 train/walk/same.mkv",
      ])

    let notes = try #require(found["notes"] as? [String]).joined(separator: "\n")
    #expect(notes.contains("class \"jump\": one clip only"))
    #expect(notes.contains("validation has no clip of class \"jump\""))
    #expect(found["imbalance"] as? Double == 10)
    let ignored = try list(found, "ignored").map { $0["path"] as? String }
    #expect(ignored == ["train/walk/notes.txt"])
    let training = try #require(found["training"] as? [String: Any])
    #expect((training["estimated_seconds"] as? Double ?? 0) > 0)
    let decoding = try #require(found["decoding"] as? [String: Any])
    #expect((decoding["frames_per_second"] as? Double ?? 0) > 0)
  }

  @Test func theTextSaysTheSameAndListsAreWrittenForUse() throws {
    let run = try ProgramRun(
      "vidclass", ["check", clips, "--fix-list", scratch("good.csv"), "--threads", "3"])
    #expect(run.exitCode == 3)
    for text in [
      "21 clips of 3 classes", "unreadable (1)", "FORMAT: ", "text.mp4: is not a video",
      "partial (1)", "cut.mp4: decoded until ", "LEAK: copies on both sides of the split (2)",
      "train/walk/a2.mp4 [train] ≈ val/walk/near.avi [val] (near-duplicate, ",
      "copies under different labels (1)", "other copies (2)", "variable frame rate (1)",
      "turned by ", "blank (2)", " × real time", "an estimate",
    ] {
      #expect(run.output.contains(text), "\(text) in\n\(run.output)")
    }
    #expect(run.errors.contains("vidclass train "))
    let manifest = try String(contentsOfFile: scratch("good.csv"), encoding: .utf8)
    #expect(manifest.hasPrefix("filepath,label,split,group\n"))
    #expect(manifest.split(separator: "\n").count == 20)
    let training = try ProgramRun(
      "vidclass",
      [
        "train", scratch("good.csv"), "--dry-run", "--frames", "4", "--size", "16", "--epochs", "1",
        "-o", scratch("model.safetensors"),
      ])
    #expect(training.exitCode == 0, "\(training.errors)")
    #expect(training.errors.contains("19 of 3 classes"))
  }

  @Test func plainMoviesNeedNoClasses() throws {
    let walk = clips + "/train/walk"
    let run = try ProgramRun(
      "vidclass",
      ["check", walk, clips + "/val/walk/near.avi", "--fix-list", scratch("good.txt"), "--json"])
    #expect(run.exitCode == 3)
    let found = try json(run)
    #expect(found["clips"] as? Int == 9)
    #expect(found["training"] == nil && found["classes"] == nil)
    #expect(try list(found, "duplicates").count == 3)
    let good = try String(contentsOfFile: scratch("good.txt"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    #expect(good.count == 7)
    #expect(good.allSatisfy { FileManager.default.fileExists(atPath: $0) })
    #expect(run.errors.contains("vidclass label --files-from"))

    let one = try ProgramRun("vidclass", ["check", walk + "/a1.mp4"])
    #expect(one.exitCode == 0)
    #expect(one.output.hasPrefix("checked    1 clip in "))
  }

  @Test func rangesOfOneFileAreClips() throws {
    let manifest = """
      filepath,label,start,end
      \(clips)/train/walk/a1.mp4,walk,0,1
      \(clips)/train/walk/a1.mp4,run,0.5,2
      \(clips)/train/walk/a2.mp4,run,5,6
      \(clips)/none.mp4,walk,,
      \(clips)/train/walk/a1.mp4,walk,0,1

      """
    try manifest.write(toFile: scratch("m.csv"), atomically: true, encoding: .utf8)
    let run = try ProgramRun("vidclass", ["check", scratch("m.csv"), "--json"])
    #expect(run.exitCode == 3)
    let results = try list(try json(run), "results")
    #expect(results.map { $0["frames"] as? Int } == [25, 37, 0, 0])
    #expect(
      results.map { ($0["error"] as? [String: Any])?["code"] as? String } == [
        nil, nil, "NO_FRAMES", "NOT_FOUND",
      ])
    let notes = try #require(try json(run)["notes"] as? [String]).joined()
    #expect(notes.contains("1 line repeats an earlier one"))
    #expect(try list(try json(run), "duplicates").first?["conflict"] as? Bool == true)
  }

  @Test func exitCodesAreKept() throws {
    let good = try ProgramRun("vidclass", ["check", clips + "/train/walk/a1.mp4", "-q"])
    #expect(good.exitCode == 0 && good.errors.isEmpty)
    let bad = try ProgramRun("vidclass", ["check", clips + "/train/walk/text.mp4", "-q"])
    #expect(bad.exitCode == 1 && bad.errorLines.count == 1)
    #expect(bad.output.contains("FORMAT: "))
    #expect(try ProgramRun("vidclass", ["check", scratch("gone")]).exitCode == 1)
    for arguments in [
      [], [""], [clips, "--val", "1"], [clips, "--fix-list", "a.mp4"], ["a", "b", "--val", "0.3"],
    ] {
      let run = try ProgramRun("vidclass", ["check"] + arguments)
      #expect(run.exitCode == 64 && run.output.isEmpty, "\(arguments)")
    }
  }
}
