import Testing

/// Whatever the library makes public has a comment for its documentation.
@Suite struct PublicCommentTests {
  @Test func everyPublicSymbolHasAComment() throws {
    var seen = 0
    for file in try RepositoryText.files(below: "Sources") where file.hasSuffix(".swift") {
      for symbol in PublicSymbol.all(in: try RepositoryText.lines(file)) {
        seen += 1
        guard !symbol.isDocumented, !symbol.inheritsComment(in: file) else { continue }
        Issue.record("\(file):\(symbol.line): no comment above \(symbol.declaration)")
      }
    }
    #expect(seen > 2000)
  }

  /// Pieces of source, and the lines of the symbols in them that have no comment.
  @Test(arguments: [
    ("public struct A {}", [1]),
    ("/// A.\npublic struct A {}", []),
    ("/// A.\n@frozen\npublic struct A {}", []),
    ("/// A.\n\npublic struct A {}", [3]),
    ("/// A.\n// why\npublic struct A {}", [3]),
    ("struct A {}\nfunc f() {}\nlet public = 1", []),
    ("  @discardableResult public static func f(_ x: (Int) -> Int) {", [1]),
    ("  public private(set) var a = 1", [1]),
    ("  @inlinable public init?(_ a: Int) {}", [1]),
    ("public extension A {", []),
    ("/// E.\npublic enum E: Int,\n  Sendable\n{\n  case a, b\n  /// C.\n  case c(Int)\n}", [5]),
    (
      "/// E.\npublic enum E {\n  /// A.\n  case a\n  var x: Int {\n    switch self {\n    case .a: 1\n    }\n  }\n}",
      []
    ),
    ("enum E {\n  case a\n}", []),
    (
      "/// P.\npublic protocol P {\n  func f()\n  /// G.\n  var g: Int { get }\n}\nfunc h() {}", [3]
    ),
  ])
  func undocumented(_ source: String, _ lines: [Int]) {
    let symbols = PublicSymbol.all(
      in: source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    #expect(symbols.filter { !$0.isDocumented }.map(\.line) == lines)
  }
}

/// A declaration that users of the library see: marked `public` or `open`, a case of a public
/// enumeration, or a requirement of a public protocol.
private struct PublicSymbol {
  /// From 1.
  let line: Int
  /// Without attributes and access.
  let declaration: String
  let isDocumented: Bool

  /// Requirements of protocols, whose comments DocC takes from there: of Swift's own everywhere, of
  /// those of one module in that module.
  private static let inherited: [(module: String, declarations: [String])] = [
    (
      "",
      [
        "var description:", "func hash(into", "static func ==", "func encode(to",
        "init(from decoder",
      ]
    ),
    (
      "Sources/Layers/",
      [
        "static let kind", "static var kind", "var title:", "var isOriginal:", "var keepsFeatures:",
        "func output(of inputs", "func parameters(of inputs", "func flops(of inputs",
        "func with(outputs",
      ]
    ),
    (
      "Sources/vidclass/",
      ["init?(argument", "var defaultValueDescription", "static var allCases"]
    ),
  ]

  func inheritsComment(in file: String) -> Bool {
    Self.inherited.contains { module, declarations in
      file.hasPrefix(module) && declarations.contains { declaration.hasPrefix($0) }
    }
  }

  /// What lines at a deeper indentation belong to.
  private enum Scope { case publicEnum, publicProtocol, other }

  static func all(in lines: [String]) -> [PublicSymbol] {
    var scopes: [(indentation: Int, scope: Scope)] = []
    var symbols: [PublicSymbol] = []
    for (index, line) in lines.enumerated() {
      let text = line.drop { $0 == " " }
      guard !text.isEmpty, !text.hasPrefix("//") else { continue }
      let indentation = line.count - text.count
      // These lines go on with a declaration that began above.
      if text != "{", !text.hasPrefix(")") {
        while let last = scopes.last, indentation <= last.indentation { scopes.removeLast() }
      }
      let parsed = Declaration(text)
      var isPublic = parsed?.isPublic == true && parsed?.keyword != "extension"
      if let scope = scopes.last, indentation == scope.indentation + 2 {
        switch scope.scope {
        case .publicEnum: isPublic = isPublic || text.hasPrefix("case ")
        case .publicProtocol: isPublic = isPublic || parsed != nil
        case .other: break
        }
      }
      if isPublic {
        symbols.append(
          PublicSymbol(
            line: index + 1, declaration: parsed?.text ?? String(text),
            isDocumented: isDocumented(index, in: lines)))
      }
      if let parsed {
        let scope: Scope =
          switch parsed.keyword {
          case "enum" where parsed.isPublic: .publicEnum
          case "protocol" where parsed.isPublic: .publicProtocol
          default: .other
          }
        scopes.append((indentation, scope))
      }
    }
    return symbols
  }

  /// Whether a comment stands above, with nothing but attributes between.
  private static func isDocumented(_ index: Int, in lines: [String]) -> Bool {
    for line in lines[..<index].reversed() {
      let text = line.drop { $0 == " " }
      if !text.hasPrefix("@") { return text.hasPrefix("///") }
    }
    return false
  }

  /// The beginning of a declaration on one line.
  private struct Declaration {
    var isPublic = false
    let keyword: String
    /// From the keyword on, `static` before it.
    let text: String

    private static let keywords: Set = [
      "func", "var", "let", "init", "struct", "class", "enum", "protocol", "typealias", "subscript",
      "actor", "extension",
    ]
    private static let modifiers: Set = [
      "public", "open", "package", "internal", "fileprivate", "private", "static", "final",
      "override", "mutating", "nonmutating", "convenience", "required", "indirect", "nonisolated",
      "lazy", "weak", "unowned", "consuming", "borrowing",
    ]

    /// Nil where no declaration begins.
    init?(_ line: Substring) {
      var rest = line
      var isStatic = false
      while true {
        rest = rest.drop { $0 == " " }
        let isAttribute = rest.hasPrefix("@")
        let start = isAttribute ? rest.dropFirst() : rest
        let word = start.prefix { $0.isLetter || $0 == "_" }
        guard !word.isEmpty else { return nil }
        var behind = start[word.endIndex...]
        if !isAttribute, word != "class" || !behind.hasPrefix(" func"),
          Self.keywords.contains(String(word))
        {
          keyword = String(word)
          text = (isStatic ? "static " : "") + rest
          return
        }
        guard isAttribute || word == "class" || Self.modifiers.contains(String(word)) else {
          return nil
        }
        if behind.hasPrefix("(") {
          guard let end = behind.firstIndex(of: ")") else { return nil }
          behind = behind[behind.index(after: end)...]
          if !isAttribute {
            rest = behind
            continue
          }
        }
        if word == "public" || word == "open" { isPublic = true }
        if word == "static" { isStatic = true }
        rest = behind
      }
    }
  }
}
