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
    commandName: "eval", abstract: "Scores a model, or several side by side, on labelled clips.",
    discussion: """
      CLIPS is what train accepts: a folder of class folders, a CSV manifest or a list. Clips that \
      the model was trained on are left out as far as they are known (from split.csv in the model's \
      run folder, or computed again), and that is said; --split all evaluates all.

      Beside every score stand three baselines: always the commonest class, the model on one frame \
      of each clip, and on the frames in a random order. A model that has learned motion is far \
      above all three. Intervals are of 95 %, from resamples of whole groups.

      With several models (-m twice or more, or --against), all are scored on the same clips, none \
      of which any was trained on as far as is known, and compared in pairs: the difference with its \
      interval, whether it is shown or may be chance, and the clips on which they differ.

      --report writes a page to find out why: every clip with its frames, to be filtered and \
      searched, the confusion matrix whose cells choose clips, curves with the threshold under the \
      pointer, classes, groups, near duplicates. It needs no network; where not all frames fit, the \
      worst mistakes have them.

      EXAMPLES:
        vidclass eval clips/ -m models/clips.safetensors
        vidclass eval clips/ -m models/clips.safetensors --report report.html
        vidclass eval --from predictions.csv --json
        vidclass eval clips/ -m new.safetensors --against old.safetensors
        vidclass eval --from a.csv --from b.csv --report comparison.html
        vidclass eval clips/ --threshold-for precision=0.95 --thresholds-out t.json
      """)

  @Argument(help: ArgumentHelp("Labelled clips.", valueName: "clips"))
  var clips: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The model to score (default: the one trained last in models/); again for each that is to be "
        + "compared.", valueName: "model"))
  var model: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Score this file (filepath,label,<class>…) instead of running a model; again for each that is "
        + "to be compared.", valueName: "csv"))
  var from: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Compare with this model (a file of predictions with --from), instead of each with each.",
      valueName: "model"))
  var against: String?

  @OptionGroup(title: "Which clips") var choice: ClipChoiceOptions
  @OptionGroup(title: "How") var method: MethodOptions
  @OptionGroup(title: "Thresholds") var thresholds: ThresholdOptions
  @OptionGroup(title: "Results") var results: ResultOptions
  @OptionGroup var json: JSONOption
  @OptionGroup var sandbox: SandboxOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    try requireOneOrComparable()
    if !from.isEmpty {
      if clips != nil || !model.isEmpty {
        throw ValidationError("--from scores a file alone; leave out CLIPS and --model.")
      }
      return
    }
    if clips == nil { throw ValidationError("Name the clips to evaluate, or give --from FILE.") }
  }

  func run() throws {
    let console = global.console
    try sandbox.prepare(console)
    try checkOutputs()
    if isComparison { return try compare(console) }
    if let plots = results.plots { try Folder.create(plots) }
    let scored = try from.first.map { try score(file: $0, console) } ?? scoreModel(console)
    var report = scored.report
    if let path = results.predictions {
      try PredictionsFile.write(report.scored, to: path)
      console.note("predictions: \(PathText.display(path))")
    }
    try chooseThresholds(&report, model: scored.hash, console)
    if let path = results.report {
      try ReportPage(report, title: "Evaluation of \(subject)").write(to: path)
      console.note("report: \(PathText.display(path))")
    }
    try writePlots(
      [(name: PathText.stem(of: scored.source), path: scored.source, report: report)], console)
    if json.json {
      try StandardOutput.writeJSON(report)
    } else {
      var lines = report.lines(columns: StandardOutput.columns)
      if let chosen = report.thresholds {
        lines += [""] + chosen.lines(columns: StandardOutput.columns)
      }
      try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    }
    if !report.skipped.isEmpty { throw ExitCode.partial }
  }

  var subject: String { PathText.name(of: from.first ?? clips ?? "") }

  // MARK: A model on clips

  /// What was scored: a model, or a file of predictions.
  struct Scored {
    var report: EvaluationReport
    let source: String
    /// The model's; nil for a file.
    var hash: String?
  }

  private func scoreModel(_ console: Console) throws -> Scored {
    let modelPath = try model.first ?? LatestModel.find()
    if model.isEmpty { console.note("model: \(PathText.display(modelPath))") }
    return try score(choose(modelPath, console), console)
  }

  /// A model, and the clips that it may fairly be scored on.
  struct Chosen {
    let modelPath: String
    /// Of the model named; what is scored may be what was validated before it.
    let hash: String
    let model: Model
    let index: DatasetIndex
    let held: HeldOutClips
    /// Those of the model's classes.
    var clips: [Clip]
    let skipped: [(path: String, reason: String)]
  }

  func choose(_ modelPath: String, _ console: Console) throws -> Chosen {
    var model = try Model.load(path: modelPath)
    let hash = model.hash
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
    return Chosen(
      modelPath: modelPath, hash: hash, model: model, index: index, held: held, clips: clips,
      skipped: skipped)
  }

  private func score(_ chosen: Chosen, _ console: Console) throws -> Scored {
    let (modelPath, model, index, held) =
      (chosen.modelPath, chosen.model, chosen.index, chosen.held)
    let (evaluation, store) = try evaluate(chosen, console)
    var report = EvaluationReport(
      evaluation, k: method.topK, seed: global.seed, threads: global.threadCount,
      skipped: chosen.skipped)
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
        of: report.scored, chosen.clips, store: store,
        hashes: [("model", model.hash), ("data set", index.fingerprint)])
    }
    return Scored(report: report, source: modelPath, hash: chosen.hash)
  }

  /// The store has the frames of the clips, as far as they went into memory.
  func evaluate(
    _ chosen: Chosen, _ console: Console
  ) throws -> (evaluation: Evaluation, store: ClipStore) {
    let (model, clips) = (chosen.model, chosen.clips)
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
    return (evaluation, store)
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
}
