import Foundation
import TestSupport
import Testing

@testable import WebPages

@Suite struct WebPageTests {
  /// What would do harm as markup, or break JSON or a script.
  static let names = [
    "a \"quoted\" & 'named' <b>", "</script><script>alert(1)</script>", "<!--<script>", "]]>",
    "line\nbreak\u{2028}\u{2029}\r\t\u{0}", "שלום ‮abc", "🎬👩🏽‍🔬", "\u{FFFD}\\u003c",
  ]

  @Test("Data come back as they were and cannot end their element", arguments: names)
  func dataAreContained(name: String) throws {
    let json = try PageData.json(["name": name])
    #expect(!json.contains(where: { "<>&\u{2028}\u{2029}".contains($0) }))
    let read = try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
    #expect(read == ["name": name])
  }

  @Test func thePolicyAllowsTheScriptsOfThePageAlone() throws {
    var page = WebPage(title: "</title><script>alert(1)</script>")
    page.add(script: Array("document.title = 'x';\n".utf8))
    try page.add(data: WebPageTests.names, id: "names")
    let html = page.text
    #expect(html.components(separatedBy: "<script").count == 3)
    #expect(html.contains("default-src 'none'; script-src 'sha256-"))
    #expect(!html.contains("unsafe") && !html.contains("media-src"))
    #expect(WebPage(title: "", playsMedia: true).text.contains("media-src file:"))
  }

  @Test func figuresThatAreNoNumbersAreLeftOut() {
    #expect(PageData.figure(.nan) == nil)
    #expect(PageData.figure(-.infinity) == nil)
    #expect(PageData.figure(0.5) == 0.5)
  }
}
