import FileStore
import Foundation
import TestSupport
import Testing

/// Several models, thresholds and charts of `vidclass eval`, from files of predictions and with
/// networks that were never trained.
@Suite(.waitsForPrograms) struct EvalComparisonTests {
  let folder = ScratchFolder()

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  /// Forty clips of two classes in ten groups, of which `wrong` are named wrongly.
  private func predictions(_ name: String, wrong: Set<Int>) throws -> String {
    var lines = ["filepath,label,left,right"]
    for index in 0..<40 {
      let isLeft = index % 2 == 0
      let score = wrong.contains(index) ? 0.4 - Double(index) / 200 : 0.6 + Double(index) / 200
      lines.append(
        "F\(String(format: "%02d", index % 10))_\(index).mp4,\(isLeft ? "left" : "right"),"
          + "\(isLeft ? score : 1 - score),\(isLeft ? 1 - score : score)")
    }
    try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: folder(name))
    return folder(name)
  }

  @Test func filesOfPredictionsSideBySide() throws {
    let a = try predictions("a.csv", wrong: [1, 5, 12, 17, 23, 38])
    let b = try predictions("b.csv", wrong: [5])
    let run = try ProgramRun(
      "vidclass",
      [
        "eval", "--from", a, "--from", b, "--json", "--report", folder("r.html"), "--plots",
        folder("plots"),
      ])
    #expect(run.exitCode == 0, "\(run.errors)")
    let pair = try #require((try json(run.output)["pairs"] as? [[String: Any]])?.first)
    let difference = try #require((pair["differences"] as? [String: [String: Any]])?["top1"])
    #expect(difference["value"] as? Double == 0.975 - 0.85)
    let p = try #require((pair["mcnemar"] as? [String: Any])?["p"] as? Double)
    #expect(abs(p - 0.0625) < 1e-12)
    #expect((pair["sentence"] as? String)?.hasPrefix("B is better by 12.5 points of top-1") == true)
    #expect(try RegularFile.readText(folder("r.html")).contains("<svg"))
    for name in ["confusion-1", "confusion-2", "roc", "reliability", "group-accuracy"] {
      #expect(RegularFile.exists(folder("plots/\(name).svg")))
      #expect(RegularFile.exists(folder("plots/\(name).csv")))
    }

    let text = try ProgramRun("vidclass", ["eval", "--from", b, "--against", a])
    let lines = text.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(lines.contains { $0.hasPrefix("B against A: B is better by 12.5 points") })
    #expect(lines.contains { $0.contains("the others are compared with it") })
    // A file against itself.
    let same = try ProgramRun("vidclass", ["eval", "--from", a, "--against", a])
    #expect(same.output.contains("B and A name every clip alike: no difference"))
    #expect(same.output.contains("McNemar p 1.000"))
  }

  @Test func modelsOnTheSameClips() throws {
    let clips = Repository.path + "/clips"
    try Folder.create(folder("clips/left"))
    try Folder.create(folder("clips/right"))
    for side in ["left", "right"] {
      for name in try #require(Folder.names("\(clips)/\(side)")).sorted().prefix(3) {
        try FileManager.default.copyItem(
          atPath: "\(clips)/\(side)/\(name)", toPath: folder("clips/\(side)/\(name)"))
      }
    }
    try UntrainedModel.write(to: folder("a.safetensors"), classes: ["left", "right"])
    try UntrainedModel.write(to: folder("b.safetensors"), classes: ["right", "left"])
    // One clip was trained on, by b.
    try Folder.create(folder("b.run"))
    let trained = try #require(Folder.names(folder("clips/left"))?.sorted().first)
    try AtomicFile.write(
      "filepath,label,split,group\nleft/\(trained),left,train,g\n", to: folder("b.run/split.csv"))
    let run = try ProgramRun(
      "vidclass",
      [
        "eval", folder("clips"), "-m", folder("b.safetensors"), "--against",
        folder("a.safetensors"), "--no-baselines", "--json",
      ])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.errors.contains("comparing on the 5 clips that are left for all of them"))
    let found = try json(run.output)
    #expect(found["clips"] as? Int == 5)
    #expect(found["reference"] as? String == "A")
    // The same network with its classes exchanged: where one is right the other is wrong.
    #expect((found["differing_clips"] as? [Any])?.count == 5)
    let models = try #require(found["models"] as? [[String: Any]])
    #expect(
      models.compactMap { $0["name"] as? String } == [
        folder("a.safetensors"), folder("b.safetensors"),
      ])
  }

  @Test func thresholdsAreChosenAndSaved() throws {
    let a = try predictions("a.csv", wrong: [1, 5, 12, 17, 23, 38])
    let run = try ProgramRun(
      "vidclass",
      [
        "eval", "--from", a, "--threshold-for", "precision=0.95", "--thresholds-out",
        folder("t.json"),
      ])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("thresholds for precision=0.95: below them an answer is unknown"))
    #expect(
      run.output.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("40 clips") })
    let saved = try json(try RegularFile.readText(folder("t.json")))
    #expect(saved["goal"] as? String == "precision=0.95")
    #expect(Set((saved["thresholds"] as? [String: Any] ?? [:]).keys) == ["left", "right"])
    let costs = try ProgramRun(
      "vidclass", ["eval", "--from", a, "--cost", "missed=1,false=10", "--json"])
    let thresholds = try #require(try json(costs.output)["thresholds"] as? [String: Any])
    #expect(thresholds["goal"] as? String == "missed=1.0,false=10.0")
    #expect((thresholds["cost"] as? Double ?? 1) < (thresholds["cost_without"] as? Double ?? 0))
  }
}
