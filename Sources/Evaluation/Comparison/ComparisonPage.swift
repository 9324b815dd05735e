import FileStore
import Foundation
import VideoDecoding
import WebPages

/// A comparison of models as one HTML file that needs nothing else: no scripts, no fonts, no network.
public struct ComparisonPage {
  private let comparison: ModelComparison
  private let title: String
  private let plots: [Plot]
  private let strips: [String: FrameStrip]

  /// The most clips that are listed; the JSON has all.
  public static let mostClips = 500

  /// Builds the whole text; nothing is written.
  ///
  /// - Parameters:
  ///   - plots: pictures that are set into the page.
  ///   - strips: frames of the clips, by their names.
  public init(
    _ comparison: ModelComparison, title: String, plots: Plots? = nil,
    strips: [String: FrameStrip] = [:]
  ) {
    self.comparison = comparison
    self.title = title
    self.strips = strips
    self.plots = (plots?.all ?? []).filter { !$0.name.hasPrefix("confusion") }
  }

  /// The whole document.
  public var text: String {
    let heading = MarkupText.escaped(PathText.display(title))
    let sections = [
      ("Models", models), ("Figures", figures),
      ("Differences", comparison.pairs.map(pair).joined()),
      ("Clips on which they differ", clips), ("Curves", pictures),
    ]
    let body = sections.filter { !$0.1.isEmpty }.map { name, content in
      "<section aria-label=\"\(name)\"><h2>\(name)</h2>\n\(content)</section>\n"
    }.joined()
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
      style-src 'unsafe-inline'; img-src data:">
      <title>\(heading)</title>
      <style>
      \(ComparisonPage.style)
      </style>
      </head>
      <body>
      <main>
      <h1>\(heading)</h1>
      \(lead)\(body)</main>
      </body>
      </html>

      """
  }

  // MARK: Parts

  private var lead: String {
    let sentences = comparison.pairs.prefix(6).map { pair in
      "<p class=\"lead\">\(escaped(name(pair) + ": " + comparison.sentence(pair))).</p>\n"
    }
    let more = comparison.pairs.count - sentences.count
    return sentences.joined()
      + (more > 0 ? "<p class=\"note\">And \(more) more pairs, below.</p>\n" : "")
      + "<p class=\"note\">\(escaped(comparison.methodSentence)).</p>\n"
  }

  private func name(_ pair: PairedComparison) -> String {
    "\(comparison.models[pair.second].letter) against \(comparison.models[pair.first].letter)"
  }

  private var models: String {
    let rows = comparison.models.enumerated().map { position, model in
      [
        "<b>\(model.letter)</b>", escaped(model.name),
        position == comparison.reference ? "the others are compared with it" : "",
      ]
    }
    let facts = comparison.facts.map { [escaped($0.name), escaped($0.value)] }
    return table(["", "model", ""], rows)
      + (facts.isEmpty ? "" : "<div class=\"facts\">\(table(["", ""], facts))</div>\n")
      + (comparison.leftOut.isEmpty
        ? ""
        : "<p class=\"note\">\(comparison.leftOut.count) clips were left out, which not all models "
          + "were scored on.</p>\n")
  }

  private var figures: String {
    let models = comparison.models
    var rows = Metric.allCases.map { metric in
      let values = models.map { $0.report.metrics[metric] }.filter { !$0.isNaN }
      let best = metric.isScore ? values.max() : values.min()
      return [escaped(models[0].report.title(metric))]
        + models.map { model in
          let interval = model.report.bootstrap[metric]
          let text = Figure.text(interval.value, metric)
          let value = interval.value == best ? "<b>\(text)</b>" : text
          return "\(value) <small>\(Figure.range(interval, metric))</small>"
        }
    }
    for baseline in models[0].report.baselines {
      rows.append(
        [escaped("top-1, \(baseline.title)")]
          + models.map { model in
            let own = model.report.baselines.first { $0.key == baseline.key }
            return own.map { Figure.text($0.metrics[.top1], .top1) } ?? "–"
          })
    }
    return table([""] + models.map(\.letter), rows, numbers: true)
  }

  private func pair(_ pair: PairedComparison) -> String {
    let (first, second) = (comparison.models[pair.first], comparison.models[pair.second])
    let isCorrected = comparison.pairs.count > 1
    let reach = barReach
    let rows = pair.differences.map { difference in
      let (interval, metric) = (difference.interval, difference.metric)
      return [
        metric.title, "<b>\(Figure.signed(interval.value, metric))</b>\(metric.unit)",
        interval.low.isNaN
          ? "–"
          : "\(Figure.signed(interval.low, metric)) to \(Figure.signed(interval.high, metric))",
        metric == .logLoss ? "" : bar(interval, reach: reach), Figure.p(difference.adjustedPValue),
        difference.isShown ? "shown" : "not shown",
      ].map { $0.hasPrefix("<") ? $0 : escaped($0) }
    }
    return "<h3>\(escaped(name(pair)))</h3>\n"
      + table(
        ["", "difference", "95 % interval", "", isCorrected ? "p (Holm)" : "p", ""], rows,
        numbers: true)
      + "<p class=\"note\">Right alone: \(second.letter) on \(pair.mcNemar.onlySecond) clips, "
      + "\(first.letter) on \(pair.mcNemar.onlyFirst); McNemar’s exact test, two-sided: p "
      + "\(escaped(Figure.p(pair.adjustedMcNemar))).</p>\n"
  }

  /// How far bars reach to both sides of 0: as far as the widest interval of the page.
  private var barReach: Double {
    let ends = comparison.pairs.flatMap(\.differences).filter { $0.metric != .logLoss }
      .flatMap { [$0.interval.low, $0.interval.high] }.filter(\.isFinite).map(abs)
    let widest = ends.max() ?? 1
    return [0.1, 0.25, 0.5].first { $0 >= widest } ?? 1
  }

  /// The interval, with 0 in the middle.
  private func bar(_ interval: Interval, reach: Double) -> String {
    if interval.low.isNaN { return "" }
    func at(_ value: Double) -> Double { 4 + (value / reach + 1) * 56 }
    let (low, high) = (at(interval.low), at(interval.high))
    return String(
      format: "<svg class=\"bar\" viewBox=\"0 0 120 14\" aria-hidden=\"true\"><line x1=\"60\" "
        + "x2=\"60\" y1=\"0\" y2=\"14\"/><rect x=\"%.1f\" y=\"4\" width=\"%.1f\" height=\"6\"/>"
        + "<circle cx=\"%.1f\" cy=\"7\" r=\"3\"/></svg>",
      low, max(1, high - low), at(interval.value))
  }

  private var clips: String {
    let total = comparison.models[0].report.scored.count
    if comparison.differingClips.isEmpty {
      return "<p class=\"note\">None: they name all \(total) clips alike.</p>\n"
    }
    let shown = comparison.differingClips.prefix(ComparisonPage.mostClips)
    let rows = shown.map { clip in
      [escaped(clip.name) + frames(clip.name), escaped(clip.label)]
        + zip(clip.answers, clip.scores).map { answer, score in
          let isRight = answer == clip.label
          return "<span class=\"\(isRight ? "right" : "wrong")\">\(isRight ? "✓" : "✗") "
            + "\(escaped(answer))</span> <small>\(Figure.text(score, .top1))</small>"
        }
    }
    let more = shown.count < comparison.differingClips.count ? " The first \(shown.count):" : ""
    return "<p class=\"note\">\(comparison.differingClips.count) of \(total) clips.\(more)</p>\n"
      + table(["clip", "label"] + comparison.models.map(\.letter), rows)
  }

  private func frames(_ name: String) -> String {
    guard let strip = strips[name], let last = strip.times.last else { return "" }
    let times = String(format: "%.2f to %.2f s", strip.times[0], last)
    return
      "<br><img src=\"\(PageData.address(jpeg: strip.jpeg))\" alt=\"\(strip.count) frames from "
      + "\(times)\" width=\"\(strip.count * strip.frameWidth)\" height=\"\(strip.height)\">"
  }

  private var pictures: String {
    plots.map { "<figure tabindex=\"0\">\($0.svg)</figure>\n" }.joined()
  }

  // MARK: Pieces of HTML

  private func escaped(_ text: String) -> String {
    SVGCanvas.escaped(PathText.display(text))
  }

  /// Cells are HTML already.
  private func table(_ header: [String], _ rows: [[String]], numbers: Bool = false) -> String {
    var html = "<div class=\"wide\" tabindex=\"0\"><table\(numbers ? " class=\"numbers\"" : "")>"
    if header.contains(where: { !$0.isEmpty }) {
      html +=
        "<thead><tr>"
        + header.map { head in
          head.isEmpty ? "<td></td>" : "<th scope=\"col\">\(escaped(head))</th>"
        }.joined() + "</tr></thead>\n"
    }
    html += "<tbody>\n"
    for row in rows { html += "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>\n" }
    return html + "</tbody></table></div>\n"
  }

  private static let style = """
    :root { color-scheme: light dark; --ink: #1c2024; --soft: #5a5f67; --line: #d9dce0;
      --paper: #fff; --good: #0b6b43; --bad: #a8321f; --accent: #0072b2; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a5abb3; --line: #3c4043;
      --paper: #17191c; --good: #6fd3a1; --bad: #ff9d87; --accent: #7ab0e8; } }
    @media print { :root { --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --good: #0b6b43;
      --bad: #a8321f; --accent: #0072b2; } figure { break-inside: avoid; } }
    body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
      max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word; }
    h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
    h3 { font-size: 1rem; } .lead { font-size: 1.1rem; margin: .3rem 0; }
    .note, small { color: var(--soft); }
    .wide { overflow-x: auto; background:
        linear-gradient(to right, var(--paper) 40%, transparent) left / 2rem 100% no-repeat local,
        linear-gradient(to left, var(--paper) 40%, transparent) right / 2rem 100% no-repeat local,
        linear-gradient(to right, rgb(128 128 128 / .45), transparent) left / .5rem 100% no-repeat scroll,
        linear-gradient(to left, rgb(128 128 128 / .45), transparent) right / .5rem 100% no-repeat scroll; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { padding: .25rem .7rem; text-align: left; border-bottom: 1px solid var(--line); }
    th { font-weight: 600; } .numbers td:not(:first-child), .numbers th:not(:first-child) {
      text-align: right; white-space: nowrap; }
    .facts td:first-child { white-space: nowrap; vertical-align: top; }
    .facts td:last-child { overflow-wrap: anywhere; }
    .right { color: var(--good); } .wrong { color: var(--bad); }
    .bar { width: 120px; height: 14px; } .bar line { stroke: var(--soft); }
    .bar rect { fill: var(--accent); opacity: .4; } .bar circle { fill: var(--accent); }
    small { white-space: nowrap; } td img { max-width: 100%; height: auto; margin-top: .2rem; }
    figure { margin: 1rem 0; overflow-x: auto; }
    figure svg { width: 100%; max-width: max-content; min-width: 30rem; height: auto; }
    """
}
