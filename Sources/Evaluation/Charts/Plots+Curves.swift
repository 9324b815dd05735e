extension Plots {
  /// A curve with the name of what it is of.
  private struct Named {
    let model: String
    let kind: String
    let curve: RankingCurve

    /// What the legend calls it, with its area.
    func title(isOne: Bool, _ area: Double) -> String {
      let share = area.isNaN ? "–" : Figure.text(area, .top1)
      return Shortened.end(isOne ? kind : model, 20) + " (\(share))"
    }
  }

  /// Of one model a curve for all classes together and one for each; of several all classes together.
  private static func curves(_ subjects: [Subject]) -> [Named] {
    let pooled = subjects.map {
      Named(model: $0.name, kind: "all together", curve: .pooled($0.report.scored))
    }
    guard subjects.count == 1 else { return pooled }
    let scored = subjects[0].report.scored
    let classes = scored.classes.indices.map {
      Named(
        model: subjects[0].name, kind: scored.classes[$0],
        curve: RankingCurve(scored, classIndex: $0))
    }
    // The worst first: of many classes these are drawn.
    return pooled
      + classes.filter { !$0.curve.averagePrecision.isNaN }.sorted {
        ($0.curve.averagePrecision, $0.kind) < ($1.curve.averagePrecision, $1.kind)
      }
  }

  private static func rows(_ curves: [Named]) -> [[String]] {
    [["model", "class", "threshold", "precision", "recall", "false_positive_rate"]]
      + curves.flatMap { named in
        spread(named.curve.points).map {
          [named.model, named.kind]
            + numbers([$0.threshold, $0.precision, $0.recall, $0.falseRate])
        }
      }
  }

  /// Of very many points as many as a table can be read with, the last among them.
  private static func spread<Point>(_ points: [Point], most: Int = 5000) -> [Point] {
    if points.count <= most { return points }
    return (1...most).map { points[$0 * points.count / most - 1] }
  }

  static func precisionRecall(_ subjects: [Subject]) -> Plot {
    let curves = curves(subjects)
    let chart = LineChart(
      title: "Precision and recall", x: LineChart.Axis("recall"), y: LineChart.Axis("precision"),
      series: curves.map { named in
        LineChart.Series(
          named.title(isOne: subjects.count == 1, named.curve.averagePrecision),
          stepped(named.curve.points))
      })
    return Plot("precision-recall", svg: chart.svg, rows: rows(curves))
  }

  /// Precision holds from one recall to the next: steps, as average precision counts them.
  private static func stepped(
    _ points: [RankingCurve.Point]
  ) -> [(x: Double, y: Double)] {
    var steps: [(x: Double, y: Double)] = []
    var recall = 0.0
    for point in points where point.recall > recall || steps.isEmpty {
      steps.append((recall, point.precision))
      steps.append((point.recall, point.precision))
      recall = point.recall
    }
    return steps
  }

  static func roc(_ subjects: [Subject]) -> Plot {
    let curves = curves(subjects)
    let chart = LineChart(
      title: "ROC: each class against the rest", x: LineChart.Axis("false positive rate"),
      y: LineChart.Axis("true positive rate"),
      series: curves.map { named in
        LineChart.Series(
          named.title(isOne: subjects.count == 1, named.curve.area),
          [(0, 0)] + named.curve.points.map { ($0.falseRate, $0.recall) })
      }, guide: ("chance", (0, 0), (1, 1)))
    return Plot("roc", svg: chart.svg, rows: rows(curves))
  }

  static func reliability(_ subjects: [Subject]) -> Plot {
    let chart = LineChart(
      title: "Reliability", x: LineChart.Axis("confidence"), y: LineChart.Axis("right answers"),
      series: subjects.map { subject in
        let error = subject.report.metrics[.calibrationError]
        return LineChart.Series(
          "\(Shortened.end(subject.name, 16)) (error \(Figure.text(error, .calibrationError)))",
          subject.report.metrics.calibration.filter { $0.count > 0 }
            .map { ($0.confidence, $0.accuracy) }, marksEveryPoint: true)
      }, guide: ("scores mean what they say", (0, 0), (1, 1)))
    return Plot(
      "reliability", svg: chart.svg,
      rows: [["model", "from", "to", "clips", "confidence", "accuracy"]]
        + subjects.flatMap { subject in
          subject.report.metrics.calibration.map { bin in
            let means = bin.count > 0 ? [bin.confidence, bin.accuracy] : [.nan, .nan]
            return [subject.name]
              + numbers([bin.range.lowerBound, bin.range.upperBound, bin.count] + means)
          }
        })
  }

  static func riskCoverage(_ subjects: [Subject]) -> Plot {
    let curves = subjects.map { RiskCoverageCurve($0.report.scored) }
    let worst = curves.flatMap { $0.points.map(\.risk) }.max() ?? 1
    let chart = LineChart(
      title: "Errors among the answers that are kept",
      x: LineChart.Axis("clips that get an answer"),
      y: LineChart.Axis("wrong among these", range: 0...max(0.01, worst)),
      series: zip(subjects, curves).map { subject, curve in
        LineChart.Series(
          "\(Shortened.end(subject.name, 16)) (mean \(Figure.text(curve.area, .top1)))",
          curve.points.map { ($0.coverage, $0.risk) })
      })
    return Plot(
      "risk-coverage", svg: chart.svg,
      rows: [["model", "threshold", "coverage", "risk"]]
        + zip(subjects, curves).flatMap { subject, curve in
          spread(curve.points).map {
            [subject.name] + numbers([$0.threshold, $0.coverage, $0.risk])
          }
        })
  }
}
