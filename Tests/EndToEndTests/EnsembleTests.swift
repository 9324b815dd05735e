import Foundation
import ModelFiles
import TestSupport
import Testing

/// Models that learned from all clips, and several networks in one: they are models like any other.
@Suite(.waitsForPrograms) struct EnsembleTests {
  private let scratch = ScratchFolder()

  /// Two classes, four scenes of each, or these.
  private func makeClips(scenes: ClosedRange<Int>? = nil) throws {
    let wanted = scenes.map(Array.init) ?? [1, 3, 5, 9]
    for label in ["left", "right"] {
      let folder = scratch("clips/\(label)")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let sources = "\(Repository.path)/clips/\(label)"
      for name in try FileManager.default.contentsOfDirectory(atPath: sources)
      where wanted.contains(where: { name.hasPrefix(String(format: "scene%02d", $0)) }) {
        try FileManager.default.copyItem(
          atPath: "\(sources)/\(name)", toPath: "\(folder)/\(name)")
      }
    }
  }

  private func arguments(_ model: String, _ more: [String] = []) -> [String] {
    [
      "train", scratch("clips"), "--epochs", "2", "--batch-size", "4", "--frames", "4", "--size",
      "16", "--arch", "conv3d-lstm-small", "--threads", "1", "-o", scratch(model),
    ] + more
  }

  private func json(_ arguments: [String]) throws -> [String: Any] {
    let run = try ProgramRun("vidclass", arguments + ["--json"])
    try #require(run.exitCode == 0, "\(run.errors)")
    return try #require(
      JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: scratch(path)))
  }

  @Test func allClipsAreLearnedAndTheScoreStays() throws {
    try makeClips()
    let plain = try json(arguments("plain.safetensors", ["--no-refit"]))
    let whole = try json(arguments("whole.safetensors"))
    // What was validated is what it would be alone.
    #expect(
      try bytes("whole.run/validated.safetensors") == bytes("plain.safetensors"))
    #expect(try bytes("whole.safetensors") != bytes("plain.safetensors"))
    for key in ["validation", "temperature"] {
      #expect(whole[key] as? NSObject == plain[key] as? NSObject, "\(key)")
    }
    let refit = try #require(whole["refit"] as? [String: Int])
    #expect(refit["clips"] == 16 && plain["refit"] == nil)

    // Clips that both were validated on are scored by the one that did not learn from them.
    let clips = ["eval", scratch("clips"), "-m"]
    let scores = try [scratch("plain.safetensors"), scratch("whole.safetensors")].map { model in
      let scored = try json(clips + [model])
      return try #require((scored["log_loss"] as? [String: Double])?["value"])
    }
    #expect(scores[0] == scores[1])
    let all = try ProgramRun(
      "vidclass", clips + [scratch("whole.safetensors"), "--split", "all"])
    #expect(all.errors.contains("16 of the 16 clips were trained on"), "\(all.errors)")
    try FileManager.default.removeItem(atPath: scratch("whole.run/validated.safetensors"))
    let gone = try ProgramRun("vidclass", clips + [scratch("whole.safetensors")])
    #expect(gone.exitCode == 1 && gone.errors.contains("--split all"), "\(gone.errors)")
  }

  /// Killed while the first training runs, the second, or between them.
  @Test func goesOnWhereItWasKilled() throws {
    try makeClips()
    let whole = try ProgramRun("vidclass", arguments("whole.safetensors", ["--epochs", "60"]))
    try #require(whole.exitCode == 0, "\(whole.errors)")
    for (number, file) in [
      "run/checkpoint.safetensors", "run/validated.safetensors",
      "run/refit.run/checkpoint.safetensors",
    ].enumerated() {
      try killedAndResumed("m\(number)", when: "m\(number).\(file)")
      #expect(try bytes("m\(number).safetensors") == bytes("whole.safetensors"), "\(file)")
    }
  }

  /// Kills a training once there is `file`, and lets it go on.
  private func killedAndResumed(_ model: String, when file: String) throws {
    let training = Process()
    training.executableURL = URL(fileURLWithPath: ProgramRun.path(of: "vidclass"))
    training.arguments = arguments("\(model).safetensors", ["--epochs", "60"])
    training.standardOutput = FileHandle.nullDevice
    training.standardError = FileHandle.nullDevice
    try training.run()
    for _ in 0..<60_000
    where training.isRunning && !FileManager.default.fileExists(atPath: scratch(file)) {
      usleep(1_000)
    }
    kill(training.processIdentifier, SIGKILL)
    training.waitUntilExit()
    try #require(training.terminationReason == .uncaughtSignal)
    let resumed = try ProgramRun(
      "vidclass", arguments("\(model).safetensors", ["--epochs", "60"]))
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains("resuming"), "\(resumed.errors)")
  }

  /// A comparison that is killed goes on to the same table, and the same model.
  @Test func aComparisonGoesOn() throws {
    try makeClips(scenes: 1...12)
    func run(_ model: String) -> [String] {
      arguments(model, ["--budget", "700steps", "--group-by", "(scene[0-9]+)"])
    }
    func trials(_ model: String) throws -> [NSObject] {
      let record = try JSONSerialization.jsonObject(with: try bytes("\(model).run/budget.json"))
      return try #require((record as? [String: Any])?["trials"] as? [NSObject])
    }
    let whole = try ProgramRun("vidclass", run("whole.safetensors"))
    try #require(whole.exitCode == 0, "\(whole.errors)")
    let expected = try trials("whole")
    #expect(expected.count > 10)

    for count in [1, expected.count / 2, expected.count] {
      let training = Process()
      training.executableURL = URL(fileURLWithPath: ProgramRun.path(of: "vidclass"))
      training.arguments = run("m.safetensors")
      training.standardOutput = FileHandle.nullDevice
      training.standardError = FileHandle.nullDevice
      try training.run()
      for _ in 0..<60_000 where training.isRunning {
        if let done = try? trials("m"), done.count >= count { break }
        usleep(2_000)
      }
      kill(training.processIdentifier, SIGKILL)
      training.waitUntilExit()
    }
    let resumed = try ProgramRun("vidclass", run("m.safetensors"))
    #expect(resumed.exitCode == 0, "\(resumed.errors)")
    #expect(try trials("m") == expected)
    #expect(try bytes("m.safetensors") == bytes("whole.safetensors"))
    let label = try ProgramRun(
      "vidclass",
      [
        "label", "\(Repository.path)/Tests/Fixtures/movie/motions.mp4", "-m",
        scratch("m.safetensors"),
      ]
    )
    #expect(label.exitCode == 0, "\(label.errors)")
  }

  @Test func anEnsembleIsAModelLikeAnyOther() throws {
    try makeClips()
    let summary = try json(arguments("three.safetensors", ["--ensemble", "3"]))
    let members = try #require(summary["members"] as? [[String: Any]])
    #expect(members.compactMap { $0["clips"] as? Int }.reduce(0, +) == 16)
    let validation = try #require(summary["validation"] as? [String: Any])
    #expect(validation["clips"] as? Int == 16)

    let model = try Model.load(path: scratch("three.safetensors"))
    let parts = try model.members()
    #expect(parts.count == 3)
    #expect(Set(parts.map(\.hash)).count == 3)

    let again = try ProgramRun("vidclass", arguments("again.safetensors", ["--ensemble", "3"]))
    #expect(again.exitCode == 0, "\(again.errors)")
    #expect(try bytes("again.safetensors") == bytes("three.safetensors"))

    let movie = "\(Repository.path)/Tests/Fixtures/movie/motions.mp4"
    let label = try ProgramRun(
      "vidclass", ["label", movie, "-m", scratch("three.safetensors"), "-f", "json"])
    #expect(label.exitCode == 0, "\(label.errors)")
    let own = try ProgramRun(
      "vidclass", ["eval", scratch("clips"), "-m", scratch("three.safetensors")])
    #expect(own.exitCode == 1 && own.errors.contains("--split all"), "\(own.errors)")
    let scored = try json([
      "eval", scratch("clips"), "-m", scratch("three.safetensors"), "--split", "all",
      "--predictions", scratch("p.csv"), "--report", scratch("r.html"),
    ])
    let ensemble = try #require(scored["ensemble"] as? [String: Any])
    #expect((ensemble["members_top1"] as? [Double])?.count == 3)
    #expect(
      try String(contentsOfFile: scratch("r.html"), encoding: .utf8).contains(#""disagreement":["#))
    for format in ["onnx", "pytorch"] {
      let export = try ProgramRun(
        "vidclass",
        ["export", scratch("three.safetensors"), "--to", format, "-o", scratch("x.\(format)")])
      #expect(export.exitCode == 0, "\(export.errors)")
    }
  }

  @Test func theMeanOfOneModelIsItself() throws {
    try makeClips()
    let run = try ProgramRun("vidclass", arguments("a.safetensors", ["--no-refit"]))
    try #require(run.exitCode == 0, "\(run.errors)")
    func average(_ models: [String], _ output: String) throws -> ProgramRun {
      try ProgramRun(
        "vidclass", ["average"] + models.map { scratch($0) } + ["-o", scratch(output)])
    }
    #expect(try average(["a.safetensors", "a.safetensors"], "b.safetensors").exitCode == 0)
    let (one, mean) = (
      try Model.load(path: scratch("a.safetensors")), try Model.load(path: scratch("b.safetensors"))
    )
    for entry in one.network.entries + one.network.bufferEntries {
      #expect(one.network.values(of: entry) == mean.network.values(of: entry))
    }
    #expect(try average(["a.safetensors", "b.safetensors"], "a.safetensors").exitCode == 1)
    let other = try ProgramRun(
      "vidclass",
      [
        "average", scratch("a.safetensors"), "\(Repository.path)/models/clips.safetensors", "-o",
        scratch("c.safetensors"),
      ])
    #expect(other.exitCode == 1 && other.errors.contains("another network"), "\(other.errors)")
  }
}
