import ArgumentParser
import Datasets
import Evaluation
import FileStore
import Foundation
import Labelling
import VideoDecoding

extension EvalCommand {
  /// Whether there is more than one to score.
  var isComparison: Bool { against != nil || model.count > 1 || from.count > 1 }

  func requireOneOrComparable() throws {
    if against?.isEmpty == true { throw ValidationError("--against needs a model or a file.") }
    guard isComparison else { return }
    if model.count + from.count + (against == nil ? 0 : 1) > ModelComparison.mostModels {
      throw ValidationError("At most \(ModelComparison.mostModels) models can be compared at once.")
    }
    if thresholds.goal != nil {
      throw ValidationError(
        "Thresholds are chosen for one model; leave --threshold-for and --cost.")
    }
    if results.predictions != nil {
      throw ValidationError("--predictions is of one model; leave it, or score each alone.")
    }
  }

  /// Scores all on the same clips, and says what is shown of their differences.
  func compare(_ console: Console) throws {
    if let plots = results.plots { try Folder.create(plots) }
    let paths = try comparedPaths(console)
    var (comparison, strips) =
      try from.isEmpty ? compareModels(paths, console) : (compareFiles(paths, console), [:])
    if !comparison.leftOut.isEmpty {
      console.warn(
        "\(comparison.leftOut.count) clips left out, which not all were scored on under one label: "
          + comparison.leftOut.prefix(3).joined(separator: ", ")
          + (comparison.leftOut.count > 3 ? ", …" : ""))
    }
    let subjects = comparison.models.map { entry in
      (
        name: "\(entry.letter) \(PathText.stem(of: entry.name))", path: entry.name,
        report: entry.report
      )
    }
    let plots = try writePlots(subjects, always: results.report != nil, console)
    if let path = results.report {
      comparison.facts.append(("compared", "\(comparison.models[0].report.scored.count) clips"))
      let page = ComparisonPage(
        comparison, title: from.isEmpty ? "Comparison on \(subject)" : "Comparison of predictions",
        plots: plots, strips: strips)
      try AtomicFile.write(page.text, to: path)
      console.note("report: \(PathText.display(path))")
    }
    if json.json {
      try StandardOutput.writeJSON(comparison)
    } else {
      let lines = comparison.lines(columns: StandardOutput.columns)
      try StandardOutput.write(
        SettingNames.options(in: lines.joined(separator: "\n")) + "\n")
    }
    if comparison.models.contains(where: { !$0.report.skipped.isEmpty }) { throw ExitCode.partial }
  }

  /// The one that is compared with comes first, and is called A.
  private func comparedPaths(_ console: Console) throws -> [String] {
    var paths = from.isEmpty ? model : from
    if paths.isEmpty {
      let latest = try LatestModel.find()
      console.note("model: \(PathText.display(latest))")
      paths = [latest]
    }
    return (against.map { [$0] } ?? []) + paths
  }

  /// The comparison, and for a report the frames of the clips on which the models differ.
  private func compareModels(
    _ paths: [String], _ console: Console
  ) throws -> (ModelComparison, strips: [String: FrameStrip]) {
    var chosen: [Chosen] = []
    for path in paths {
      console.note("\(PathText.display(path)):")
      chosen.append(try choose(path, console))
      let classes = [chosen[0], chosen[chosen.count - 1]].map(\.model.metadata.classes)
      compareClasses(classes, of: [paths[0], path], "model", console)
    }
    // What names a clip to people also tells it from every other; a label may hang on the model.
    func key(_ clip: Clip) -> [String] { [clip.name, clip.label] }
    let shared = chosen.dropFirst().reduce(Set(chosen[0].clips.map(key))) {
      $0.intersection($1.clips.map(key))
    }
    guard !shared.isEmpty else {
      throw EvaluationError(
        .empty, path: chosen[0].index.path,
        "no clip is left that none of the models was trained on; `split` all evaluates them all")
    }
    console.note("comparing on the \(shared.count) clips that are left for all of them")
    var skipped: [String: String] = [:]
    var evaluations: [(name: String, evaluation: Evaluation)] = []
    var store: ClipStore?
    for (path, model) in zip(paths, chosen) {
      var model = model
      model.clips = model.clips.filter { shared.contains(key($0)) }
      let evaluation: Evaluation
      (evaluation, store) = try evaluate(model, console)
      evaluations.append((path, evaluation))
      for (path, reason) in model.skipped { skipped[path] = reason }
    }
    var comparison = try ModelComparison(
      evaluations, reference: against == nil ? nil : 0, k: method.topK, seed: global.seed,
      threads: global.threadCount,
      skipped: skipped.sorted { $0.key < $1.key }.map { (path: $0.key, reason: $0.value) })
    comparison.facts = [
      ("clips", chosen[0].index.path),
      ("groups", SettingNames.options(in: chosen[0].index.groupRule.sentence)),
      ("views", method.views.description),
    ]
    guard results.report != nil, let store else { return (comparison, [:]) }
    let differing = comparison.differingScores
    let strips = ClipStrips(
      of: differing, clips: chosen[0].clips, store: store, threads: global.threadCount,
      most: ComparisonPage.mostClips)
    return (comparison, strips.byName(of: differing))
  }

  private func compareFiles(_ paths: [String], _ console: Console) throws -> ModelComparison {
    var rule = ""
    var evaluations: [(name: String, evaluation: Evaluation)] = []
    for path in paths {
      // The groups of the first are those of all.
      let scored: ScoredClips
      if evaluations.isEmpty {
        (scored, rule) = try grouped(path, console)
      } else {
        scored = try PredictionsFile.read(path) { console.warn($0) }
        let classes = [evaluations[0].evaluation.scored.classes, scored.classes]
        compareClasses(classes, of: [paths[0], path], "file", console)
      }
      evaluations.append((path, Evaluation(scored: scored)))
    }
    var comparison = try ModelComparison(
      evaluations, reference: against == nil ? nil : 0, k: method.topK, seed: global.seed,
      threads: global.threadCount)
    comparison.facts = [("groups", SettingNames.options(in: rule))]
    return comparison
  }

  /// Warns where the second has other classes than the first.
  private func compareClasses(
    _ classes: [[String]], of paths: [String], _ kind: String, _ console: Console
  ) {
    if Set(classes[0]) == Set(classes[1]) { return }
    console.warn(
      "\(paths[1]): has not the classes of \(paths[0]); what a \(kind) lacks counts as a score of 0"
    )
  }
}
