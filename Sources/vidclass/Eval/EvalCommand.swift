import ArgumentParser
import Datasets
import Evaluation
import FileStore
import Foundation
import Labelling
import ModelFiles
import Tensors

/// `vidclass eval`: how good a model is, with intervals and with baselines beside every score.
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Scores a model on labelled clips.",
    discussion: """
      CLIPS is what train accepts: a folder of class folders, a CSV manifest or a list. Clips that \
      the model was trained on are left out as far as they are known (from split.csv in the model's \
      run folder, or computed again), and that is said; --split all evaluates all.

      Beside every score stand three baselines: always the commonest class, the model on one frame \
      of each clip, and on the frames in a random order. A model that has learned motion is far \
      above all three. Intervals hold 95 of 100 resamples of whole groups.

      --report writes a page to find out why: every clip with its frames, to be filtered and \
      searched, the confusion matrix whose cells choose clips, curves with the threshold under the \
      pointer, classes, groups, near duplicates. It needs no network; where not all frames fit, the \
      worst mistakes have them.

      EXAMPLES:
        vidclass eval clips/ -m models/clips.safetensors
        vidclass eval clips/ -m models/clips.safetensors --report report.html
        vidclass eval --from predictions.csv --json
      """)

  @Argument(help: ArgumentHelp("Labelled clips.", valueName: "clips"))
  var clips: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The model to score (default: the one trained last in models/).", valueName: "model"))
  var model: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Score this file (filepath,label,<class>…) instead of running a model.", valueName: "csv"))
  var from: String?

  @OptionGroup(title: "Which clips") var choice: ClipChoiceOptions
  @OptionGroup(title: "How") var method: MethodOptions
  @OptionGroup(title: "Results") var results: ResultOptions
  @OptionGroup var json: JSONOption
  @OptionGroup var sandbox: SandboxOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if from != nil {
      if clips != nil || model != nil {
        throw ValidationError("--from scores a file alone; leave out CLIPS and --model.")
      }
      return
    }
    if clips == nil { throw ValidationError("Name the clips to evaluate, or give --from FILE.") }
  }

  func run() throws {
    let console = global.console
    try sandbox.prepare(console)
    if let report = results.report { try OutputFile.requireFolder(of: report) }
    if let predictions = results.predictions { try OutputFile.requireFolder(of: predictions) }
    let report = try from.map { try score(file: $0, console) } ?? scoreModel(console)
    if let path = results.predictions {
      try PredictionsFile.write(report.scored, to: path)
      console.note("predictions: \(PathText.display(path))")
    }
    if let path = results.report {
      try ReportPage(report, title: "Evaluation of \(subject)").write(to: path)
      console.note("report: \(PathText.display(path))")
    }
    if json.json {
      try StandardOutput.writeJSON(report)
    } else {
      let lines = report.lines(columns: StandardOutput.columns)
      try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    }
    if !report.skipped.isEmpty { throw ExitCode.partial }
  }

  private var subject: String { PathText.name(of: from ?? clips ?? "") }

  // MARK: A model on clips

  private func scoreModel(_ console: Console) throws -> EvaluationReport {
    let modelPath = try model ?? LatestModel.find()
    if model == nil { console.note("model: \(PathText.display(modelPath))") }
    var model = try Model.load(path: modelPath)
    let index = try loadIndex(model.metadata)
    for warning in index.warnings { console.detail("note: \(warning)") }
    try requireCommonClasses(index, model.metadata)
    let held = try HeldOutClips(
      choice.request, of: index, model: model.metadata, modelPath: modelPath,
      splitFile: choice.splitFile, keepsGroups: choice.reading.groupBy != nil)
    console.note(held.sentence)
    if let warning = held.warning { console.warn(warning) }
    if held.wereRefitted {
      model = try validatedModel(of: modelPath, model.metadata)
      console.note(
        "the model learned from them too after it was validated: scoring "
          + "\(PathText.display(model.path ?? "")), which did not")
    }
    console.detail("groups: \(index.groupRule.sentence)")
    let classes = Set(model.metadata.classes)
    let clips = held.clips.filter { classes.contains($0.label) }
    let strangers = held.clips.filter { !classes.contains($0.label) }
    for (label, clips) in Dictionary(grouping: strangers, by: \.label).sorted(by: {
      $0.key < $1.key
    }) {
      console.warn(
        "\(index.path): the model has no class \"\(label)\"; \(clips.count) clips left out")
    }
    let skipped =
      strangers.map {
        (path: $0.name, reason: "its label \"\($0.label)\" is not a class of the model")
      } + index.unusable.map { ($0.path, $0.explanation) }

    let preprocessing = model.metadata.preprocessing
    if method.views.spatial > 1, preprocessing.resizeHeight == preprocessing.height,
      preprocessing.resizeWidth == preprocessing.width
    {
      console.warn(
        "this model scales frames straight to its size, so all \(method.views.spatial) crops of "
          + "--views \(method.views) are the same")
    }
    let pool = WorkerPool(threads: global.threadCount)
    defer { pool.shutDown() }
    let evaluator = try Evaluator(
      model: model, batchSize: min(method.batchSize, max(1, clips.count)),
      precision: method.arithmetic.precision, pool: pool)
    let bar = ProgressBar("scoring", total: nil, unit: "views", console: console)
    defer { bar.finish() }
    let store = evaluator.makeStore(views: method.views, limits: choice.reading.stream.limits)
    let evaluation = try evaluator.evaluate(
      clips, views: method.views, baselines: !method.noBaselines, seed: global.seed,
      source: store, progress: { done, _ in bar.update(completed: done) })
    bar.finish()
    for failure in evaluation.failures { console.warn(failure.message) }
    var report = EvaluationReport(
      evaluation, k: method.topK, seed: global.seed, threads: global.threadCount, skipped: skipped)
    report.facts = [
      ("model", "\(modelPath) (\(model.hash.prefix(19))…)"), ("clips", index.path),
      ("chosen", SettingNames.options(in: held.sentence)),
      ("groups", SettingNames.options(in: index.groupRule.sentence)),
      ("views", method.views.description),
    ]
    if let warning = held.warning {
      report.facts.append(("mind", SettingNames.options(in: warning)))
    }
    if results.report != nil {
      report.details = details(
        of: report.scored, clips, store: store,
        hashes: [("model", model.hash), ("data set", index.fingerprint)])
    }
    return report
  }

  /// What was validated before the model learned from all clips.
  private func validatedModel(of path: String, _ model: ModelMetadata) throws -> Model {
    let validated = RunFolder(model: path).validated
    guard RegularFile.exists(validated) else {
      throw EvaluationError(
        .empty, path: path,
        "the model learned from these clips after it was validated on them, and \(validated), which "
          + "did not, is not there; `split` all evaluates the model on them all the same")
    }
    let found = try Model.load(path: validated)
    guard found.metadata.splitHash == model.splitHash, found.metadata.classes == model.classes
    else {
      throw EvaluationError(
        .empty, path: validated,
        "is of another training than \(path); `split` all evaluates the model on clips that it has "
          + "learned from")
    }
    return found
  }

  /// The data set, grouped as asked, or else as training grouped it where that pattern fits.
  private func loadIndex(_ model: ModelMetadata) throws -> DatasetIndex {
    let path = clips ?? ""
    let isFolder = Folder.exists(path)
    let depth = isFolder ? model.training["class_depth"].flatMap { Int($0) } : nil
    let background = isFolder ? nil : model.training["background"]
    func load(_ groupBy: String?) throws -> DatasetIndex {
      try DatasetIndex.load(
        path: path,
        options: choice.reading.index(groupBy: groupBy, classDepth: depth, background: background))
    }
    if choice.reading.groupBy == nil, let pattern = model.training["group_by"],
      let index = try? load(pattern)
    {
      return index
    }
    return try load(choice.reading.groupBy)
  }

  private func requireCommonClasses(_ index: DatasetIndex, _ model: ModelMetadata) throws {
    if !Set(model.classes).isDisjoint(with: index.classes) { return }
    throw EvaluationError(
      .classes, path: index.path,
      "none of its classes (\(list(index.classes))) is one of the model's "
        + "(\(list(model.classes))); name the folders as the model does")
  }

  private func list(_ names: [String]) -> String {
    names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
  }

  // MARK: A file of predictions

  private func score(file: String, _ console: Console) throws -> EvaluationReport {
    var scored = try PredictionsFile.read(file)
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
    var report = EvaluationReport(
      Evaluation(scored: scored), k: method.topK, seed: global.seed, threads: global.threadCount)
    report.facts = [
      ("predictions", file), ("groups", SettingNames.options(in: index.groupRule.sentence)),
    ]
    report.details.origin = origin()
    return report
  }
}
