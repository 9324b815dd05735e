import Foundation
import Layers
import ModelFiles
import Networks
import TestSupport
import Testing

/// `ArchitectureFiles.md` says of every layer what its file may hold, and nothing else.
@Suite struct ArchitectureArticleTests {
  private struct Row {
    let kind: String
    let example: String
    let text: String
  }

  private static func article() throws -> String {
    try String(
      contentsOfFile: Repository.path
        + "/Sources/VidclassKit/VidclassKit.docc/ArchitectureFiles.md", encoding: .utf8)
  }

  private static func rows() throws -> [Row] {
    try article().split(separator: "\n").compactMap { line in
      let example = /^\|[^|]*\| `(\{"type": "([a-z0-9_]+)".*?\})` \|/
      guard let match = line.firstMatch(of: example) else { return nil }
      return Row(kind: String(match.2), example: String(match.1), text: String(line))
    }
  }

  /// Decodes a layer as files of people are, and returns what is wrong with it.
  private static func flaw(in text: String) -> String? {
    let decoder = JSONDecoder()
    decoder.userInfo[.refusesUnknownFields] = true
    do {
      _ = try decoder.decode(Node.self, from: Data(text.utf8))
      return nil
    } catch let error as DecodingError {
      return error.explanation()
    } catch {
      return "\(error)"
    }
  }

  @Test func everyLayerHasItsRow() throws {
    #expect(try Self.rows().map(\.kind).sorted() == LayerKinds.names)
  }

  @Test func examplesAreReadAndFieldsTold() throws {
    for row in try Self.rows() {
      #expect(Self.flaw(in: row.example) == nil, "\(row.example)")
      let odd = row.example.dropLast() + ", \"nothingOfTheKind\": 1}"
      let told = try #require(Self.flaw(in: String(odd)))
      #expect(told.contains("has no field \"nothingOfTheKind\""), "\(told)")
      let fields = told.firstMatch(of: /; it has (.*)/).map { $0.1.components(separatedBy: ", ") }
      for field in fields ?? [] {
        #expect(
          row.example.contains("\"\(field)\":") || row.text.contains("`\(field)`"),
          "\(row.kind) has \(field)")
      }
    }
  }

  @Test func theWholeExampleIsANetwork() throws {
    let text = try #require(Self.article().firstMatch(of: /```json\n([^`]*)```/)).1
    let architecture = try Architecture(json: Array(String(text).utf8), source: "article")
    #expect(throws: Never.self) { try architecture.validate() }
    #expect(architecture.classes == 6)
  }
}
