import Foundation
import TestSupport
import Testing

@testable import vidclass

@Suite("Command line, common to all commands", .waitsForPrograms)
struct CommandLineTests {
  @Test("Version and help go to standard output", arguments: [["--version"], ["--help"], []])
  func help(arguments: [String]) throws {
    let run = try ProgramRun("vidclass", arguments)
    #expect(run.exitCode == 0)
    #expect(run.errors.isEmpty)
    #expect(run.output.contains(arguments == ["--version"] ? ProgramVersion.current : "EXAMPLES"))
  }

  /// Paragraphs are filled to the terminal's width: one that was broken by hand would have short lines
  /// in its middle. Examples are indented and stay as they are.
  @Test(
    "Help fits the terminal",
    arguments: [
      ["train"], ["label"], ["eval"], ["check"], ["frames"], ["info"], ["merge"], ["import"],
      ["export"], ["bench"], ["bench", "infer"], ["bench", "train"], ["bench", "label"],
      ["bench", "kernels"], ["bench", "decode"],
    ], [80, 200])
  func helpFitsTheTerminal(command: [String], columns: Int) throws {
    let run = try ProgramRun(
      "vidclass", command + ["--help"], environment: ["COLUMNS": "\(columns)"])
    let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.filter { $0.count > columns && !$0.hasPrefix("  ") } == [])
    for (line, next) in zip(lines, lines.dropFirst()) where !line.hasPrefix(" ") && !line.isEmpty {
      guard let word = next.split(separator: " ").first, !next.hasPrefix(" "),
        !line.hasSuffix(":")
      else { continue }
      #expect(line.count + 1 + word.count >= columns, "\(line)")
    }
    let same = try ProgramRun(
      "vidclass", ["help"] + command, environment: ["COLUMNS": "\(columns)"])
    #expect(same.output == run.output)
  }

  /// Commands are to be copied: one that was broken by the parser would run as two.
  @Test(
    "Examples stay on their lines",
    arguments: [["train"], ["label"], ["eval"], ["check"], ["frames"], ["info"], ["merge"]])
  func examplesAreNotBroken(command: [String]) throws {
    func examples(_ columns: Int) throws -> [Substring] {
      let help = try ProgramRun(
        "vidclass", command + ["--help"], environment: ["COLUMNS": "\(columns)"])
      let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false)
      return Array(lines.drop { !$0.hasPrefix("EXAMPLE") }.prefix { !$0.isEmpty })
    }
    #expect(try examples(80) == examples(200))
    #expect(try examples(80).count > 1)
  }

  @Test(
    "Every command that decodes takes the stream to read",
    arguments: [
      ["check", "clips"], ["train", "clips", "--dry-run"],
      ["eval", "clips", "-m", "models/clips.safetensors", "--split", "all"],
      ["label", "clips", "-m", "models/clips.safetensors", "-f", "jsonl"],
      ["info", "clips/left/scene01_left_01.mp4"],
      ["frames", "clips/left/scene01_left_01.mp4", "--list"],
    ])
  func readsTheStreamAskedFor(arguments: [String]) throws {
    let run = try ProgramRun("vidclass", arguments + ["--stream", "7"], folder: Repository.path)
    #expect(run.exitCode != 0)
    #expect((run.output + run.errors).contains("has no video stream 7"), "\(run.errors)")
  }

  @Test(
    "A misspelt option suggests the right one",
    arguments: [
      (["train", "clips", "--epoch", "3"], "--epochs"), (["label", "x", "--modl", "m"], "--model"),
      (["check", "x", "--fixlist", "a"], "--fix-list"),
      (["eval", "x", "--report-", "a"], "--report"),
    ])
  func suggestsTheNearestOption(arguments: [String], option: String) throws {
    let run = try ProgramRun("vidclass", arguments)
    #expect(run.exitCode == 64 && run.errors.contains("Did you mean '\(option)'?"), "\(run.errors)")
  }

  @Test(
    "Wrong usage exits with 64 and says how to go on",
    arguments: [
      ["--nonsense"], ["nonsense"], ["train", ""], ["train", "x", "-o", ""],
      ["frames", ""], ["info", ""],
      ["train", Repository.path + "/clips", "--dry-run", "--epochs", "0"],
      ["train", Repository.path + "/clips", "--dry-run", "--val", "2"],
      ["train", Repository.path + "/clips", "--dry-run", "--epochs", "9223372036854775807"],
      ["train", Repository.path + "/clips", "--dry-run", "--batch-size", "9223372036854775807"],
      [
        "train", Repository.path + "/clips", "--dry-run", "--clips-per-video",
        "9223372036854775807",
      ],
      ["label", "x.mp4", "--hop", "1e-9"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let run = try ProgramRun("vidclass", arguments)
    #expect(run.exitCode == 64)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("vidclass: error: "))
    #expect(run.errors.contains("--help"))
  }

  @Test("What only the run refuses is told with the usage of its own command")
  func lateRefusal() throws {
    let run = try ProgramRun("vidclass", ["train", Repository.path + "/clips", "--epochs", "0"])
    #expect(run.exitCode == 64)
    #expect(run.errorLines.contains { $0.hasPrefix("Usage: vidclass train ") }, "\(run.errors)")
  }

  @Test(
    "A full disk behind standard output is one line and exit code 1",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func fullOutput() throws {
    let run = try ProgramRun("vidclass", ["--help"], output: "/dev/full")
    #expect(run.exitCode == 1)
    #expect(run.errorLines.count == 1)
    #expect(run.errors.hasPrefix("vidclass: error: standard output: cannot write: "))
  }

  @Test("A reader that went away ends the program without a word")
  func closedOutput() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProgramRun.path(of: "vidclass"))
    process.arguments = ["--help"]
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try output.fileHandleForReading.close()
    try process.run()
    let said = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(process.terminationStatus == SIGPIPE)
    #expect(said.isEmpty)
  }

  @Test("Control characters and line breaks never reach the terminal")
  func singleLine() {
    #expect(ErrorMessage.singleLine("a\nb\tc\u{1B}[31m") == "a b c\u{FFFD}[31m")
  }

  @Test("Progress tells share, rate and remaining time")
  func progress() {
    var text = ProgressText(
      title: "decoding", completed: 54, total: 120, unit: "clips", perSecond: 8.25)
    #expect(text.line(barWidth: 0) == "decoding 45 % 54/120 clips, 8.25 clips/s, 0:08 left")
    #expect(text.line(barWidth: 4).hasPrefix("decoding [██░░] 45 % "))
    text.total = nil
    #expect(text.line(barWidth: 4) == "decoding 54 clips, 8.25 clips/s")
    text.total = 0
    text.perSecond = .infinity
    #expect(text.line(barWidth: 0) == "decoding 100 % 54/0 clips")
  }

  @Test(
    "Remaining time reads as a clock",
    arguments: [(0, "0:00"), (7.2, "0:08"), (754, "12:34"), (3723, "1:02:03"), (-5, "0:00")])
  func clock(seconds: Double, expected: String) {
    #expect(ProgressText.clock(seconds) == expected)
  }

  @Test(
    "The processor quota of a container is honoured",
    arguments: [
      ("max 100000\n", nil), ("200000 100000\n", 2), ("150000 100000", 2), ("", nil), ("0 0", nil),
    ] as [(String, Int?)])
  func quota(text: String, expected: Int?) {
    #expect(Processors.quota(cpuMax: text) == expected)
  }
}
