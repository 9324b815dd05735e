import Foundation
import TestSupport
import Testing

@Suite(.waitsForPrograms) struct LibraryTests {
  private func lines(_ path: String) throws -> [Substring] {
    try String(contentsOfFile: Repository.path + "/" + path, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  @Test func theTutorialTellsTheWholeProgram() throws {
    var program = try lines("Tests/LibraryPackage/Sources/squares/main.swift")
    #expect(program.popLast() == "", "a file ends with a newline")
    #expect(program.count < 60)
    let article = try lines("Sources/VidclassKit/VidclassKit.docc/BuildTrainAndRun.md")
    var told: [Substring] = []
    var isCode = false
    for line in article {
      if line == "```swift" {
        isCode = true
        // Parts of the program are paragraphs of it.
        if !told.isEmpty { told.append("") }
      } else if line == "```" {
        isCode = false
      } else if isCode {
        told.append(line)
      }
    }
    #expect(told == program)
  }

  @Test func theTutorialsProgramLearns() throws {
    let run = try ProgramRun("tutorial", [])
    #expect(run.exitCode == 0, "\(run.errors)")
    let accuracy = run.output.split(separator: "\n").first { $0.hasPrefix("accuracy ") }
      .flatMap { Double($0.dropFirst("accuracy ".count)) }
    // A chance of one in four; the square's way is all there is to learn.
    #expect(try #require(accuracy) > 0.9, "\(run.output)")
  }

  /// Public declarations, and all of public protocols, with their parameters and results.
  private func publicSignatures(_ lines: [Substring]) -> [String] {
    let lines = lines.map { String($0.drop { $0 == " " }) }
    var signatures: [String] = []
    var isInProtocol = false
    for (start, line) in lines.enumerated() where !line.hasPrefix("//") {
      if line.hasPrefix("public protocol ") { isInProtocol = true }
      if line == "}" { isInProtocol = false }
      guard isInProtocol || line.hasPrefix("public ") || line.contains(" public ") else { continue }
      var signature = line
      var depth = 0
      for next in start..<lines.endIndex {
        if next > start {
          guard depth > 0 || lines[next].hasPrefix("->") else { break }
          signature += " " + lines[next]
        }
        for character in lines[next] {
          if character == "(" { depth += 1 }
          if character == ")" { depth -= 1 }
        }
      }
      signatures.append(signature)
    }
    return signatures
  }

  @Test func thePublicInterfaceHasNoPointersAndNoCTypes() throws {
    let sources = Repository.path + "/Sources"
    let files = try #require(FileManager.default.enumerator(atPath: sources))
    let forbidden = ["Unsafe", "OpaquePointer", "CChar", "vc_", "AVFrame", "AVPacket"]
    var seen = 0
    for case let file as String in files where file.hasSuffix(".swift") {
      for signature in publicSignatures(try lines("Sources/" + file)) {
        // An accessor's body may stand on the same line.
        let interface = signature.prefix { $0 != "{" }
        for word in forbidden {
          #expect(!interface.contains(word), "\(file): \(signature)")
        }
        seen += 1
      }
    }
    #expect(seen > 1000)
  }
}
