import Datasets
import Evaluation

extension EvalCommand {
  /// A file of predictions by itself.
  func score(file: String, _ console: Console) throws -> Scored {
    let (scored, rule) = try grouped(file, console)
    var report = EvaluationReport(
      Evaluation(scored: scored), k: method.topK, seed: global.seed, threads: global.threadCount)
    report.facts = [("predictions", file), ("groups", SettingNames.options(in: rule))]
    report.details.origin = origin()
    return Scored(report: report, source: file)
  }

  /// Its clips with their groups, and the sentence that says how these were found.
  func grouped(_ file: String, _ console: Console) throws -> (ScoredClips, String) {
    var scored = try PredictionsFile.read(file) { console.warn($0) }
    var clips: [String: Clip] = [:]
    for (index, name) in scored.names.enumerated() where clips[name] == nil {
      clips[name] = Clip(path: name, file: name, label: scored.classes[scored.labels[index]])
    }
    // Groups are found in the names, as they are in a data set.
    let index = try DatasetIndex(
      path: file, clips: Array(clips.values), groupBy: choice.reading.groupBy)
    let groups = Dictionary(
      index.clips.map { ($0.path, $0.group) }, uniquingKeysWith: { first, _ in first })
    scored.regroup { groups[$0] ?? $0 }
    console.detail("groups: \(index.groupRule.sentence)")
    return (scored, index.groupRule.sentence)
  }
}
