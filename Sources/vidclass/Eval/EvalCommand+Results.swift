import Evaluation
import FileStore
import Foundation
import ModelFiles

extension EvalCommand {
  /// Before anything is scored.
  func checkOutputs() throws {
    let outputs: [(String?, OutputFile.Kind)] = [
      (results.report, .page), (results.predictions, .text), (thresholds.out, .text),
    ]
    for case (let path?, let kind) in outputs {
      try OutputFile.requireFolder(of: path)
      try OutputFile.requireReplaceable(path, kind, reads: model + from + [clips, against])
    }
  }

  /// Chooses thresholds where they were asked for, and saves them.
  func chooseThresholds(
    _ report: inout EvaluationReport, model: String?, _ console: Console
  ) throws {
    guard let goal = thresholds.goal else { return }
    let choice = ThresholdChoice(goal, for: report.scored, seed: global.seed)
    report.thresholds = choice
    guard let path = thresholds.out else { return }
    try choice.file(model: model).write(to: path)
    console.note("thresholds: \(PathText.display(path)) (for label --thresholds)")
  }

  /// Draws the charts where they were asked for, or `always`.
  @discardableResult
  func writePlots(
    _ subjects: [(name: String, path: String, report: EvaluationReport)], always: Bool = false,
    _ console: Console
  ) throws -> Plots? {
    guard always || results.plots != nil else { return nil }
    let plots = Plots(
      subjects.map { subject in
        Plots.Subject(
          name: subject.name, report: subject.report,
          training: training(ofModel: subject.path, console))
      })
    if let folder = results.plots {
      try plots.write(to: folder)
      console.note("plots: \(plots.all.count) charts in \(PathText.display(folder))")
    }
    return plots
  }

  /// A run folder that does not read as one costs its chart, not the others.
  private func training(ofModel path: String, _ console: Console) -> TrainingCurve? {
    do { return try TrainingCurve(ofModel: path) } catch {
      console.warn("no curves of the training: \(ErrorMessage.oneLine(for: error))")
      return nil
    }
  }
}
