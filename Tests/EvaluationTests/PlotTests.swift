import FileStore
import Foundation
import TestSupport
import Testing

@testable import Evaluation

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct PlotTests {
  let folder = ScratchFolder()

  private func report(_ classes: Int, seed: UInt64) -> EvaluationReport {
    EvaluationReport(
      Evaluation(scored: randomClips(count: 80, classes: classes, groups: 6, seed: seed)))
  }

  private static let names = [
    "precision-recall", "roc", "reliability", "risk-coverage", "class-f1", "group-accuracy",
  ]

  @Test func everyChartIsAPictureAndATable() throws {
    let plots = Plots([.init(name: "m", report: report(3, seed: 1))])
    #expect(plots.all.map(\.name) == ["confusion"] + Self.names)
    try plots.write(to: folder("plots"))
    for plot in plots.all {
      try Self.requireXML(try RegularFile.readText(folder("plots/\(plot.name).svg")))
      let table = try RegularFile.readText(folder("plots/\(plot.name).csv"))
      let columns = table.split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).count
      }
      #expect(columns.count > 3 && Set(columns).count == 1, "\(plot.name)")
    }
  }

  @Test func severalModelsLieOverEachOther() throws {
    let plots = Plots([
      .init(name: "old", report: report(9, seed: 1)),
      .init(name: "new", report: report(9, seed: 2)),
    ])
    #expect(plots.all.map(\.name) == ["confusion-1", "confusion-2"] + Self.names)
    for plot in plots.all.dropFirst(2) {
      try Self.requireXML(plot.svg)
      #expect(plot.svg.contains("old") && plot.svg.contains("new"), "\(plot.name)")
      #expect(plot.csv.contains("\nold,") && plot.csv.contains("\nnew,"), "\(plot.name)")
    }
  }

  /// Names that would end an element or are no XML at all; no clips of a class; no confidence below 1.
  @Test func strangeNamesAndFewClips() throws {
    var clips = ScoredClips(classes: [
      "<b>\"&'\u{1}\u{FFFF}", "عربى\n🙂", String(repeating: "w", count: 300),
    ])
    clips.append(scores: [1, 0, 0], label: 0, name: "a", group: "<g>\u{0}")
    let plots = Plots([.init(name: "</svg>", report: EvaluationReport(Evaluation(scored: clips)))])
    for plot in plots.all {
      try Self.requireXML(plot.svg)
      #expect(!plot.svg.contains("nan") && !plot.svg.contains("inf"), "\(plot.name)")
    }
  }

  /// Colours, strokes and marks: three ways to tell lines apart, of which grey keeps two.
  @Test func linesDifferInMoreThanColour() {
    let chart = LineChart(
      title: "t", x: .init("x"), y: .init("y"),
      series: (0..<9).map { .init("s\($0)", [(0, 0), (1, Double($0) / 9)]) })
    let strokes = chart.svg.matches(
      of: /<polyline[^>]*stroke="(#\w+)"[^>]*?(stroke-dasharray="[^"]*")?\/>/)
    #expect(Set(strokes.map { String($0.1) }).count == 7)
    #expect(Set(strokes.map { String($0.2 ?? "") }).count == 7)
    #expect(chart.svg.contains("and 2 more in the table"))
  }

  @Test(arguments: [
    (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, 35, [0, 10, 20, 30]), (0, 0.013, [0, 0.005, 0.01]),
    (2, 2, [2]),
  ])
  func roundTicks(low: Double, high: Double, expected: [Double]) {
    let ticks = Ticks.of(low...high)
    #expect(ticks.count == expected.count, "\(ticks)")
    for (tick, value) in zip(ticks, expected) { #expect(isClose(tick, value), "\(ticks)") }
  }

  @Test func theTrainingsCurveIsReadFromTheRunFolder() throws {
    #expect(try TrainingCurve(ofModel: folder("m.safetensors")) == nil)
    try Folder.create(folder("m.run"))
    let header =
      "epoch,step,learning_rate,train_loss,train_top1,val_loss,val_top1,val_macro_f1,seconds"
    let rows = [
      "1,4,0.01,1.5,0.4,1.4,0.5,0.5,1", "2,8,0.01,1.2,0.5,1.1,0.7,0.7,1",
      "3,12,0,1,0.6,1.2,0.7,0.7,1",
    ]
    try AtomicFile.write(
      ([header] + rows).joined(separator: "\n") + "\n", to: folder("m.run/metrics.csv"))
    let curve = try #require(try TrainingCurve(ofModel: folder("m.safetensors")))
    #expect(curve.epochs.map(\.number) == [1, 2, 3])
    #expect(curve.chosen?.number == 2, "of two equals the one with the lower loss")
    let plots = Plots([.init(name: "m", report: report(3, seed: 1), training: curve)])
    #expect(plots.all.map(\.name).suffix(2) == ["training-loss", "training-top1"])
    #expect(plots.all.last?.svg.contains("chosen: 2") == true)
    try AtomicFile.write(header + "\n1,4,x,1,1,1,1,1,1\n", to: folder("m.run/metrics.csv"))
    let error = #expect(throws: EvaluationError.self) {
      try TrainingCurve(ofModel: folder("m.safetensors"))
    }
    #expect(error?.message.hasSuffix("line 2: learning_rate is \"x\", not a number") == true)
  }

  /// By hand: 8 of 10, the interval of Wilson.
  @Test func groupsAreSortedByTheirErrors() {
    let labels = [Int](repeating: 0, count: 14)
    let answers = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1] + [0, 0, 0, 0]
    let groups = (0..<14).map { $0 < 10 ? "x" : "y" }
    let all = GroupAccuracy.all(scored(certain(answers, classes: 2), labels, groups: groups))
    #expect(all.map(\.group) == ["x", "y"])
    #expect(all[0].right == 8 && all[0].clips == 10)
    #expect(
      isClose(all[0].accuracy.low, 0.4902, 1e-4) && isClose(all[0].accuracy.high, 0.9433, 1e-4))
    #expect(all[1].accuracy.value == 1 && all[1].accuracy.high == 1 && all[1].accuracy.low < 0.6)
  }

  /// By hand: right, wrong, right, by falling confidence.
  @Test func riskRisesWithCoverage() {
    let curve = RiskCoverageCurve(
      scored([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]], [0, 1, 0]))
    #expect(curve.points.map(\.risk) == [0, 0.5, 1.0 / 3])
    #expect(isClose(curve.area, (0 + 0.5 + 1.0 / 3) / 3))
  }

  private static func requireXML(_ text: String) throws {
    let reader = XMLParser(data: Data(text.utf8))
    #expect(reader.parse(), "\(reader.parserError.map { "\($0)" } ?? "") \(text.prefix(400))")
  }
}
