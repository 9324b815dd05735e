import ClipSampling
import FileStore
import Foundation
import WebPages

/// An evaluation as one HTML page that needs nothing else: figures, curves, confusion, and every clip
/// with its frames, to be sorted, filtered and searched.
public struct ReportPage {
  private let report: EvaluationReport
  private let title: String

  /// The scripts of the page, in their order; the last shows the sections that the others added.
  private static let scripts = [
    "report.js", "report-tables.js", "report-charts.js", "report-clips.js", "report-training.js",
    "report-end.js",
  ]

  /// - Parameter title: text for the head of the page.
  public init(_ report: EvaluationReport, title: String) {
    self.report = report
    self.title = title
  }

  /// Writes the page in one step.
  public func write(to path: String) throws {
    try AtomicFile.write(try text(), to: path)
  }

  /// The whole document.
  public func text() throws -> String {
    var page = WebPage(title: title)
    page.add(file: "report.css")
    for script in ReportPage.scripts { page.add(file: script) }
    page.add(body: head)
    try page.add(data: ReportData(report), id: "report")
    if let strips = report.details.strips {
      try page.add(data: StripData(strips, of: report.scored.count), id: "strips")
    }
    return page.text
  }

  private var head: String {
    let top1 = report.bootstrap[.top1]
    let groups = Set(report.scored.groups).count
    var lead = "Top-1 <b>\(Figure.text(top1.value, .top1))</b>"
    if top1.low.isFinite { lead += " (\(Figure.range(top1, .top1)))" }
    lead += " on \(report.scored.count) clips"
    if groups < report.scored.count { lead += " of \(groups) group\(groups == 1 ? "" : "s")" }
    lead += report.skipped.isEmpty ? "." : ", \(report.skipped.count) left out."
    return """
      <header>
      <h1 class="name" dir="auto">\(MarkupText.escaped(PathText.display(title)))</h1>
      <p class="lead">\(lead)</p>
      <nav id="contents" class="screen-only" aria-label="Contents"></nav>
      </header>
      <main id="sections"></main>

      """
  }
}
