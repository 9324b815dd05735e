import ClipSampling
import FileStore
import Foundation

/// An evaluation as one HTML file that needs nothing else: no scripts, no fonts, no network.
public struct HTMLReport {
  private let report: EvaluationReport
  private let title: String

  /// Builds the whole text; nothing is written.
  public init(_ report: EvaluationReport, title: String) {
    self.report = report
    self.title = title
  }

  /// The whole document.
  public var text: String {
    let scored = report.scored
    var body = "<h1>\(MarkupText.escaped(title))</h1>\n"
    body += "<p class=\"lead\">Top-1 <b>\(Figure.text(report.metrics[.top1], .top1))</b> "
    body += "(\(Figure.range(report.bootstrap[.top1], .top1))) on \(scored.count) clips"
    body += report.skipped.isEmpty ? ".</p>\n" : ", \(report.skipped.count) skipped.</p>\n"
    if !report.facts.isEmpty {
      body += table(
        header: [],
        rows: report.facts.map { [MarkupText.escaped($0.name), MarkupText.escaped($0.value)] },
        numbers: false)
    }
    body += section("Figures", figures + note(report.intervalSentence + "."))
    body += section("Classes", classes)
    body += section("Confusion", confusion)
    body += section("Calibration", calibration)
    body += section("Mistakes", mistakes)
    if let disagreement = report.disagreement {
      body += section("Disagreement", votes(disagreement))
    }
    if !report.skipped.isEmpty {
      let rows = report.skipped.map {
        [MarkupText.escaped($0.path), MarkupText.escaped($0.reason)]
      }
      body += section(
        "Skipped clips", table(header: ["clip", "reason"], rows: rows, numbers: false))
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(MarkupText.escaped(title))</title>
      <style>
      \(HTMLReport.style)
      </style>
      </head>
      <body>
      \(body)</body>
      </html>

      """
  }

  // MARK: Parts

  private var figures: String {
    let header =
      ["", "model", "95 % interval", ""] + report.baselines.map { MarkupText.escaped($0.title) }
    let rows = Metric.allCases.map { metric in
      let interval = report.bootstrap[metric]
      return [
        report.title(metric), "<b>\(Figure.text(interval.value, metric))</b>",
        Figure.range(interval, metric), metric.isScore ? intervalBar(interval) : "",
      ] + report.baselines.map { Figure.text($0.metrics[metric], metric) }
    }
    return table(header: header, rows: rows, numbers: true)
  }

  private var classes: String {
    let rows = report.scored.classes.enumerated().map { index, name in
      let own = report.metrics.perClass[index]
      let intervals = report.bootstrap.perClass[index]
      return [MarkupText.escaped(name)]
        + [
          (own.precision, intervals.precision), (own.recall, intervals.recall),
          (own.f1, intervals.f1),
        ].map { value, interval in
          "\(Figure.text(value, .top1)) <small>\(Figure.range(interval, .top1))</small>"
        } + ["\(Int(clamping: own.support))"]
    }
    return table(
      header: ["class", "precision", "recall", "F1", "clips"], rows: rows, numbers: true)
  }

  /// The matrix for up to 40 classes, the commonest confusions for more.
  private var confusion: String {
    let names = report.scored.classes
    if names.count > 40 {
      let rows = report.confusions.prefix(50).map {
        [MarkupText.escaped($0.truth), MarkupText.escaped($0.prediction), "\($0.count)"]
      }
      return table(header: ["truth", "taken for", "clips"], rows: rows, numbers: false)
    }
    var html = "<div class=\"wide\"><table class=\"matrix\"><tr><th>truth ↓ answer →</th>"
    html += names.map { "<th>\(MarkupText.escaped($0))</th>" }.joined() + "</tr>\n"
    for (truth, row) in report.metrics.confusion.enumerated() {
      let total = max(1, row.reduce(0, +))
      html += "<tr><th>\(MarkupText.escaped(names[truth]))</th>"
      for (answer, count) in row.enumerated() {
        let share = String(format: "%.2f", Double(count) / Double(total))
        let kind = truth == answer ? "right" : "wrong"
        html +=
          count == 0 ? "<td></td>" : "<td class=\"\(kind)\" style=\"--s:\(share)\">\(count)</td>"
      }
      html += "</tr>\n"
    }
    return html + "</table></div>\n"
  }

  /// Confidence to the right, accuracy up; perfect calibration is the diagonal.
  private var calibration: String {
    let side = 300.0
    let margin = 36.0
    func x(_ value: Double) -> String { String(format: "%.1f", margin + value * side) }
    func y(_ value: Double) -> String { String(format: "%.1f", margin / 2 + (1 - value) * side) }
    let most = report.metrics.calibration.map(\.count).max() ?? 1
    let size = side + 1.5 * margin
    var svg =
      "<svg viewBox=\"0 0 \(size) \(size)\" role=\"img\" aria-label=\"calibration curve\">\n"
    svg +=
      "<rect class=\"frame\" x=\"\(x(0))\" y=\"\(y(1))\" width=\"\(side)\" height=\"\(side)\"/>\n"
    svg += "<line class=\"ideal\" x1=\"\(x(0))\" y1=\"\(y(0))\" x2=\"\(x(1))\" y2=\"\(y(1))\"/>\n"
    var points: [String] = []
    for bin in report.metrics.calibration where bin.count > 0 {
      let height = String(format: "%.1f", bin.count / most * side / 4)
      let width = String(format: "%.1f", side / Double(report.metrics.calibration.count) - 1)
      svg += "<rect class=\"bar\" x=\"\(x(bin.range.lowerBound))\" width=\"\(width)\" "
      svg += "y=\"\(y(bin.count / most / 4))\" height=\"\(height)\"/>\n"
      points.append("\(x(bin.confidence)),\(y(bin.accuracy))")
    }
    svg += "<polyline class=\"curve\" points=\"\(points.joined(separator: " "))\"/>\n"
    for point in points {
      let parts = point.split(separator: ",")
      svg += "<circle class=\"dot\" cx=\"\(parts[0])\" cy=\"\(parts[1])\" r=\"3.5\"/>\n"
    }
    for tick in [0, 0.5, 1.0] {
      let label = "\(Int(clamping: tick * 100)) %"
      svg += "<text x=\"\(x(tick))\" y=\"\(y(-0.06))\" text-anchor=\"middle\">\(label)</text>\n"
      svg += "<text x=\"\(x(-0.02))\" y=\"\(y(tick))\" text-anchor=\"end\">\(label)</text>\n"
    }
    svg += "</svg>\n"
    return svg
      + note(
        "Accuracy (up) against confidence (right); bars count clips. On the dashed line scores mean "
          + "what they say; below it the model is too sure. Expected calibration error "
          + "\(Figure.text(report.metrics[.calibrationError], .calibrationError)).")
  }

  /// The wrong answers given with most confidence: often wrong labels.
  private var mistakes: String {
    let scored = report.scored
    let wrong = (0..<scored.count).compactMap { index -> (Int, Int, Float)? in
      let prediction = scored.prediction(index)
      if prediction == scored.labels[index] { return nil }
      let row = scored.row(index)
      return (index, prediction, row[row.startIndex + prediction])
    }.sorted { ($1.2, $0.0) < ($0.2, $1.0) }
    if wrong.isEmpty { return note("None.") }
    let rows = wrong.prefix(50).map { index, prediction, score in
      [
        MarkupText.escaped(scored.names[index]),
        MarkupText.escaped(scored.classes[scored.labels[index]]),
        MarkupText.escaped(scored.classes[prediction]), Figure.text(Double(score), .top1),
      ]
    }
    return note(
      "The \(rows.count) most confident of \(wrong.count); the first to look at for wrong labels.")
      + table(header: ["clip", "label", "answer", "score"], rows: rows, numbers: false)
  }

  /// The clips of which an ensemble's networks say different things: what is hard, or wrong.
  private func votes(_ disagreement: Disagreement) -> String {
    let rows = disagreement.clips.prefix(50).map { clip in
      [
        MarkupText.escaped(clip.path), MarkupText.escaped(clip.label),
        MarkupText.escaped(clip.answer), Figure.text(clip.disagreement, .top1),
      ]
    }
    return note(disagreement.sentence + ".")
      + (rows.isEmpty
        ? ""
        : table(
          header: ["clip", "label", "answer", "networks that differ"], rows: rows, numbers: false))
  }

  // MARK: Pieces of HTML

  private func section(_ title: String, _ content: String) -> String {
    "<section><h2>\(title)</h2>\n\(content)</section>\n"
  }

  private func note(_ text: String) -> String {
    "<p class=\"note\">\(MarkupText.escaped(text))</p>\n"
  }

  /// Cells are HTML already.
  private func table(header: [String], rows: [[String]], numbers: Bool) -> String {
    var html = "<div class=\"wide\"><table\(numbers ? " class=\"numbers\"" : "")>"
    if !header.isEmpty {
      html += "<tr>" + header.map { "<th>\($0)</th>" }.joined() + "</tr>\n"
    }
    for row in rows { html += "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>\n" }
    return html + "</table></div>\n"
  }

  private func intervalBar(_ interval: Interval) -> String {
    if interval.low.isNaN { return "" }
    func at(_ value: Double) -> String { String(format: "%.1f", max(0, min(1, value)) * 120) }
    let width = String(format: "%.1f", max(1, (interval.high - interval.low) * 120))
    return
      "<svg class=\"interval\" viewBox=\"0 0 120 12\"><line x1=\"0\" x2=\"120\" y1=\"6\" y2=\"6\"/>"
      + "<rect x=\"\(at(interval.low))\" y=\"3\" width=\"\(width)\" height=\"6\"/>"
      + "<circle cx=\"\(at(interval.value))\" cy=\"6\" r=\"3\"/></svg>"
  }

  private static let style = """
    :root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9dce0;
      --paper: #fff; --good: 46 125 80; --bad: 190 60 50; --accent: #2f6fb2; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa0a6; --line: #3c4043;
      --paper: #17191c; --good: 90 180 120; --bad: 230 110 95; --accent: #7ab0e8; } }
    body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
      max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
    h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
    .lead { font-size: 1.1rem; } .note, small { color: var(--soft); }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: .25rem .7rem; text-align: left; border-bottom: 1px solid var(--line); }
    th { font-weight: 600; } .numbers td:not(:first-child), .numbers th:not(:first-child) {
      text-align: right; }
    .matrix td { text-align: center; min-width: 2rem; border: 1px solid var(--line); }
    .right { background: rgb(var(--good) / calc(.1 + .6 * var(--s))); }
    .wrong { background: rgb(var(--bad) / calc(.15 + .7 * var(--s))); }
    svg { max-width: 24rem; font-size: 11px; } svg text { fill: var(--soft); }
    .interval { width: 120px; height: 12px; } .interval line { stroke: var(--line); }
    .interval rect, .bar { fill: var(--accent); opacity: .35; }
    .interval circle, .dot { fill: var(--accent); }
    .frame { fill: none; stroke: var(--line); }
    .ideal { stroke: var(--soft); stroke-dasharray: 4 4; }
    .curve { fill: none; stroke: var(--accent); stroke-width: 2; }
    """
}
