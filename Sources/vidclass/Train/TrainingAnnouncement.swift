import ClipSampling
import Datasets
import FileStore
import Foundation
import Tensors
import Training

/// What `train` says before its first step: what it found, chose and expects.
enum TrainingAnnouncement {
  /// What the data set's names alone tell, before anything is decoded.
  static func dataLines(_ plan: TrainingPlan) -> [String] { data(plan) + ignored(plan) }

  /// What decoding and a few steps have told besides.
  static func lines(
    _ session: TrainingSession, trainer: Trainer, outlook: TrainingOutlook
  ) -> [String] {
    let plan = session.plan
    return decoded(plan, partial: session.partial) + input(plan) + variation(plan)
      + network(session, trainer: trainer, outlook: outlook)
      + learning(plan, trainer: trainer) + [time(plan, trainer: trainer, outlook: outlook)]
  }

  /// Which clips can be used, where some cannot.
  static func decoded(_ plan: TrainingPlan, partial: [Clip]) -> [String] {
    usable(plan) + plan.leftOut.map { row("left out", $0.message) }
      + partial.map { row("partial", "\($0.name): damaged, used in part") }
  }

  static func row(_ title: String, _ text: String) -> String {
    title.padding(toLength: 10, withPad: " ", startingAt: 0) + text
  }

  private static func data(_ plan: TrainingPlan) -> [String] {
    let index = plan.index
    let counts = zip(index.classes, index.classCounts).map { "\(PathText.display($0)) \($1)" }
    let shown = counts.prefix(24).joined(separator: ", ")
    let more = counts.count > 24 ? " and \(counts.count - 24) more" : ""
    let clips = row(
      "clips",
      "\(index.clips.count) of \(index.classes.count) classes in \(PathText.display(index.path)): "
        + shown + more)
    return [clips] + index.additions.map { row("added", $0) }
      + [row("groups", index.groupRule.sentence), row("split", plan.division.sentence)]
  }

  private static func ignored(_ plan: TrainingPlan) -> [String] {
    let files = plan.index.ignored
    guard !files.isEmpty else { return [] }
    let reasons = plan.index.ignoredCounts.map { reason, count in
      let first = files.first { $0.reason == reason }.map { PathText.display($0.path) } ?? ""
      return "\(count) \(reason.rawValue) (\(count > 1 ? "such as " : "")\(first))"
    }
    let unusable = plan.index.unusable
    return [row("left out", "\(files.count) files: \(reasons.joined(separator: ", "))")]
      + (unusable.count > 1
        ? unusable.map { row("left out", "\(PathText.display($0.path)): \($0.explanation)") } : [])
  }

  /// What is left where clips cannot be decoded.
  private static func usable(_ plan: TrainingPlan) -> [String] {
    if plan.leftOut.isEmpty { return [] }
    return [
      row(
        "usable",
        "\(plan.train.count) clips to train on, "
          + "\(plan.validation.count + plan.held.count) to validate")
    ]
  }

  static func input(_ plan: TrainingPlan) -> [String] {
    let input = plan.preprocessing
    let choice =
      switch input.choice {
      case .uniform: "spread over each clip"
      case .rate(let rate): "at \(rate) a second"
      case .stride(let stride): "one of each \(stride) of a clip"
      }
    let motion = input.motion == .difference ? " with differences of neighbours" : ""
    return [
      row(
        "input",
        "\(input.frames) frames \(choice), \(input.width)×\(input.height)"
          + (input.width == input.resizeWidth && input.height == input.resizeHeight
            ? "" : " (from \(input.resizeWidth)×\(input.resizeHeight))") + ", "
          + (input.color == .gray ? "grey" : "colour") + motion)
    ]
  }

  private static func variation(_ plan: TrainingPlan) -> [String] {
    [
      row(
        "augment",
        "\(plan.settings.augmentation.rawValue), "
          + (plan.settings.mixup.map { $0 > 0 ? "pairs blended (\(number($0))), " : "" } ?? "")
          + (plan.request.flip == nil
            ? plan.mirror.sentence : "flip \(plan.settings.flip ? "on" : "off") as asked"))
    ]
  }

  private static func network(
    _ session: TrainingSession, trainer: Trainer, outlook: TrainingOutlook
  ) -> [String] {
    let plan = session.plan
    let learned = trainer.trainedParameters
    let all = outlook.parameters
    var lines = [
      row(
        "network",
        "\(PathText.display(outlook.architecture)), \(count(all)) parameters"
          + (learned == all ? "" : " of which \(count(learned)) learn") + ", "
          + String(format: "%.2f GFLOPs a clip", Double(outlook.flopsPerClip) / 1e9))
    ]
    if let start = plan.start { lines.append(row("start", start)) }
    lines.append(
      row(
        "compute",
        arithmetic(plan, threads: session.threads)
          + ", \(outlook.plannedMiB) MiB planned for the network and its batches; "
          + session.cacheSentence))
    return lines + [memory(outlook)]
  }

  static func memory(_ outlook: TrainingOutlook) -> String {
    row("memory", "\(outlook.memoryMiB) MiB in all, without the decoder processes")
  }

  /// Precision, kernels and threads, and what a processor without instructions for the precision does.
  static func arithmetic(_ plan: TrainingPlan, threads: Int) -> String {
    let precision = plan.settings.precision ?? .fp32
    let emulated = precision == .bf16 && !InstructionSet.multipliesBF16
    return "\(precision.rawValue), \(InstructionSet.name) kernels"
      + (emulated ? " (which multiply bf16 as fp32)" : "")
      + (plan.settings.exactConvolution == true ? ", direct convolutions" : "")
      + ", \(threads) thread\(threads == 1 ? "" : "s")"
  }

  private static func learning(_ plan: TrainingPlan, trainer: Trainer) -> [String] {
    let settings = plan.settings
    var parts = [
      "\(settings.epochs) epochs of \(trainer.stepsPerEpoch) steps of \(settings.batchSize) clips",
      "\(settings.optimizer.rawValue) to \(number(settings.learningRate))",
      "\(settings.schedule.rawValue) after \(number(settings.warmup)) epochs of warm-up",
      "weight decay \(number(settings.weightDecay))",
    ]
    if let draws = settings.clipsPerVideo, draws > 1 {
      parts.insert("\(draws) draws of each clip an epoch", at: 1)
    }
    if settings.labelSmoothing > 0 {
      parts.append("label smoothing \(number(settings.labelSmoothing))")
    }
    if settings.classWeights != .none { parts.append("classes balanced") }
    if settings.averageDecay > 0 {
      parts.append("average of weights \(number(settings.averageDecay))")
    }
    if let epochs = settings.headFirst, epochs > 0 {
      parts.append("new layers alone for \(number(epochs)) epochs")
    }
    if let rate = settings.trunkRate, rate < 1 {
      parts.append("the first layer at \(number(rate)) of the rate")
    }
    if let patience = settings.earlyStop { parts.append("early stop after \(patience)") }
    return [row("learning", parts.joined(separator: ", ") + ", seed \(settings.seed)")]
  }

  private static func time(
    _ plan: TrainingPlan, trainer: Trainer, outlook: TrainingOutlook
  ) -> String {
    let epoch = outlook.secondsPerEpoch
    let whole = epoch * Double(plan.settings.epochs)
    let left =
      (whole * (outlook.refit ? 2 : 1)) * Double(outlook.members ?? 1)
      - epoch * Double(trainer.epochsDone)
    let what =
      plan.request.fold != nil ? "a fold" : trainer.epochsDone == 0 ? "in all" : "to go"
    return row(
      "time",
      "\(Duration.text(seconds: epoch)) an epoch, about \(Duration.text(seconds: left)) \(what)"
        + (outlook.refit ? ", as long to validate as then to learn from all clips" : ""))
  }

  private static func number(_ value: Double) -> String {
    String(format: "%.4g", value)
  }

  static func count(_ value: Int) -> String {
    value >= 1_000_000
      ? String(format: "%.2f million", Double(value) / 1e6)
      : value >= 10_000 ? "\(value / 1000) thousand" : "\(value)"
  }
}
