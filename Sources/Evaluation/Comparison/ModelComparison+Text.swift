import Foundation

extension ModelComparison {
  /// Models in one table; more are shown in several.
  private static let columnsOfModels = 6
  /// Clips that are listed.
  private static let listedClips = 20

  /// For people, in lines no wider than `columns`: every figure of every model, the pairs, and the
  /// clips on which they differ.
  public func lines(columns: Int = 80) -> [String] {
    var lines = models.enumerated().map { position, model in
      let mark = position == reference ? "  (the others are compared with it)" : ""
      return "\(model.letter)  \(Shortened.end(model.name, columns - 3 - mark.count))\(mark)"
    }
    for start in stride(from: 0, to: models.count, by: ModelComparison.columnsOfModels) {
      let shown = models[start..<min(models.count, start + ModelComparison.columnsOfModels)]
      lines += [""] + TextTable(figureRows(Array(shown)), rightAligned: Set(1...shown.count)).lines
    }
    for pair in pairs {
      lines.append("")
      lines += WrappedText.lines(
        "\(models[pair.second].letter) against \(models[pair.first].letter): \(sentence(pair))",
        columns: columns)
      // Of many pairs, sentences are enough; --json has all figures.
      if pairs.count <= 6 { lines += detail(pair) }
    }
    lines.append("")
    lines += clipLines(columns: columns)
    lines += WrappedText.lines(summary, columns: columns)
    return lines
  }

  private func figureRows(_ shown: [Entry]) -> [[String]] {
    var rows = [[""] + shown.map(\.letter)]
    for metric in Metric.allCases {
      rows.append(
        [shown[0].report.title(metric)]
          + shown.map { Figure.text($0.report.metrics[metric], metric) })
    }
    rows.append(
      ["interval of top-1"]
        + shown.map { entry in
          let interval = entry.report.bootstrap[.top1]
          return interval.low.isNaN
            ? "–" : String(format: "%.0f–%.0f %%", interval.low * 100, interval.high * 100)
        })
    // The baselines that are of the clips alone are the same for all.
    for baseline in models[0].report.baselines {
      rows.append(
        ["top-1, \(baseline.title)"]
          + shown.map { entry in
            let own = entry.report.baselines.first { $0.key == baseline.key }
            return own.map { Figure.text($0.metrics[.top1], .top1) } ?? "–"
          })
    }
    return rows
  }

  private func detail(_ pair: PairedComparison) -> [String] {
    let isCorrected = pairs.count > 1
    var rows = [["", "difference", "95 % interval", isCorrected ? "p (Holm)" : "p"]]
    for difference in pair.differences {
      let interval = difference.interval
      rows.append([
        difference.metric.title,
        Figure.signed(interval.value, difference.metric) + (difference.metric.unit),
        interval.low.isNaN
          ? "–"
          : Figure.signed(interval.low, difference.metric) + " to "
            + Figure.signed(interval.high, difference.metric),
        Figure.p(difference.adjustedPValue),
      ])
    }
    let (first, second) = (models[pair.first].letter, models[pair.second].letter)
    return TextTable(rows, rightAligned: [1, 2, 3]).lines.map { "  " + $0 } + [
      "  right alone: \(second) on \(pair.mcNemar.onlySecond) clips, \(first) on "
        + "\(pair.mcNemar.onlyFirst); McNemar p \(Figure.p(pair.adjustedMcNemar))"
    ]
  }

  /// The clips that the models differ on, as many models as fit side by side.
  private func clipLines(columns: Int) -> [String] {
    let total = models[0].report.scored.count
    if differingClips.isEmpty { return ["they name all \(total) clips alike"] }
    let shown = Array(models.prefix(ModelComparison.columnsOfModels))
    let width = max(6, min(16, (columns - 24) / (shown.count + 1) - 2))
    let rows = differingClips.prefix(ModelComparison.listedClips).map { clip in
      let answers = clip.answers.prefix(shown.count).map { answer in
        // A tick tells right from wrong without reading the label again.
        (answer == clip.label ? "✓ " : "  ") + Shortened.end(answer, width - 2)
      }
      let rest = columns - (width + 2) * (shown.count + 1)
      return [Shortened.start(clip.name, max(12, rest)), Shortened.end(clip.label, width)] + answers
    }
    let more =
      differingClips.count > rows.count
      ? ", of which \(rows.count) are shown (all with `json`)" : ""
    return ["they differ on \(differingClips.count) of \(total) clips\(more)"]
      + TextTable(
        [["clip", "label"] + shown.map { "  " + $0.letter }] + rows, rightAligned: []
      ).lines.map { "  " + $0 }.map { Shortened.end($0, columns) } + [""]
  }

  private var summary: String {
    var parts = ["\(models[0].report.scored.count) clips that all models were scored on"]
    if !leftOut.isEmpty { parts.append("\(leftOut.count) left out, which not all were") }
    let skipped = models[0].report.skipped.count
    if skipped > 0 { parts.append("\(skipped) skipped") }
    return parts.joined(separator: ", ") + "; " + methodSentence
  }
}

extension Metric {
  /// What stands behind a difference.
  var unit: String { self == .logLoss ? "" : " points" }
}

extension Figure {
  /// A difference in points of a hundred, or in the units of a loss, with its sign.
  static func signed(_ value: Double, _ metric: Metric) -> String {
    if value.isNaN { return "–" }
    let text = points(value, metric)
    return value > 0 && !text.hasPrefix("-") ? "+" + text : text
  }

  /// The same without a sign where it is positive; never a zero with a sign.
  static func points(_ value: Double, _ metric: Metric) -> String {
    let text =
      metric == .logLoss ? String(format: "%.3f", value) : String(format: "%.1f", value * 100)
    return text.allSatisfy { "-0.".contains($0) } ? text.replacing("-", with: "") : text
  }

  /// A p value, as far as digits mean something.
  static func p(_ value: Double) -> String {
    if value.isNaN { return "–" }
    return value < 0.001 ? "< 0.001" : String(format: "%.3f", value)
  }
}
