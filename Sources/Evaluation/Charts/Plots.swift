import Datasets
import FileStore

/// A chart as a picture and as the table of its points.
public struct Plot: Sendable {
  /// The name of its files, without suffix.
  public let name: String
  /// A picture that needs nothing else.
  public let svg: String
  /// Its points, with a header.
  public let csv: String

  init(_ name: String, svg: String, rows: [[String]]) {
    self.name = name
    self.svg = svg
    csv = rows.map { CSV.line($0) }.joined(separator: "\n") + "\n"
  }
}

/// Every chart of one model, or of several over each other.
public struct Plots: Sendable {
  /// What a chart is drawn of.
  public struct Subject: Sendable {
    /// What the legend calls it.
    public let name: String
    /// Its scores, metrics and intervals.
    public let report: EvaluationReport
    /// Of its training, where that is known.
    public let training: TrainingCurve?

    /// - Parameter training: nil where there is none.
    public init(name: String, report: EvaluationReport, training: TrainingCurve? = nil) {
      self.name = name
      self.report = report
      self.training = training
    }
  }

  /// In the order in which they are told.
  public let all: [Plot]

  /// - Parameter subjects: at least one; of several, all have the same clips and classes.
  public init(_ subjects: [Subject]) {
    precondition(!subjects.isEmpty, "something to draw")
    var all = subjects.indices.map { Plots.confusion(subjects, $0) }
    all += [Plots.precisionRecall(subjects), Plots.roc(subjects)]
    all += [Plots.reliability(subjects), Plots.riskCoverage(subjects)]
    all += [Plots.classes(subjects), Plots.groups(subjects)]
    all += Plots.training(subjects)
    self.all = all
  }

  /// Writes each as `<name>.svg` and `<name>.csv` into a folder, which is made where it is missing.
  public func write(to folder: String) throws {
    try Folder.create(folder)
    for plot in all {
      try AtomicFile.write(plot.svg, to: PathText.join(folder, plot.name + ".svg"))
      try AtomicFile.write(plot.csv, to: PathText.join(folder, plot.name + ".csv"))
    }
  }

  // MARK: Of the answers

  private static func confusion(_ subjects: [Subject], _ index: Int) -> Plot {
    let subject = subjects[index]
    let classes = subject.report.scored.classes
    let counts = subject.report.metrics.confusion
    let isOne = subjects.count == 1
    let chart = MatrixChart(
      title: isOne ? "Confusion" : "Confusion, \(Shortened.end(subject.name, 40))",
      classes: classes, counts: counts)
    return Plot(
      isOne ? "confusion" : "confusion-\(index + 1)", svg: chart.svg,
      rows: [["truth"] + classes] + zip(classes, counts).map { [$0] + $1.map { "\($0)" } })
  }

  private static func classes(_ subjects: [Subject]) -> Plot {
    let classes = subjects[0].report.scored.classes
    let rows = classes.enumerated().map { index, name in
      // A class without clips has no F1; 0 would be a judgement.
      RowChart.Row(
        name,
        subjects.map {
          $0.report.metrics.perClass[index].support > 0
            ? $0.report.bootstrap.perClass[index].f1 : .none
        })
    }
    let chart = RowChart(
      title: "F1 of each class, with 95 % intervals", axis: "F1", series: subjects.map(\.name),
      rows: rows)
    return Plot(
      "class-f1", svg: chart.svg,
      rows: [["model", "class", "f1", "low", "high", "clips"]]
        + subjects.flatMap { subject in
          classes.enumerated().map { index, name in
            let value = subject.report.bootstrap.perClass[index].f1
            let support = subject.report.metrics.perClass[index].support
            return [subject.name, name] + numbers([value.value, value.low, value.high, support])
          }
        })
  }

  private static func groups(_ subjects: [Subject]) -> Plot {
    let all = subjects.map { GroupAccuracy.all($0.report.scored) }
    let byName = all.map { groups in
      Dictionary(groups.map { ($0.group, $0.accuracy) }, uniquingKeysWith: { first, _ in first })
    }
    let rows = all[0].map { group in
      RowChart.Row(
        "\(Shortened.end(group.group, 24)) (\(group.clips))",
        byName.map { $0[group.group] ?? .none })
    }
    let chart = RowChart(
      title: "Right answers in each group, the worst first", axis: "top-1",
      series: subjects.map(\.name), rows: rows)
    var table = [["model", "group", "clips", "right", "accuracy", "low", "high"]]
    for (subject, groups) in zip(subjects, all) {
      for group in groups {
        let interval = group.accuracy
        table.append(
          [subject.name, group.group, "\(group.clips)", "\(group.right)"]
            + numbers([interval.value, interval.low, interval.high]))
      }
    }
    return Plot("group-accuracy", svg: chart.svg, rows: table)
  }

  // MARK: Of the training

  /// Loss and accuracy over the epochs; nothing where no training is known.
  private static func training(_ subjects: [Subject]) -> [Plot] {
    let known = subjects.filter { $0.training != nil }
    guard !known.isEmpty else { return [] }
    let isOne = known.count == 1
    let epochs = known.flatMap { $0.training?.epochs ?? [] }
    let last = Double(epochs.map(\.number).max() ?? 1)
    let losses = epochs.flatMap { [$0.trainingLoss, $0.validationLoss] }.filter(\.isFinite)
    let x = LineChart.Axis("epoch", range: 0...max(1, last), isShare: false)
    func series(_ what: String, _ value: (TrainingCurve.Epoch) -> Double) -> [LineChart.Series] {
      known.map { subject in
        LineChart.Series(
          subjects.count == 1 ? what : "\(Shortened.end(subject.name, 16)), \(what)",
          (subject.training?.epochs ?? []).map { (Double($0.number), value($0)) })
      }.filter { !$0.points.isEmpty }
    }
    let chosen = isOne ? known[0].training?.chosen : nil
    let mark = chosen.map { (name: "chosen: \($0.number)", x: Double($0.number)) }
    let rows =
      [
        [
          "model", "epoch", "train_loss", "val_loss", "train_top1", "val_top1", "val_macro_f1",
          "learning_rate",
        ]
      ]
      + known.flatMap { subject in
        (subject.training?.epochs ?? []).map { epoch in
          [subject.name, "\(epoch.number)"]
            + numbers([
              epoch.trainingLoss, epoch.validationLoss, epoch.trainingTop1, epoch.validationTop1,
              epoch.validationMacroF1, epoch.learningRate,
            ])
        }
      }
    let loss = LineChart(
      title: "Training: loss", x: x,
      y: LineChart.Axis("loss", range: 0...max(1e-6, losses.max() ?? 1), isShare: false),
      series: series("held out") { $0.validationLoss } + series("learned from") { $0.trainingLoss },
      mark: mark)
    let accuracy = LineChart(
      title: "Training: right answers", x: x, y: LineChart.Axis("top-1"),
      series: series("held out") { $0.validationTop1 } + series("learned from") { $0.trainingTop1 },
      mark: mark)
    return [
      Plot("training-loss", svg: loss.svg, rows: rows),
      Plot("training-top1", svg: accuracy.svg, rows: rows),
    ]
  }

  /// Figures as they are, empty where they are not defined.
  static func numbers(_ values: [Double]) -> [String] {
    values.map { $0.isFinite ? "\($0)" : "" }
  }
}
