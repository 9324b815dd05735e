import Foundation
import TestSupport
import Testing

/// The repository's own texts, by paths from its root.
enum RepositoryText {
  static func text(_ path: String) throws -> String {
    try String(contentsOfFile: Repository.path + "/" + path, encoding: .utf8)
  }

  static func lines(_ path: String) throws -> [String] {
    try text(path).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: Repository.path + "/" + path)
  }

  /// All files below a folder, as paths from the root, sorted.
  static func files(below folder: String) throws -> [String] {
    let found = try #require(
      FileManager.default.enumerator(atPath: Repository.path + "/" + folder))
    return found.compactMap { $0 as? String }.map { folder + "/" + $0 }.sorted()
  }
}

/// A target of `Package.swift`.
struct PackageTarget {
  let name: String
  let dependencies: [String]
  /// Has Swift in it.
  let isSwift: Bool
  /// Lies in `Sources/`.
  let isSource: Bool

  /// All of them, in their order.
  static func all() throws -> [PackageTarget] {
    let manifest = try RepositoryText.text("Package.swift")
    let targets = try #require(manifest.range(of: "\n  targets: ["))
    // Each begins at one of these, at the same indentation.
    let kinds = [".target(", ".executableTarget(", ".testTarget(", ".systemLibrary("]
    var blocks: [String] = []
    for line in manifest[targets.upperBound...].split(separator: "\n") {
      if kinds.contains(where: { line.hasPrefix("    " + $0) }) { blocks.append("") }
      if !blocks.isEmpty, !line.contains("// ") { blocks[blocks.count - 1] += line + "\n" }
    }
    return try blocks.map { block in
      let name = try #require(block.firstMatch(of: /name: "(\w+)"/)?.1)
      let list = block.firstMatch(of: /dependencies: \[([^\]]*)\]/)?.1 ?? ""
      let names = list.replacing(/package: "[^"]*"/, with: "").matches(of: /"([^"]+)"/)
      return PackageTarget(
        name: String(name), dependencies: names.map { String($0.1) },
        isSwift: block.contains("swiftSettings: swift"),
        isSource: !block.contains(".testTarget(") && !block.contains("path: \"Tests/"))
    }
  }
}
