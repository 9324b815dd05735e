import Foundation
import TestSupport
import Testing

/// A few hundred cases of `Tests/Attack`; `make attack` runs as many as one likes.
@Suite(.waitsForPrograms) struct AttackTests {
  @Test func hundredsOfHostileCasesDoNoHarm() throws {
    let scratch = ScratchFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["python3", Repository.path + "/Tests/Attack/attack.py", "--cases", "260", "--seed", "1"]
      // Other tests keep the processors busy: a case that hangs does so for longer.
      + ["--seconds", "60", "--keep", scratch.path, "--program", ProgramRun.path(of: "vidclass")]
    #expect(FileManager.default.createFile(atPath: scratch("report"), contents: nil))
    process.standardOutput = FileHandle(forWritingAtPath: scratch("report"))
    try process.run()
    process.waitUntilExit()
    let report = try String(contentsOfFile: scratch("report"), encoding: .utf8)
    #expect(process.terminationStatus == 0, "\(report)")
    #expect(report.contains("260 cases, 0 flaws"))
  }
}
