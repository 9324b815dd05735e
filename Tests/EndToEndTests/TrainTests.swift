import FileStore
import Foundation
import TestSupport
import Testing

/// What `train` says and finds out besides a model.
@Suite(.waitsForPrograms) struct TrainTests {
  private let scratch = ScratchFolder()
  private let small = ["--frames", "4", "--size", "16", "--arch", "conv3d-lstm-small"]

  private func clip(_ label: String, _ scene: Int, _ number: Int = 1) -> String {
    let folder = "\(Repository.path)/clips/\(label)"
    let stem = String(format: "scene%02d_%@_%02d.", scene, label, number)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return "\(folder)/\(names.first { $0.hasPrefix(stem) } ?? stem)"
  }

  private func put(_ source: String, at path: String) throws {
    let target = scratch(path)
    try FileManager.default.createDirectory(
      atPath: URL(fileURLWithPath: target).deletingLastPathComponent().path,
      withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: source, toPath: target)
  }

  private func json(_ run: ProgramRun) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run.errors)")
  }

  @Test func plantedTroubleIsSaid() throws {
    for scene in 1...4 {
      for label in ["left", "right", "recede"] {
        try put(clip(label, scene), at: "data/train/\(label)/\(scene).avi")
      }
    }
    for scene in 5...7 {
      for label in ["left", "right"] {
        try put(clip(label, scene), at: "data/val/\(label)/\(scene).avi")
      }
    }
    // A clip that is held out and learned, and one under two labels.
    try put(clip("left", 2), at: "data/val/left/again.avi")
    try put(clip("recede", 3), at: "data/train/right/wrong.avi")
    let run = try ProgramRun(
      "vidclass",
      ["train", scratch("data"), "--dry-run", "--json", "-o", scratch("m.safetensors")] + small)
    #expect(run.exitCode == 0)
    let outlook = try json(run)
    let classes = try #require(outlook["classes"] as? [[String: Any]])
    #expect(classes.compactMap { $0["name"] as? String } == ["left", "recede", "right"])
    #expect(classes.compactMap { $0["training_clips"] as? Int } == [4, 4, 5])
    #expect(classes.compactMap { $0["held_out_clips"] as? Int } == [4, 0, 3])
    #expect(outlook["architecture"] as? String == "conv3d-lstm-small")
    #expect((outlook["seconds_per_epoch"] as? Double ?? 0) > 0)
    #expect(!FileManager.default.fileExists(atPath: scratch("m.run")))
    let said = run.errors
    #expect(said.contains("1 of 7 clips held out shows what a clip to train on shows"), "\(said)")
    #expect(said.contains("train/left/2.avi and val/left/again.avi"), "\(said)")
    #expect(said.contains("1 clip is there under two labels"), "\(said)")
    #expect(said.contains("train/recede/3.avi and train/right/wrong.avi"), "\(said)")
    #expect(said.contains("validation has no clip of class \"recede\""), "\(said)")
    #expect(
      said.contains("flip off: a mirror would turn \"left\" into \"right\""), "\(said)")
  }

  @Test func everyFoldIsScoredOnceAndGoesOnWhereItStopped() throws {
    let arguments =
      ["train", Repository.path + "/clips", "--folds", "3", "--epochs", "1", "--json", "-q"]
      + ["-o", scratch("m.safetensors")] + small
    let run = try ProgramRun("vidclass", arguments)
    #expect(run.exitCode == 0, "\(run.errors)")
    let result = try json(run)
    let folds = try #require(result["folds"] as? [[String: Any]])
    #expect(folds.compactMap { $0["number"] as? Int } == [1, 2, 3])
    #expect(folds.compactMap { $0["clips"] as? Int } == [48, 48, 48])
    #expect(result["clips"] as? Int == 144)
    let scores = folds.compactMap { $0["top1"] as? Double }
    let mean = try #require((result["mean"] as? [String: Any])?["top1"] as? Double)
    #expect(abs(mean - scores.reduce(0, +) / 3) < 1e-12)
    let pooled = try #require((result["top1"] as? [String: Any])?["value"] as? Double)
    #expect(abs(pooled - mean) < 1e-9, "folds of equal size")

    let predictions = scratch("m.run/predictions.csv")
    let lines = ProgramText.lines(of: predictions)
    #expect(lines.count == 145 && Set(lines.map { $0.prefix { $0 != "," } }).count == 145)
    #expect(!FileManager.default.fileExists(atPath: scratch("m.safetensors")))

    // All done: the same scores without a step.
    let again = try ProgramRun("vidclass", arguments + ["--resume"])
    #expect(
      try #require(json(again)["folds"] as? [[String: Any]]).compactMap {
        $0["top1"] as? Double
      } == scores)
    #expect(ProgramText.lines(of: predictions) == lines)

    // Folds of another training are not passed off as these.
    let other = try ProgramRun("vidclass", arguments + ["--resume", "--lr", "0.5"])
    #expect(other.exitCode == 1 && other.errors.contains("--lr ("), "\(other.errors)")
  }

  @Test func aPrecisionIsNotChangedOnTheWay() throws {
    let arguments =
      ["train", Repository.path + "/clips", "--epochs", "1", "-q"]
      + ["-o", scratch("m.safetensors")] + small
    let first = try ProgramRun("vidclass", arguments + ["--precision", "fp32"])
    #expect(first.exitCode == 0, "\(first.errors)")
    let other = try ProgramRun("vidclass", arguments + ["--resume", "--precision", "bf16"])
    #expect(other.exitCode == 1)
    #expect(other.errors.contains("--precision (fp32 there, bf16 here)"), "\(other.errors)")
  }

  @Test func aLearningCurveHasThreePoints() throws {
    let run = try ProgramRun(
      "vidclass",
      ["train", Repository.path + "/clips", "--learning-curve", "--epochs", "1", "--json", "-q"]
        + ["-o", scratch("m.safetensors")] + small)
    let result = try json(run)
    let points = try #require(result["learning_curve"] as? [[String: Any]])
    let trained = try #require(result["training_clips"] as? Int)
    #expect(points.compactMap { $0["share"] as? Double } == [0.25, 0.5, 1])
    #expect(points.last?["clips"] as? Int == trained)
    #expect(points.first?["clips"] as? Int == trained / 4)
    #expect(FileManager.default.fileExists(atPath: scratch("m.safetensors")))
    let validation = try #require(result["validation"] as? [String: Any])
    #expect(
      abs((points.last?["macro_f1"] as? Double ?? -1) - (validation["macro_f1"] as? Double ?? -2))
        < 1e-9)
  }

  @Test(arguments: [
    ["--folds", "1"], ["--folds", "3", "--val", "0.3"], ["--folds", "3", "--learning-curve"],
    ["--learning-curve", "--val", "0"],
  ])
  func studiesThatMakeNoSenseAreRefused(arguments: [String]) throws {
    let run = try ProgramRun("vidclass", ["train", Repository.path + "/clips"] + arguments)
    #expect(run.exitCode == 64 && run.errors.contains(arguments[0]))
  }
}

private enum ProgramText {
  static func lines(of path: String) -> [String] {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
