import ClipSampling
import FileStore
import Foundation

extension EvaluationReport {
  /// For people, in lines: every figure with its interval and the baselines beside it, the classes,
  /// the confusions.
  ///
  /// - Parameter columns: of the terminal; the confusion matrix is left out where it does not fit.
  public func lines(columns: Int = 80) -> [String] {
    var lines = TextTable(figureRows, rightAligned: Set(1...(1 + baselines.count)).union([2])).lines
    lines.append("")
    lines += TextTable(classRows, rightAligned: [1, 2, 3, 4]).lines
    let matrix = confusionLines
    if let widest = matrix.map(\.count).max(), widest <= columns {
      lines += ["", "confusion (rows are the truth)"] + matrix
    }
    if !confusions.isEmpty {
      let worst = confusions.prefix(5).map {
        PathText.display("\($0.truth) taken for \($0.prediction) (\($0.count))")
      }
      lines += ["", "most confused: " + worst.joined(separator: ", ")]
    }
    lines.append("")
    if let perVideo {
      lines.append(
        "per video (\(perVideo.count)): top-1 \(Figure.text(perVideo.metrics[.top1], .top1)), "
          + "macro F1 \(Figure.text(perVideo.metrics[.macroF1], .macroF1))")
    }
    if let disagreement { lines.append(disagreement.sentence) }
    lines.append(summaryLine)
    return lines
  }

  private var summaryLine: String {
    var parts = ["\(scored.count) clips"]
    if !skipped.isEmpty { parts.append("\(skipped.count) skipped") }
    if let clipsPerSecond {
      parts.append(String(format: "%.1f clips a second, decoding included", clipsPerSecond))
    }
    return parts.joined(separator: ", ") + "; " + intervalSentence
  }

  /// Header and a row for every metric.
  private var figureRows: [[String]] {
    let header = ["", "model", "95 % interval"] + baselines.map(\.title)
    return [header]
      + Metric.allCases.map { metric in
        let interval = bootstrap[metric]
        return [
          title(metric), Figure.text(interval.value, metric), Figure.range(interval, metric),
        ] + baselines.map { Figure.text($0.metrics[metric], metric) }
      }
  }

  /// What people read, with the k of top-k.
  func title(_ metric: Metric) -> String { metric == .topK ? "top-\(metrics.k)" : metric.title }

  private var classRows: [[String]] {
    [["class", "precision", "recall", "F1", "clips"]]
      + scored.classes.enumerated().map { index, name in
        let own = metrics.perClass[index]
        return [name]
          + [own.precision, own.recall, own.f1].map { Figure.text($0, .top1) }
          + ["\(Int(clamping: own.support))"]
      }
  }

  private var confusionLines: [String] {
    guard scored.classes.count <= 30 else { return [] }
    let rows = zip(scored.classes, metrics.confusion).map { name, row in
      [name] + row.map { $0 == 0 ? "·" : "\($0)" }
    }
    return TextTable([[""] + scored.classes] + rows, rightAligned: Set(1...scored.classes.count))
      .lines
  }
}

/// Figures as text.
enum Figure {
  /// Shares in per cent, losses as they are, `–` where not defined.
  static func text(_ value: Double, _ metric: Metric) -> String {
    if value.isNaN { return "–" }
    return metric == .logLoss
      ? String(format: "%.3f", value) : String(format: "%.1f %%", value * 100)
  }

  static func range(_ interval: Interval, _ metric: Metric) -> String {
    if interval.low.isNaN { return "–" }
    let format = metric == .logLoss ? "%.3f–%.3f" : "%.1f–%.1f %%"
    let scale = metric == .logLoss ? 1.0 : 100.0
    return String(format: format, interval.low * scale, interval.high * scale)
  }
}
