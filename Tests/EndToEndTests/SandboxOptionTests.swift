import Foundation
import TestSupport
import Testing

/// What the program says and does where the system cannot confine decoder processes, simulated by a
/// filter that has the kernel deny what it can do.
@Suite(.waitsForPrograms) struct SandboxOptionTests {
  private let clip = Repository.path + "/clips/left/scene01_left_01.mp4"

  private func info(without wall: String?, _ options: String...) throws -> ProgramRun {
    let command = ["info", clip] + options
    guard let wall else { return try ProgramRun("vidclass", command) }
    return try ProgramRun(
      "cageprobe", ["without", wall, ProgramRun.path(of: "vidclass")] + command)
  }

  @Test func aClosedCageIsNoNews() throws {
    for options in [[], ["--require-sandbox"]] {
      let run = try ProgramRun("vidclass", ["info", clip] + options)
      #expect(run.exitCode == 0 && run.output.contains("h264"))
      #expect(run.errors.isEmpty, "\(run.errors)")
    }
  }

  @Test(arguments: ["seccomp", "both"])
  func anOpenCageIsToldOfOnce(_ wall: String) throws {
    let run = try info(without: wall)
    #expect(run.exitCode == 0 && run.output.contains("h264"))
    #expect(run.errorLines.count == 1)
    #expect(run.errors.contains("warning: movies are decoded in processes that are not confined"))
    #expect(run.errors.contains("seccomp"))
    #expect(run.errors.contains("Landlock") == (wall == "both"))
  }

  @Test(arguments: ["seccomp", "both"])
  func anOpenCageCanBeRefused(_ wall: String) throws {
    let run = try info(without: wall, "--require-sandbox")
    #expect(run.exitCode == 1 && run.output.isEmpty)
    #expect(run.errorLines.count == 1)
    #expect(run.errors.contains("error: --require-sandbox: this system lacks"))
    #expect(run.errors.contains("seccomp"))
  }

  /// The filter forbids all that Landlock does.
  @Test func landlockIsNotMissed() throws {
    let run = try info(without: "landlock", "--require-sandbox")
    #expect(run.exitCode == 0 && run.errors.isEmpty, "\(run.errors)")
    let verbose = try info(without: "landlock", "--verbose")
    #expect(verbose.exitCode == 0)
    #expect(verbose.errors.contains("decoder processes are confined, but not twice"))
  }

  @Test func decodingInTheProgramIsNoSandbox() throws {
    let run = try ProgramRun(
      "vidclass", ["info", clip, "--require-sandbox"], environment: ["VIDCLASS_ISOLATION": "off"])
    #expect(run.exitCode == 1 && run.output.isEmpty)
    #expect(run.errors.contains("VIDCLASS_ISOLATION=off"))
    let bench = try ProgramRun(
      "vidclass", ["bench", "decode", clip, "--in-process", "--require-sandbox"])
    #expect(bench.exitCode == 64)
  }

  /// A batch must not lose its warning, nor repeat it for each of its processes.
  @Test func aBatchWarnsOnce() throws {
    let folder = Repository.path + "/clips/left"
    let run = try ProgramRun(
      "cageprobe",
      ["without", "seccomp", ProgramRun.path(of: "vidclass"), "check", folder, "--threads", "2"])
    #expect(run.errors.components(separatedBy: "not confined").count == 2)
  }

  @Test(arguments: [
    ["label"], ["train"], ["eval"], ["check"], ["info"], ["frames"], ["bench", "decode"],
    ["bench", "label"],
  ])
  func everyCommandThatDecodesHasTheOption(_ command: [String]) throws {
    let run = try ProgramRun("vidclass", command + ["--help"])
    #expect(run.exitCode == 0 && run.output.contains("--require-sandbox"))
  }
}
