import TestSupport
import Testing
import VideoDecoding

@testable import Evaluation

@Suite(.waitsForPrograms, .enabled(if: Browser.isExpected, Comment(rawValue: Browser.absence)))
struct ComparisonInBrowserTests {
  private let folder = ScratchFolder()

  /// Two models that differ on a third of the clips, with frames of each clip.
  private func open(width: Int, isDark: Bool) throws -> BrowserPage {
    let report = try SamplePages.report(count: 30, classes: SamplePages.hostile)
    let first = report.scored
    var second = ScoredClips(classes: first.classes)
    for index in 0..<first.count {
      var row = Array(first.row(index))
      if index % 3 == 0 { row.append(row.removeFirst()) }
      second.append(
        scores: row, label: first.labels[index], name: first.names[index],
        group: first.groups[index])
    }
    let comparison = try ModelComparison([
      ("models/old <1>.safetensors", Evaluation(scored: first)),
      ("models/new.safetensors", Evaluation(scored: second)),
    ])
    let strips = try #require(report.details.strips).byName(of: first)
    #expect(strips.count == 30)
    let plots = Plots(comparison.models.map { .init(name: $0.name, report: $0.report) })
    let page = ComparisonPage(comparison, title: "a & <b>", plots: plots, strips: strips)
    try page.text.write(toFile: folder("c.html"), atomically: true, encoding: .utf8)
    return try BrowserPage(file: folder("c.html"), width: width, isDark: isDark)
  }

  @Test(
    "Nothing serious keeps people from using it",
    .enabled(if: AccessRules.isExpected, Comment(rawValue: AccessRules.absence)),
    arguments: [(400, false), (1000, true), (1600, false)])
  func barriers(width: Int, isDark: Bool) throws {
    let page = try open(width: width, isDark: isDark)
    #expect(page.complaints == [] && page.requests == [])
    #expect(try page.barriers() == [])
    #expect(try page.value("document.documentElement.scrollWidth", as: Int.self) <= width)
  }

  @Test func clipsOnWhichTheyDifferHaveFrames() throws {
    let page = try open(width: 1000, isDark: false)
    let rows = try page.count("section[aria-label='Clips on which they differ'] tbody tr")
    #expect(rows > 0)
    #expect(try page.count("td img") == rows)
    #expect(
      try page.value("[...document.images].every(i => i.complete && i.naturalWidth > 0)") == true)
  }
}
