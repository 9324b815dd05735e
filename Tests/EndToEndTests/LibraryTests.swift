import Foundation
import TestSupport
import Testing

@Suite struct LibraryTests {
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

  /// Signatures of public declarations, from `public` to the end of its parameters.
  private func publicSignatures(_ lines: [Substring]) -> [String] {
    var signatures: [String] = []
    var protocolLines = false
    for (start, line) in lines.enumerated() {
      if line.hasPrefix("public protocol ") { protocolLines = true }
      if line == "}" { protocolLines = false }
      let words = line.drop { $0 == " " }
      guard protocolLines || words.hasPrefix("public ") || words.contains(" public ") else {
        continue
      }
      if words.hasPrefix("//") { continue }
      var signature = String(words)
      var next = start + 1
      func opened(_ character: Character) -> Int { signature.count { $0 == character } }
      while opened("(") > opened(")") || signature.hasSuffix("->"), next < lines.endIndex {
        signature += " " + lines[next].drop { $0 == " " }
        next += 1
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
