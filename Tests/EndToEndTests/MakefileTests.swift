import Foundation
import TestSupport
import Testing

/// Every script can be found: by `make help`, and by its own `--help`.
@Suite(.waitsForPrograms) struct MakefileTests {
  private static let scripts =
    ((try? FileManager.default.contentsOfDirectory(atPath: Repository.path + "/.make")) ?? [])
    .sorted()

  /// The first line of a script names what runs it.
  private static func interpreter(of script: String) throws -> String? {
    guard let first = try RepositoryText.lines(".make/" + script).first, first.hasPrefix("#!")
    else { return nil }
    return first.contains("python") ? "python3" : first.contains("bash") ? "bash" : "sh"
  }

  /// What a command prints in the repository's folder; nil where it does not end well.
  private static func output(of command: [String]) throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = URL(fileURLWithPath: Repository.path)
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: bytes, as: UTF8.self) : nil
  }

  private static func targets() throws -> [String] {
    try RepositoryText.lines("Makefile").compactMap {
      $0.firstMatch(of: /^([a-z0-9-]+):(?!=)/).map { String($0.1) }
    }
  }

  @Test func helpListsEveryTarget() throws {
    let targets = try Self.targets()
    #expect(targets.count > 20 && targets.first == "demo")
    let help = try #require(try Self.output(of: ["make", "--no-print-directory", "help"]))
    let listed = help.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1) }
    #expect(listed.map { String($0[0]) } == targets)
    for line in listed { #expect(line.count == 2 && line[1].contains { $0.isLetter }, "\(line)") }
    // A file of a target's name must not stand in its way.
    let makefile = try RepositoryText.text("Makefile").replacing("\\\n", with: " ")
    let phony = try #require(makefile.firstMatch(of: /\n\.PHONY: (.*)/)?.1)
    #expect(Set(phony.split(separator: " ").map(String.init)) == Set(targets))
  }

  @Test func everyFileIsReachedFromATarget() throws {
    let makefile = try RepositoryText.text("Makefile")
    var reached = Set(makefile.matches(of: /\t.*?\.make\/([\w.-]+)/).map { String($0.1) })
    var waiting = Array(reached)
    while let script = waiting.popLast() {
      let text = try RepositoryText.lines(".make/" + script)
        .filter { !$0.hasPrefix("#") && !$0.hasPrefix("//") }.joined(separator: "\n")
      let words = Set(text.matches(of: /[\w.-]+/).map { String($0.0) })
      // What scripts call has a suffix; the others have a target of their own.
      for other in Self.scripts
      where other.contains(".") && words.contains(other) && reached.insert(other).inserted {
        waiting.append(other)
      }
    }
    #expect(Self.scripts.count > 20)
    #expect(reached.sorted() == Self.scripts)
  }

  @Test("Every script tells what it is for", arguments: scripts)
  func helpOfScript(_ script: String) throws {
    guard let interpreter = try Self.interpreter(of: script) else { return }
    if interpreter == "python3", try Self.output(of: ["python3", "-c", ""]) == nil { return }
    let help = try #require(try Self.output(of: [interpreter, ".make/" + script, "--help"]))
    if interpreter == "python3" {
      #expect(help.count > 60)
    } else {
      let head = try RepositoryText.lines(".make/" + script).dropFirst().prefix {
        $0.hasPrefix("#")
      }
      #expect(!head.isEmpty)
      #expect(help == head.map { $0.dropFirst($0.hasPrefix("# ") ? 2 : 1) + "\n" }.joined())
    }
  }
}
