import Foundation
import ModelFiles
import TestSupport
import Testing

/// Clips as people keep them, in every command.
@Suite(.waitsForPrograms) struct MessyMediaTests {
  private let scratch = ScratchFolder()

  private func run(_ arguments: [String]) throws -> ProgramRun {
    try ProgramRun("vidclass", arguments, folder: scratch.path)
  }

  /// A network that was never trained.
  private func makeModel() throws {
    try UntrainedModel.write(to: scratch("model.safetensors"), classes: ["a", "b"])
  }

  /// The first clip to the left, with a display matrix that turns it by 30 degrees.
  private func makeTilted() throws {
    let path = "\(Repository.path)/clips/left/scene01_left_01.mp4"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try bytes.write(to: URL(fileURLWithPath: scratch("straight.mp4")))
    let header = try #require(bytes.range(of: Data("tkhd".utf8)))
    let matrix: [Int32] = [56_756, 32_768, 0, -32_768, 56_756, 0, 0, 0, 1 << 30]
    let start = header.lowerBound + 44
    let stored = matrix.flatMap { value in withUnsafeBytes(of: value.bigEndian, Array.init) }
    bytes.replaceSubrange(start..<start + stored.count, with: stored)
    try bytes.write(to: URL(fileURLWithPath: scratch("tilted.mp4")))
  }

  @Test("A tilt that is no quarter turn is said, and its pixels are those stored, everywhere")
  func tilted() throws {
    try makeTilted()
    try makeModel()
    let warning = "turned by 30 degrees: shown as stored, only quarter turns apply"
    for name in ["straight", "tilted"] {
      let frames = try run(["frames", "\(name).mp4", "--frames", "4", "-o", "\(name).rgb"])
      #expect(frames.exitCode == 0 && frames.errors.contains(warning) == (name == "tilted"))
      for label in ["a", "b"] {
        for number in 1...3 {
          let folder = scratch("\(name)/\(label)")
          try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
          try FileManager.default.copyItem(
            atPath: scratch("\(name).mp4"), toPath: "\(folder)/\(number).mp4")
        }
      }
      let train = try run([
        "train", name, "-o", "\(name).safetensors", "--epochs", "1", "--frames", "4", "--size",
        "16",
      ])
      #expect(train.exitCode == 0, "\(train.errors)")
    }
    let files = FileManager.default
    #expect(files.contentsEqual(atPath: scratch("straight.rgb"), andPath: scratch("tilted.rgb")))
    #expect(try run(["check", "tilted"]).output.contains(warning))
    let records = try ["straight", "tilted"].map { name in
      let label = try run(["label", "\(name).mp4", "-m", "model.safetensors", "-f", "jsonl"])
      return try #require(
        JSONSerialization.jsonObject(with: Data(label.output.utf8)) as? [String: Any],
        "\(label.errors)")
    }
    #expect(records[0]["scores"] as? [String: Double] == records[1]["scores"] as? [String: Double])
    #expect(records[0]["warnings"] as? [String] == [])
    #expect(records[1]["warnings"] as? [String] == [warning])
    #expect(try weights("straight") == weights("tilted"))
  }

  /// What a model file has behind its header.
  private func weights(_ name: String) throws -> Data {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scratch("\(name).safetensors")))
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    return bytes.dropFirst(8 + length)
  }

  @Test("A model says which stream was asked for, and labels of other streams are others")
  func streamIsAFact() throws {
    try makeTilted()
    try makeModel()
    for label in ["a", "b"] {
      for number in 1...3 {
        try FileManager.default.createDirectory(
          atPath: scratch("clips/\(label)"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          atPath: scratch("straight.mp4"), toPath: scratch("clips/\(label)/\(number).mp4"))
      }
    }
    let small = ["--epochs", "1", "--frames", "4", "--size", "16"]
    for (name, asked) in [("any", []), ("first", ["--stream", "0"])] {
      let train = try run(["train", "clips", "-o", "\(name).safetensors"] + small + asked)
      #expect(train.exitCode == 0, "\(train.errors)")
      let model = try Model.load(path: scratch("\(name).safetensors")).metadata
      #expect(model.training["stream"] == (name == "any" ? nil : "0"))
    }
    let settings = try [[], ["--stream", "0"]].map { asked in
      let label = try run(
        ["label", "straight.mp4", "-m", "model.safetensors", "-f", "jsonl"] + asked)
      let record = try JSONSerialization.jsonObject(with: Data(label.output.utf8))
      return (record as? [String: Any])?["settings"] as? String
    }
    #expect(settings[0] != nil && settings[0] != settings[1])
  }

  @Test("Zipped folders of pictures go wherever movies go")
  func zippedPictures() throws {
    try makeModel()
    let made = Process()
    made.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    made.arguments = [
      "python3", "\(Repository.path)/Tests/Fixtures/make-picture-clips.py", scratch("made"),
    ]
    try made.run()
    made.waitUntilExit()
    try #require(made.terminationStatus == 0)
    for label in ["a", "b"] {
      try FileManager.default.createDirectory(
        atPath: scratch("clips/\(label)"), withIntermediateDirectories: true)
      for number in 1...3 {
        try FileManager.default.copyItem(
          atPath: scratch(label == "a" ? "made/stored.zip" : "made/deflated.zip"),
          toPath: scratch("clips/\(label)/\(number).zip"))
      }
    }
    let (zip, model) = ("clips/a/1.zip", ["-m", "model.safetensors"])
    #expect(try run(["info", zip]).output.contains("40x24"))
    #expect(try run(["frames", zip, "--list"]).output.split(separator: "\n").count == 13)
    #expect(try run(["check", "clips"]).output.contains("6 clips of 2 classes in clips: 6 good"))
    let label = try run(["label", "clips", "-f", "jsonl"] + model)
    #expect(label.exitCode == 0 && label.output.split(separator: "\n").count == 6)
    let train = try run([
      "train", "clips", "-o", "new.safetensors", "--epochs", "1", "--frames", "4", "--size", "16",
    ])
    #expect(train.exitCode == 0, "\(train.errors)")
    let eval = try run(["eval", "clips", "-m", "new.safetensors", "--split", "all", "--json"])
    #expect(eval.exitCode == 0 && eval.output.contains("\"clips\""), "\(eval.errors)")
  }
}
