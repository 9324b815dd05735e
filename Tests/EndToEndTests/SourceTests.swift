import Foundation
import TestSupport
import Testing

/// What the sources may not hold, because a number in a file could stop the program there.
@Suite struct SourceTests {
  /// `Int(x.rounded())` traps where `x` is huge or no number; `Int(clamping:)` does not. What is
  /// known to be safe says why behind `// checked:`, on its line or the one above.
  @Test func floatingPointIsConvertedByOneFunction() throws {
    let flaws = try sources().flatMap { path, text in
      SourceTests.bareConversions(in: text).map { "\(path):\($0)" }
    }
    #expect(flaws == [])
  }

  @Test func nothingIsTriedByForce() throws {
    let flaws = try sources().flatMap { path, text in
      text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        .filter { $1.contains("try!") }.map { "\(path):\($0.offset + 1)" }
    }
    #expect(flaws == [])
  }

  /// What the compiler cannot check is said: `// @unchecked: why`, right above the type.
  @Test func sharedTypesSayWhyTheyMayBe() throws {
    let flaws = try sources().flatMap { path, text in
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      return lines.indices.filter { index in
        guard lines[index].contains("@unchecked Sendable") else { return false }
        let comment = lines[..<index].reversed().prefix {
          $0.drop { $0 == " " }.hasPrefix("//")
        }
        return !comment.contains { $0.contains("// @unchecked: ") }
      }.map { "\(path):\($0 + 1)" }
    }
    #expect(flaws == [])
  }

  /// Libraries name their own settings in backquotes, as a Swift caller knows them; options belong
  /// to the command line, which has one for each of these names.
  @Test func librariesNameSettingsAndNotOptions() throws {
    let programs = ["vidclass/", "clipmaker/", "Examples/", "Benchmarks/"]
    let table = try #require(try sources().first { $0.path.hasSuffix("/SettingNames.swift") }).text
    let flaws = try sources().filter { source in
      !programs.contains { source.path.hasPrefix($0) }
    }.flatMap { path, text in
      text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
        .filter { line in
          line.contains(/"([^"]*[ (])?--[a-z-]+(?![a-z-]*:)/)
            || line.matches(of: /`([a-z]+[A-Za-z]*)`(?=[^`]*"|$)/).contains {
              line.contains("\"") && !table.contains("\"\($0.1)\":")
            }
        }.map { "\(path): \($0)" }
    }
    #expect(flaws == [])
  }

  @Test(arguments: [
    "let a = Int(x.rounded())", "let a = UInt8(y * 255.0)", "let a = Int32(0.5 + y)",
    "let a = Int(Double(count) * share)", "let a = \"\\(Int((1 - x).rounded(.up))) %\"",
    "let a = Int(end / hop)", "let a = Int(clip.duration)", "let a = Int(seconds)",
    "let a = Int(sqrt(area))", "let a = Int(\n  Float(b) * c)", "let a = Int(pow(2, x))",
    "let a = Int(share * 100)",
  ])
  func theseAreFound(line: String) {
    #expect(SourceTests.bareConversions(in: line) == [1])
  }

  @Test(arguments: [
    "let a = Int(clamping: x.rounded())", "let a = Int(exactly: x / y)", "let a = Int(bytes[0])",
    "let a = UInt64(index)", "let a = Int(x / y)  // checked: y is 4 or more",
    "// checked: x is a byte\nlet a = Int(x * 0.5)", "let a = Int(status.st_size)",
    "let a = myInt(x.rounded())", "let a = Int(bitPattern: seconds)",
  ])
  func theseAreFine(line: String) {
    #expect(SourceTests.bareConversions(in: line) == [])
  }

  // MARK: Parts

  private func sources() throws -> [(path: String, text: String)] {
    let root = Repository.path + "/Sources"
    let names = try #require(FileManager.default.subpaths(atPath: root))
      .filter { $0.hasSuffix(".swift") }
    #expect(names.count > 200)
    return try names.map { ($0, try String(contentsOfFile: "\(root)/\($0)", encoding: .utf8)) }
  }

  /// Lines on which a whole number is made, without a word on how, of what looks like floating point.
  static func bareConversions(in text: String) -> [Int] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let bytes = Array(text.utf8)
    var found: [Int] = []
    var line = 1
    for (place, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\n") { line += 1 }
      guard byte == UInt8(ascii: "("), isIntegerType(before: place, in: bytes) else { continue }
      let argument = String(decoding: argument(from: place, in: bytes), as: UTF8.self)
      let isReviewed = [line - 1, line - 2].contains {
        $0 >= 0 && lines[$0].contains("// checked: ")
      }
      if !isReviewed, looksFloating(argument) { found.append(line) }
    }
    return found
  }

  private static func isIntegerType(before place: Int, in bytes: [UInt8]) -> Bool {
    var start = place
    while start > 0, isWord(bytes[start - 1]) { start -= 1 }
    let word = String(decoding: bytes[start..<place], as: UTF8.self)
    return word.wholeMatch(of: /U?Int(8|16|32|64)?/) != nil
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || Character(Unicode.Scalar(byte)).isLetter
      || Character(Unicode.Scalar(byte)).isNumber
  }

  /// What is between the parenthesis at `place` and the one that closes it.
  private static func argument(from place: Int, in bytes: [UInt8]) -> ArraySlice<UInt8> {
    var depth = 0
    var end = place
    while end < bytes.count {
      if bytes[end] == UInt8(ascii: "(") { depth += 1 }
      if bytes[end] == UInt8(ascii: ")") { depth -= 1 }
      if depth == 0 { break }
      end += 1
    }
    return bytes[(place + 1)..<max(end, place + 1)]
  }

  private static func looksFloating(_ argument: String) -> Bool {
    if argument.prefixMatch(of: /\s*\w+:/) != nil { return false }
    return argument.contains(/\.rounded\(|\.squareRoot\(|\b(Double|Float)\(|\.duration\b/)
      || argument.contains(/\b(sqrt|log2?|log10|pow|exp|floor|ceil|round)\(/)
      || argument.contains(/[0-9]\.[0-9]| \/ | \* 100\b|(^|\.)seconds$/)
  }
}
