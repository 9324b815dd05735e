import FileStore
import Foundation
import TestSupport
import Testing

@Suite("vidclass eval and info of a model", .waitsForPrograms)
struct EvalTests {
  let folder = ScratchFolder()
  private let clips = Repository.path + "/clips"

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func top1(_ json: [String: Any]) -> Double? {
    (json["top1"] as? [String: Any])?["value"] as? Double
  }

  @Test("A trained model is scored on the clips that training held out")
  func heldOutClips() throws {
    let model = folder("m.safetensors")
    let training = try ProgramRun(
      "vidclass",
      [
        "train", clips, "-o", model, "--epochs", "1", "--arch", "conv3d-lstm-small", "--size",
        "32", "--frames", "4", "--json", "--quiet",
      ])
    #expect(training.exitCode == 0, "\(training.errors)")
    let validation = try #require(try json(training.output)["validation"] as? [String: Any])
    let held = try #require(validation["clips"] as? Int)

    // By the run folder; and with the training's own scores, for the clips and views are the same.
    let options = ["eval", clips, "-m", model, "--json"]
    let first = try ProgramRun(
      "vidclass", options + ["--predictions", folder("p.csv"), "--report", folder("r.html")])
    #expect(first.exitCode == 0, "\(first.errors)")
    #expect(first.errors.contains("evaluating the \(held) of "))
    let scores = try json(first.output)
    #expect(scores["clips"] as? Int == held)
    #expect(scores["skipped"] as? Int == 0)
    #expect(top1(scores) == validation["top1"] as? Double)
    let baselines = try #require(scores["baselines"] as? [String: Any])
    #expect(baselines.count == 3)
    #expect((scores["clips_per_second"] as? Double ?? 0) > 0)
    // Both pages show frames of every clip; that of the training also how it went.
    for (page, hasEpochs) in [("r.html", false), ("m.run/report.html", true)] {
      let html = try RegularFile.readText(folder(page))
      #expect(html.hasPrefix("<!DOCTYPE html>"))
      #expect(html.ranges(of: #""jpeg":"/9j/"#).count == held, "\(page)")
      #expect(html.contains(#""learningRate":"#) == hasEpochs, "\(page)")
      #expect(html.contains(#"["command","vidclass"#) || html.contains("/vidclass "), "\(page)")
    }

    // The predictions alone give the same figures.
    let from = try json(
      try ProgramRun("vidclass", ["eval", "--from", folder("p.csv"), "--json"]).output)
    for key in ["top1", "auroc", "log_loss", "ece", "macro_f1"] {
      let figures = [scores, from].map { ($0[key] as? [String: Any])?["value"] as? Double ?? -1 }
      #expect(abs(figures[0] - figures[1]) < 1e-6, "\(key)")
    }

    // Without the run folder the split is computed again, of the model that was validated.
    try FileManager.default.removeItem(atPath: model)
    try FileManager.default.moveItem(atPath: folder("m.run/validated.safetensors"), toPath: model)
    try FileManager.default.removeItem(atPath: folder("m.run"))
    let again = try ProgramRun("vidclass", options + ["--no-baselines", "--threads", "1"])
    #expect(again.errors.contains("computed again"))
    #expect(top1(try json(again.output)) == top1(scores))
    let all = try ProgramRun("vidclass", options + ["--no-baselines", "--split", "all"])
    #expect(try #require(try json(all.output)["clips"] as? Int) > 2 * held)
    #expect(all.errors.contains("flatters the scores"))

    let info = try ProgramRun("vidclass", ["info", model])
    #expect(info.exitCode == 0)
    for text in ["classes", "counterclockwise", "blocks.0.conv", "LSTM", "sha256:", "training"] {
      #expect(info.output.contains(text), "\(text)")
    }
    let facts = try json(try ProgramRun("vidclass", ["info", model, "--json"]).output)
    #expect(facts["hash"] as? String == "sha256:" + (try Digest.sha256(file: model)))

    try partlyUnreadable(model)
    try fullDisk(model)
  }

  private func partlyUnreadable(_ model: String) throws {
    try Folder.create(folder("mixed/left"))
    try AtomicFile.write("not a movie", to: folder("mixed/left/broken.mp4"))
    let names = try #require(Folder.names(clips + "/left"))
    for name in names.prefix(2) {
      try FileManager.default.copyItem(
        atPath: clips + "/left/" + name, toPath: folder("mixed/left/" + name))
    }
    let run = try ProgramRun("vidclass", ["eval", folder("mixed"), "-m", model, "--json"])
    #expect(run.exitCode == 3)
    #expect(run.errors.contains("mixed/left/broken.mp4: "))
    let scores = try json(run.output)
    #expect(scores["clips"] as? Int == 2)
    #expect(scores["skipped"] as? Int == 1)
    #expect((scores["auroc"] as? [String: Any])?["value"] is NSNull)
  }

  private func fullDisk(_ model: String) throws {
    let run = try ProgramRun(
      "vidclass",
      ["eval", clips, "-m", model, "--no-baselines", "--quiet", "--predictions", "/dev/full"])
    #expect(run.exitCode == 1)
    #expect(run.errors.hasPrefix("vidclass: error: /dev/full: "))
    #expect(run.errorLines.count == 1)
  }

  @Test("What is no model is refused in one line")
  func badModels() throws {
    try AtomicFile.write("hello, this is no model\n", to: folder("text.safetensors"))
    for (path, finding) in [
      (folder("none.safetensors"), "no such file"),
      (folder("text.safetensors"), "not a safetensors file"), (folder.path, "regular file"),
    ] {
      let run = try ProgramRun("vidclass", ["eval", clips, "-m", path])
      #expect(run.exitCode == 1)
      #expect(run.output.isEmpty)
      #expect(run.errorLines.count == 1)
      #expect(run.errors.hasPrefix("vidclass: error: \(path): "))
      #expect(run.errors.contains(finding), "\(run.errors)")
    }
  }

  @Test(
    "Wrong usage exits with 64",
    arguments: [
      ["eval"], ["eval", "x", "--from", "y"], ["eval", "x", "--views", "2x2"],
      ["eval", "x", "--split", "some"], ["eval", "x", "--batch-size", "0"],
      ["eval", "x", "--threshold-for", "precision=2"], ["eval", "x", "--cost", "missed"],
      ["eval", "x", "--threshold-for", "recall=1", "--cost", "missed=2"],
      ["eval", "x", "--thresholds-out", "t.json"], ["eval", "x", "--from", "a", "--from", "b"],
      ["eval", "x", "-m", "a", "-m", "b", "--cost", "missed=2"],
      ["eval", "x", "-m", "a", "--against", "b", "--predictions", "p.csv"],
      ["eval", "x", "--against", ""],
    ])
  func wrongUsage(arguments: [String]) throws {
    #expect(try ProgramRun("vidclass", arguments).exitCode == 64)
  }
}
