import Foundation
import TestSupport
import Testing

/// The example program `stills`.
@Suite("Stills", .waitsForPrograms, .serialized)
struct StillsTests {
  @Test("The fused branches learn more than the nearest mean picture, and the seed decides the run")
  func learns() throws {
    let arguments = ["--pictures", "100", "--epochs", "8"]
    let run = try ProgramRun("stills", arguments)
    try #require(run.exitCode == 0, "\(run.errors)")
    let network = try share(in: run.output, of: "fusion-lstm")
    #expect(network > 45)
    #expect(network > 12 + (try share(in: run.output, of: "nearest mean picture")))
    #expect(try share(in: run.output, of: "any one figure") == 16.7)
    let short = ["--pictures", "5", "--epochs", "2"]
    #expect(try ProgramRun("stills", short).output == ProgramRun("stills", short).output)
  }

  @Test("Numbers out of range are wrong usage", arguments: ["--pictures", "--epochs"])
  func ranges(option: String) throws {
    let run = try ProgramRun("stills", [option, "0"])
    #expect(run.exitCode == 64)
    #expect(run.errors.contains(option))
  }

  /// The per cent in the row of this name.
  private func share(in output: String, of name: String) throws -> Double {
    let row = try #require(output.split(separator: "\n").first { $0.contains(name) })
    return try #require(Double(row.split(separator: " ").dropLast().last ?? ""))
  }
}
