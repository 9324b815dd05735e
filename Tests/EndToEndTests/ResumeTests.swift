import FileStore
import Foundation
import TestSupport
import Testing

/// A training that is killed, and clips that change before it goes on.
@Suite(.waitsForPrograms) struct ResumeTests {
  /// What can happen to a clip while its training stands still.
  enum Change: String, CaseIterable {
    case otherContent, longer, unreadable, gone, renamed, otherLabel

    /// What is said of it.
    var message: String {
      switch self {
      case .otherContent: "left/2.mp4 holds something else"
      case .longer, .unreadable: "left/2.mp4 holds something else ("
      case .gone: "left/2.mp4 is gone"
      case .renamed: "left/2.mp4 is now left/8.mp4"
      case .otherLabel: "left/2.mp4 is now right/8.mp4, labelled \"right\""
      }
    }
  }

  private let scratch = ScratchFolder()

  private var arguments: [String] {
    [
      "train", scratch("clips"), "--epochs", "2000", "--batch-size", "4", "--frames", "4", "--size",
      "16", "--arch", "conv3d-lstm-small", "--threads", "1", "-o", scratch("m.safetensors"),
    ]
  }

  /// Two classes of five clips, and a training of them that is killed behind its first checkpoint.
  private func killedTraining() throws {
    for label in ["left", "right"] {
      let folder = scratch("clips/\(label)")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let sources = "\(Repository.path)/clips/\(label)"
      let names = try FileManager.default.contentsOfDirectory(atPath: sources).sorted()
      for (number, name) in names.filter({ $0.hasSuffix(".mp4") }).prefix(5).enumerated() {
        try FileManager.default.copyItem(
          atPath: "\(sources)/\(name)", toPath: "\(folder)/\(number).mp4")
      }
    }
    let training = Process()
    training.executableURL = URL(fileURLWithPath: ProgramRun.path(of: "vidclass"))
    training.arguments = arguments
    training.standardOutput = FileHandle.nullDevice
    training.standardError = FileHandle.nullDevice
    try training.run()
    let checkpoint = scratch("m.run/checkpoint.safetensors")
    for _ in 0..<2400
    where training.isRunning && !FileManager.default.fileExists(atPath: checkpoint) {
      usleep(25_000)
    }
    kill(training.processIdentifier, SIGKILL)
    training.waitUntilExit()
    try #require(training.terminationReason == .uncaughtSignal)
    try #require(FileManager.default.fileExists(atPath: checkpoint))
  }

  private func make(_ change: Change) throws {
    let clip = URL(fileURLWithPath: scratch("clips/left/2.mp4"))
    switch change {
    case .otherContent:
      let modified = try FileManager.default.attributesOfItem(atPath: clip.path)[.modificationDate]
      var bytes = try Data(contentsOf: clip)
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: clip)
      try FileManager.default.setAttributes(
        [.modificationDate: try #require(modified)], ofItemAtPath: clip.path)
    case .longer:
      let longer = URL(fileURLWithPath: Repository.path + "/Tests/Fixtures/movie/motions.mp4")
      try Data(contentsOf: longer).write(to: clip)
    case .unreadable: try Data("no movie any more".utf8).write(to: clip)
    case .gone: try FileManager.default.removeItem(at: clip)
    case .renamed:
      try FileManager.default.moveItem(atPath: clip.path, toPath: scratch("clips/left/8.mp4"))
    case .otherLabel:
      try FileManager.default.moveItem(atPath: clip.path, toPath: scratch("clips/right/8.mp4"))
    }
  }

  @Test(arguments: Change.allCases) func whatChangedIsSaid(change: Change) throws {
    try killedTraining()
    let same = try ProgramRun("vidclass", arguments + ["--resume", "--dry-run"])
    #expect(same.exitCode == 0, "\(same.errors)")
    #expect(same.errors.contains("resuming") && !same.errors.contains("changed since"))

    try make(change)
    let refused = try ProgramRun("vidclass", arguments + ["--resume"])
    #expect(refused.exitCode == 1)
    #expect(refused.errors.contains("changed since: \(change.message)"), "\(refused.errors)")
    #expect(refused.errors.contains("--accept-changes"))

    let accepted = try ProgramRun("vidclass", arguments + ["--accept-changes", "--dry-run"])
    #expect(accepted.exitCode == (change == .unreadable ? 3 : 0), "\(accepted.errors)")
    #expect(accepted.errors.contains("changed since: \(change.message)"))
    #expect(accepted.errors.contains("resuming"))
  }

  @Test func otherKernelsAreNotGoneOnWithInSilence() throws {
    try killedTraining()
    let environment = ["VIDCLASS_ISA": "generic"]
    let other = try ProgramRun("vidclass", arguments, environment: environment)
    #expect(other.exitCode == 1)
    #expect(other.errors.contains("generic kernels"), "\(other.errors)")
    let accepted = try ProgramRun(
      "vidclass", arguments + ["--accept-changes", "--dry-run"], environment: environment)
    #expect(accepted.exitCode == 0 && accepted.errors.contains("resuming"), "\(accepted.errors)")
  }
}
