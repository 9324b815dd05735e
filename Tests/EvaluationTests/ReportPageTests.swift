import Datasets
import FileStore
import Foundation
import TestSupport
import Testing
import VideoDecoding

@testable import Evaluation

/// Reports to look at: scores by chance, with frames of two colours.
enum SamplePages {
  /// What would do harm as markup, or turn the text around it.
  static let hostile = [
    "\"quoted\" & 'named'", "<script>document.title='ran'</script>",
    "</script><img src=x onerror=x>",
    "line\nbreak\u{2028}", "שלום ‮abc", "🎬👩🏽‍🔬", "bytes \u{FFFD}", "]]><!--",
  ]

  static func report(
    count: Int, classes: [String], groups: Int = 8, name: (Int) -> String = { "clip\($0).mp4" }
  ) throws -> EvaluationReport {
    let random = randomClips(count: count, classes: classes.count, groups: groups, seed: 1)
    var scored = ScoredClips(classes: classes)
    for index in 0..<count {
      scored.append(
        scores: random.row(index), label: random.labels[index], name: name(index),
        group: random.groups[index])
    }
    var report = EvaluationReport(
      Evaluation(scored: scored), skipped: [("bad<.mp4", "bad<.mp4: not a video")])
    report.facts = [("model", "m.safetensors")]
    var strips: [Int: FrameStrip] = [:]
    for index in 0..<count { strips[index] = try strip(index) }
    report.details.strips = ClipStrips(strips: strips, of: scored)
    report.details.training = ReportDetails.Training(
      epochs: (1...5).map {
        ReportDetails.Epoch(
          epoch: $0, learningRate: 0.001, trainLoss: 1 / Double($0), trainTop1: 0.5,
          held: (1.2 / Double($0), 0.6, 0.5), seconds: 2)
      }, best: 4)
    report.details.doubts = [
      ReportDetails.Doubt(
        path: name(0), label: classes[0], answer: classes[1], score: 0.9, learned: true)
    ]
    report.details.origin = ReportOrigin.facts(version: "1", threads: 2)
    return report
  }

  private static func strip(_ index: Int) throws -> FrameStrip {
    var state = UInt32(index)
    var pixels: [UInt8] = []
    // Shades in blocks, about as hard to compress as pictures of the world.
    for _ in 0..<6 {
      var block: [UInt8] = []
      for _ in 0..<16 * 3 {
        state = state &* 1_664_525 &+ 1_013_904_223
        block.append(UInt8(state >> 24))
      }
      pixels += block
    }
    return try FrameStrip(
      FrameStack(
        count: 6, height: 4, width: 4, channels: 3, pixels: pixels,
        times: (0..<6).map { Double($0) / 4 }), height: 56, aspect: 4.0 / 3, maximumBytes: 2700)
  }
}

@Suite struct ReportPageTests {
  @Test func aPageNeedsNothingElse() throws {
    let report = try SamplePages.report(count: 12, classes: SamplePages.hostile)
    let html = try ReportPage(report, title: "a & <b>").text()
    #expect(html.hasPrefix("<!DOCTYPE html>"))
    #expect(html.contains(">a &amp; &lt;b&gt;</h1>"))
    #expect(html.components(separatedBy: "<script").count == 4)
    #expect(html.components(separatedBy: "</script").count == 4)
    for address in ["https:", "src=\"", "@import", "url(", "innerHTML"] {
      #expect(!html.contains(address), "\(address)")
    }
  }

  @Test func scoresBeyondTheRoomAreTheHighest() throws {
    let scored = randomClips(count: 500, classes: 700, groups: 5, seed: 3)
    let packed = PackedScores(scored)
    #expect(packed.all == nil && packed.count == 5)
    let text = try #require(packed.values)
    let values = try #require(Data(base64Encoded: text))
    #expect(values.count == 500 * 5 * 4)
    let first = values.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
    #expect(Float(bitPattern: UInt32(littleEndian: first)) == scored.row(0).max())
  }

  @Test func mistakesComeFirst() {
    let clips = scored(
      [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7], [0.45, 0.55]], [0, 0, 0, 0, 1])
    #expect(ClipStrips.worstFirst(clips) == [2, 3, 4, 1, 0])
  }

  @Test(
    "Arguments stand as a shell wants them",
    arguments: [
      ("clips/", "clips/"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("", "''"),
      ("$(x)", "'$(x)'"),
    ]) func argumentsAreQuoted(argument: String, shown: String)
  {
    #expect(ReportOrigin.quoted(argument) == shown)
  }

  @Test func everyFigureExplainsItself() {
    for metric in Metric.allCases { #expect(metric.explanation.hasSuffix(".")) }
    #expect(Set(Metric.allCases.map(\.explanation)).count == Metric.allCases.count)
  }
}

@Suite(.waitsForPrograms, .enabled(if: Browser.isExpected, Comment(rawValue: Browser.absence)))
struct ReportInBrowserTests {
  private let folder = ScratchFolder()

  private func open(
    _ report: EvaluationReport, width: Int = 1000, isDark: Bool = false
  ) throws -> BrowserPage {
    try ReportPage(report, title: "Evaluation of <clips>").write(to: folder("r.html"))
    let page = try BrowserPage(file: folder("r.html"), width: width, isDark: isDark)
    try page.wait(for: "document.querySelector('#clip-list .clip')")
    return page
  }

  private func small() throws -> EvaluationReport {
    try SamplePages.report(count: 60, classes: ["walk", "run", "jump"]) { index in
      "scene\(index % 6)/clip\(index).mp4"
    }
  }

  @Test func namesAreShownAndNothingRuns() throws {
    let names = SamplePages.hostile
    let report = try SamplePages.report(count: 40, classes: names) { names[$0 % 8] + " \($0)" }
    let page = try open(report)
    #expect(page.complaints == [])
    #expect(page.requests == [])
    #expect(try page.value("document.title") == "Evaluation of <clips>")
    #expect(try page.count("img[src='x']") == 0)
    let cells: [String] = try page.value(
      "[...document.querySelectorAll('#classes tbody th')].map(e => e.textContent)")
    let shown = names.map {
      $0.replacing("\n", with: "\\n").replacing("\u{2028}", with: "\\u{2028}")
        .replacing("\u{202E}", with: "\\u{202e}")
    }
    #expect(Set(cells) == Set(shown))
    try page.run("report.filter.set({ text: 'onerror' })")
    #expect(try page.text("#clip-list .clip-name").contains("<img src=x onerror=x>"))
    #expect(page.complaints == [] && page.requests == [])
  }

  @Test func tablesSortByEveryColumn() throws {
    let page = try open(try small())
    let columns = try page.count("#classes thead button")
    #expect(columns == 6)
    func order() throws -> [String] {
      try page.value("[...document.querySelectorAll('#classes tbody th')].map(e => e.textContent)")
    }
    for column in 1...columns {
      let button = "#classes thead th:nth-child(\(column)) button"
      try page.click(button)
      let once = try order()
      let sorted: String = try page.value(
        "document.querySelector('#classes thead th:nth-child(\(column))').ariaSort")
      #expect(["ascending", "descending"].contains(sorted))
      try page.press("Enter")
      let again: String = try page.value(
        "document.querySelector('#classes thead th:nth-child(\(column))').ariaSort")
      #expect(again != sorted)
      // The last column may have equals.
      if column < columns { #expect(try order() == once.reversed()) }
    }
  }

  @Test func cellsFiltersAndSearchChooseClips() throws {
    let report = try small()
    let page = try open(report)
    let cell = try #require(report.confusions.first)
    let label = "\(cell.count) clips of \(cell.truth) taken for \(cell.prediction)"
    try page.click(".matrix button[aria-label='\(label)']")
    #expect(try page.text("#chosen") == "\(cell.count) of 60 clips, \(cell.count) wrong")
    #expect(try page.value("document.activeElement.classList.contains('clip')") == true)
    try page.click("#filter-reset")
    #expect(try page.text("#chosen").hasPrefix("60 of 60 clips"))
    try page.click("#filter-text")
    try page.type("SCENE3")
    #expect(try page.text("#chosen").hasPrefix("10 of 60 clips"))
    let right = Int((report.metrics[.top1] * 60).rounded())  // checked: a share of 60 clips
    try page.run("report.filter.set({ kind: 'right' }, { alone: true })")
    #expect(try page.text("#chosen") == "\(right) of 60 clips, 0 wrong")
    try page.run("report.filter.set({ group: 0 }, { alone: true })")
    let first = report.scored.groups[0]
    let members = report.scored.groups.count { $0 == first }
    #expect(try page.text("#chosen").hasPrefix("\(members) of 60 clips"))
    #expect(page.complaints == [])
  }

  @Test func theThresholdTellsWhatItWouldDo() throws {
    let report = try small()
    let scored = report.scored
    let page = try open(report)
    let threshold = 0.4
    try page.run(
      """
      const slider = document.getElementById('threshold');
      slider.value = \(threshold);
      slider.dispatchEvent(new Event('input'))
      """)
    let kept = (0..<60).filter { Double(scored.row($0).max() ?? 0) >= threshold }
    let errors = kept.count { scored.prediction($0) != scored.labels[$0] }
    let said = try page.text("#threshold-says")
    #expect(said.hasPrefix("At 0.400: \(kept.count) of 60 answers kept"), "\(said)")
    #expect(said.contains("\(60 - kept.count) unknown; \(errors) errors among the kept"), "\(said)")
    try page.hover("#curves figure svg", dx: 20, dy: -30)
    #expect(try page.text("#threshold-says") != said)
    #expect(try page.count("#curves figure") == 4)
  }

  @Test func chosenThresholdsAreInThePage() throws {
    var report = try small()
    let choice = ThresholdChoice(.precision(0.6), for: report.scored)
    report.thresholds = choice
    let page = try open(report)
    let names: [String] = try page.value(
      "[...document.querySelectorAll('#thresholds tbody th')].map(e => e.textContent)")
    #expect(names == choice.classes.map(\.name).sorted())
    let given: [String] = try page.value(
      "[...document.querySelectorAll('#thresholds tbody td:nth-child(5)')].map(e => e.textContent)")
    let sorted = choice.classes.sorted { $0.name < $1.name }
    #expect(given == sorted.map { "\($0.kept)" })
    #expect(try page.text("#thresholds").contains(choice.sentences.last ?? "?"))
    #expect(page.complaints == [])
    if AccessRules.isExpected { #expect(try page.barriers() == []) }
  }

  @Test func everythingIsReachedByKeyboard() throws {
    let page = try open(try small())
    let stops = try page.tabStops()
    for wanted in [
      "#curve-class", "#threshold", "#filter-kind", "#filter-label", "#filter-answer",
      "#filter-group", "#filter-low", "#filter-high", "#filter-text", "#order", "#clip-list",
    ] {
      #expect(stops.contains { $0.contains(wanted) }, "\(wanted)")
    }
    #expect(stops.contains { $0.contains("clips of ") }, "a cell of the matrix")
    // Within the matrix and the list by arrows.
    try page.run("document.querySelector('.matrix button[tabindex=\"0\"]').focus()")
    let first: String = try page.value("document.activeElement.ariaLabel")
    try page.press("ArrowRight")
    #expect(try page.value("document.activeElement.ariaLabel") != first)
    try page.run("document.getElementById('clip-list').focus()")
    try page.press("ArrowDown")
    try page.press("ArrowDown")
    #expect(try page.value("document.activeElement.ariaPosInSet") == "2")
    try page.press("End")
    #expect(try page.value("document.activeElement.ariaPosInSet") == "60")
    // Explanations show on focus and go by Escape.
    try page.run("document.querySelector('#figures tbody .term').focus()")
    #expect(try page.text("#tip") == Metric.top1.explanation)
    try page.press("Escape")
    #expect(try page.value("document.getElementById('tip').hidden") == true)
  }

  @Test("No page is wider than its window", arguments: [400, 1000, 1600])
  func widths(width: Int) throws {
    let page = try open(try small(), width: width)
    #expect(try page.value("document.documentElement.scrollWidth", as: Int.self) <= width)
    try page.show(isPrint: true)
    #expect(
      try page.value("getComputedStyle(document.querySelector('.filters')).display") == "none")
  }

  @Test(
    "Nothing serious keeps people from using it",
    .enabled(if: AccessRules.isExpected, Comment(rawValue: AccessRules.absence)),
    arguments: [false, true])
  func barriers(isDark: Bool) throws {
    let page = try open(try small(), isDark: isDark)
    #expect(try page.barriers() == [])
  }

  /// The best of some tries, since other work runs beside the tests.
  private func least(_ tries: Int, _ measure: () throws -> Double) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<tries { least = min(least, try measure()) }
    return least
  }

  @Test func aThousandClipsStayFluent() throws {
    let report = try SamplePages.report(
      count: 1000, classes: (0..<20).map { "class \($0)" }, groups: 30
    ) { "data/videos/of/some/length/scene\($0 % 30)/clip\($0).mp4" }
    let page = try open(report)
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: folder("r.html"))[.size] as? Int)
    #expect(size < 5_000_000, "\(size) bytes")
    let paint = try least(4) {
      try page.open(file: folder("r.html"))
      try page.wait(for: "performance.getEntriesByName('first-contentful-paint').length")
      return try page.value(
        "performance.getEntriesByName('first-contentful-paint')[0].startTime")
    }
    #expect(paint < 1000, "\(paint) ms to the first paint")
    let filter = try least(5) {
      try page.value(
        """
        (() => {
          report.filter.set({}, { alone: true });
          const start = performance.now();
          report.filter.set({ text: 'scene7/' });
          document.body.getBoundingClientRect();
          return performance.now() - start;
        })()
        """)
    }
    #expect(filter < 100, "\(filter) ms for a filter")
    #expect(try page.count("#clip-list .clip") < 40)
    #expect(page.complaints == [] && page.requests == [])
  }
}
