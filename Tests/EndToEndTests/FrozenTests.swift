import FileStore
import Foundation
import ModelFiles
import TestSupport
import Testing

/// Networks whose trunk stays as it is, from clips to model.
@Suite(.waitsForPrograms) struct FrozenTests {
  private let scratch = ScratchFolder()
  private static let labels = ["left", "right", "recede"]

  /// A few clips of three classes, and random weights where `make pretrained` puts those of ImageNet.
  private func prepare() throws {
    let manager = FileManager.default
    for label in Self.labels {
      let folder = "\(Repository.path)/clips/\(label)"
      try manager.createDirectory(
        atPath: scratch("clips/\(label)"), withIntermediateDirectories: true)
      let names = try manager.contentsOfDirectory(atPath: folder).sorted()
      for scene in 1...6 {
        let name = try #require(names.first { $0.hasPrefix(String(format: "scene%02d_", scene)) })
        try manager.copyItem(atPath: "\(folder)/\(name)", toPath: scratch("clips/\(label)/\(name)"))
      }
    }
    try manager.createDirectory(atPath: scratch("models"), withIntermediateDirectories: true)
    let made = try run(
      [
        "import", "--arch", "efficientnet_lite0-lstm", "-o",
        "models/efficientnet_lite0.safetensors",
      ])
    #expect(made.exitCode == 0, "\(made.errors)")
  }

  private func run(_ arguments: [String]) throws -> ProgramRun {
    try ProgramRun("vidclass", arguments, folder: scratch.path)
  }

  private func train(_ more: [String] = []) throws -> ProgramRun {
    try run(
      ["train", "clips", "--arch", "frozen-efficientnet_lite0", "--frames", "3", "--size", "32"]
        + more)
  }

  private func json(_ run: ProgramRun) throws -> [String: Any] {
    try #require(
      JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any], "\(run.errors)")
  }

  private func features() throws -> [String] {
    let folder = scratch("models/clips.run/features")
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .map { folder + "/" + $0 }
  }

  /// The same bytes from features that were computed, kept, damaged or half there, by any number of
  /// threads; and a model like any other.
  @Test func fromClipsToModelAndAgain() throws {
    try prepare()
    let first = try train(["--json", "--threads", "2"])
    #expect(first.exitCode == 0, "\(first.errors)")
    let summary = try json(first)
    #expect(summary["model"] as? String == "models/clips.safetensors")
    #expect((summary["validation"] as? [String: Any])?["clips"] as? Int ?? 0 > 0)
    let bytes = try RegularFile.read(scratch("models/clips.safetensors"))
    let kept = try features()
    #expect(kept.count == 18)
    for name in ["report.html", "split.csv", "clips.csv"] {
      #expect(RegularFile.exists(scratch("models/clips.run/\(name)")), "\(name)")
    }

    var damaged = try RegularFile.read(kept[0])
    damaged[damaged.count / 2] ^= 1
    try AtomicFile.write(damaged, to: kept[0])
    try FileManager.default.removeItem(atPath: kept[1])
    let again = try train(["-q", "--threads", "1"])
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(try RegularFile.read(scratch("models/clips.safetensors")) == bytes)
    #expect(try features() == kept)
    #expect(try RegularFile.read(kept[0]) != damaged)

    let model = try Model.load(path: scratch("models/clips.safetensors"))
    #expect(model.metadata.classes == Self.labels.sorted())
    #expect(model.metadata.training["settings"]?.contains("\"penalty\":") == true)
    let label = try run(["label", "clips/left", "--no-timeline", "-q", "-f", "jsonl"])
    #expect(label.exitCode == 0 && label.output.split(separator: "\n").count == 6)
    let eval = try run(["eval", "clips", "-m", "models/clips.safetensors", "--json", "-q"])
    #expect(eval.exitCode == 0, "\(eval.errors)")
    for (kind, place) in [("onnx", "m.onnx"), ("pytorch", "module")] {
      let export = try run(["export", "models/clips.safetensors", "--to", kind, "-o", place])
      #expect(export.exitCode == 0, "\(export.errors)")
    }
    let back = try run(["import", "m.onnx", "-o", "back.safetensors"])
    #expect(back.exitCode == 0, "\(back.errors)")
  }

  @Test func foldsAndCurve() throws {
    try prepare()
    let folds = try json(try train(["--folds", "3", "--json", "-q"]))
    #expect((folds["folds"] as? [[String: Any]])?.compactMap { $0["clips"] as? Int } == [6, 6, 6])
    #expect(folds["clips"] as? Int == 18)
    #expect(!RegularFile.exists(scratch("models/clips.safetensors")))
    let curve = try json(try train(["--learning-curve", "--json", "-q"]))
    let points = try #require(curve["learning_curve"] as? [[String: Any]])
    #expect(points.count == 3)
    let shares = points.compactMap { $0["share"] as? Double }
    #expect(shares == [0.25, 0.5, 1])
    let all = try json(try train(["--val", "0", "--json", "-q"]))
    #expect(all["validation"] == nil)
  }

  @Test func aDryRunWritesNothing() throws {
    try prepare()
    let dry = try train(["--dry-run", "--json"])
    #expect(dry.exitCode == 0, "\(dry.errors)")
    let outlook = try json(dry)
    #expect(outlook["architecture"] as? String == "frozen-efficientnet_lite0")
    #expect(outlook["steps_per_epoch"] as? Int == 18)
    #expect(dry.errors.contains("tensors taken"), "\(dry.errors)")
    #expect(FileManager.default.fileExists(atPath: scratch("models/clips.run")) == false)
  }

  @Test func whatCannotBeIsSaid() throws {
    try prepare()
    for (option, value) in [("--epochs", "3"), ("--lr", "0.1"), ("--augment", "light")] {
      let run = try train([option, value])
      #expect(
        run.exitCode == 64 && run.errors.contains("\(option) has no meaning"), "\(run.errors)")
    }
    try FileManager.default.removeItem(atPath: scratch("models/efficientnet_lite0.safetensors"))
    let missing = try train()
    #expect(
      missing.exitCode == 1 && missing.errors.contains("make pretrained"), "\(missing.errors)")
    let part = try run(
      ["import", "--arch", "mobilenet_v2-lstm", "-o", "models/other.safetensors"])
    #expect(part.exitCode == 0)
    let other = try train(["--init-from", "models/other.safetensors"])
    #expect(other.exitCode == 1 && other.errors.contains("other.safetensors"), "\(other.errors)")
  }

  /// A clip that nothing can be made of is left out and told; those of an earlier model of the kind learn
  /// on from it.
  @Test func brokenClipsAreLeftOut() throws {
    try prepare()
    try Data("no movie".utf8).write(to: URL(fileURLWithPath: scratch("clips/left/broken.mp4")))
    let run = try train()
    #expect(run.exitCode == 3 && run.errors.contains("broken.mp4"), "\(run.errors)")
    try FileManager.default.removeItem(atPath: scratch("clips/left/broken.mp4"))
    let again = try self.run(
      [
        "train", "clips", "--init-from", "models/clips.safetensors", "-o",
        "models/next.safetensors",
      ])
    #expect(again.exitCode == 0 && again.errors.contains("logistic regression"), "\(again.errors)")
  }
}
