import Foundation
import TestSupport
import Testing

/// The articles on how the package is built say what is there.
@Suite struct DocumentationTests {
  private static let folder = "Sources/VidclassKit/VidclassKit.docc"
  private static let articles =
    ((try? FileManager.default.contentsOfDirectory(atPath: Repository.path + "/" + folder)) ?? [])
    .filter { $0.hasSuffix(".md") }.sorted()

  /// What an article has between single backticks, outside of blocks of code.
  private static func quoted(_ article: String) throws -> [String] {
    var isCode = false
    var prose = ""
    for line in try RepositoryText.lines(folder + "/" + article) {
      if line.hasPrefix("```") { isCode.toggle() } else if !isCode { prose += line + "\n" }
    }
    return prose.replacing("``", with: "\u{0}").matches(of: /`([^`\n\0]+)`/).map { String($0.1) }
  }

  @Test("Every file and folder that an article names exists", arguments: articles)
  func namedFilesExist(_ article: String) throws {
    let names = Set(try RepositoryText.files(below: "Sources").map { PathText.name($0) })
      .union(try RepositoryText.files(below: "Tests").map { PathText.name($0) })
    let roots = ["Sources/", "Tests/", ".make/", "clips/"]
    for quoted in try Self.quoted(article) {
      if roots.contains(where: { quoted.hasPrefix($0) }) {
        #expect(RepositoryText.exists(quoted), "\(quoted)")
      } else if quoted.wholeMatch(of: /[\w+.-]+\.(swift|inc|c|h)/) != nil {
        #expect(names.contains(quoted), "\(quoted)")
      }
    }
  }

  @Test func everyFolderOfAModuleIsTold() throws {
    let told = Set(try Self.articles.flatMap { try Self.quoted($0) })
    let folders = Set(
      try RepositoryText.files(below: "Sources").filter { $0.hasSuffix(".swift") }
        .map { $0.split(separator: "/").dropLast().joined(separator: "/") + "/" }
        .filter { $0.split(separator: "/").count > 2 })
    #expect(folders.count > 50)
    for folder in folders.sorted() { #expect(told.contains(folder), "\(folder)") }
  }

  @Test func everyArticleIsLinked() throws {
    let overview = try RepositoryText.text(Self.folder + "/VidclassKit.md")
    #expect(Self.articles.count >= 15)
    for article in Self.articles where article != "VidclassKit.md" {
      #expect(overview.contains("- <doc:\(article.dropLast(3))>"), "\(article)")
    }
  }

  // MARK: Imports

  @Test func theDiagramOfImportsIsThePackages() throws {
    let lines = try RepositoryText.lines(Self.folder + "/PackageArchitecture.md")
    let start = try #require(lines.firstIndex(of: "```imports"))
    let end = try #require(lines[(start + 1)...].firstIndex(of: "```"))
    var drawn: [String: [String]] = [:]
    for line in lines[(start + 1)..<end] {
      let sides = line.split(separator: "─▶")
      let name = String(try #require(sides.first?.split(separator: " ").first))
      let imported = sides.dropFirst().flatMap { $0.split(separator: ",") }
      #expect(drawn[name] == nil, "\(name) stands there twice")
      drawn[name] = imported.map { $0.filter { $0 != " " } }.sorted()
    }
    let packaged = try PackageTarget.all().filter { $0.isSource && $0.isSwift }
    #expect(packaged.count >= 17)
    #expect(
      drawn
        == Dictionary(uniqueKeysWithValues: packaged.map { ($0.name, $0.dependencies.sorted()) }))
  }

  // MARK: Walks

  private struct Walk {
    let title: String
    var files: [String] = []
  }

  /// The sections of the article that have numbered steps.
  private static func walks() throws -> [Walk] {
    var walks: [Walk] = []
    for line in try RepositoryText.lines(folder + "/Walks.md") {
      if line.hasPrefix("## ") { walks.append(Walk(title: String(line.dropFirst(3)))) }
      guard let step = line.firstMatch(of: /^(\d+)\. (.*)$/) else { continue }
      let number = Int(step.1)
      #expect(number == walks[walks.count - 1].files.count + 1, "\(line)")
      let file = try #require(step.2.firstMatch(of: /^`((?:Sources|Tests)\/[^`]+)`: \S/), "\(line)")
      walks[walks.count - 1].files.append(String(file.1))
    }
    return walks.filter { !$0.files.isEmpty }
  }

  /// The target that a file belongs to: the folder below `Sources` or `Tests`.
  private static func module(of file: String) throws -> String {
    let parts = file.split(separator: "/").map(String.init)
    try #require(parts.count > 2, "\(file)")
    return parts[1]
  }

  @Test func walksNameNoFileTwice() throws {
    let walks = try Self.walks()
    #expect(walks.count >= 8)
    for walk in walks {
      #expect(walk.files.count > 1, "\(walk.title)")
      #expect(Set(walk.files).count == walk.files.count, "\(walk.title)")
    }
  }

  @Test func walksGoAlongImports() throws {
    let targets = try PackageTarget.all()
    let imports = Dictionary(
      uniqueKeysWithValues: targets.map { ($0.name, Set($0.dependencies)) })
    for walk in try Self.walks() {
      for (before, after) in zip(walk.files, walk.files.dropFirst()) {
        let (from, to) = (try Self.module(of: before), try Self.module(of: after))
        let goes = try #require(imports[from], "\(from)")
        let comes = try #require(imports[to], "\(to)")
        #expect(
          from == to || goes.contains(to) || comes.contains(from),
          "\(walk.title): from \(before) to \(after)")
      }
    }
  }
}

private enum PathText {
  static func name(_ path: String) -> String {
    String(path.split(separator: "/").last ?? "")
  }
}
