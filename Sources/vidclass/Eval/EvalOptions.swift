import ArgumentParser
import Datasets
import Evaluation

extension EvaluationViews: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  public var defaultValueDescription: String { description }
}

extension EvalCommand {
  /// Which clips of the data set.
  struct ClipChoiceOptions: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "auto (clips the model was not trained on), all, train, val or test.", valueName: "side"))
    var split = "auto"

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Which clip is on which side (default: split.csv of the model's run folder).",
        valueName: "csv"))
    var splitFile: String?

    @OptionGroup var reading: ReadingOptions

    func validate() throws {
      if split != "auto" && split != "all" && Split(name: split) == nil {
        throw ValidationError("--split must be auto, all, train, val or test, not \(split).")
      }
    }

    var request: HeldOutClips.Request {
      if let side = Split(name: split) { return .side(side) }
      return split == "all" ? .all : .automatic
    }
  }

  /// How clips are scored.
  struct MethodOptions: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "Views of each clip to average: N moments, or N moments times 3 crops (10x3).",
        valueName: "n|nx3"))
    var views = EvaluationViews.one

    @Option(name: .long, help: ArgumentHelp("Clips scored at once.", valueName: "n"))
    var batchSize = 16

    @Option(
      name: .customLong("top"),
      help: ArgumentHelp(
        "The k of top-k (default: 5, or one less than the classes).", valueName: "k"))
    var topK: Int?

    @Flag(name: .long, help: "Only the model itself: three times as fast.")
    var noBaselines = false

    @OptionGroup var arithmetic: PrecisionOption

    func validate() throws {
      if !(1...1024).contains(batchSize) {
        throw ValidationError("--batch-size must be from 1 to 1024, not \(batchSize).")
      }
      if let topK, topK < 1 { throw ValidationError("--top must be at least 1, not \(topK).") }
    }
  }

  /// Which score an answer of each class needs.
  struct ThresholdOptions: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "Find the threshold of each class with which its answers are this precise, or its clips "
          + "found: precision=0.95, recall=0.9.", valueName: "goal"))
    var thresholdFor: String?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Find the threshold of each class that costs least, where a missed clip and a false answer "
          + "cost this much: missed=10,false=1.", valueName: "costs"))
    var cost: String?

    @Option(
      name: .customLong("thresholds-out"),
      help: ArgumentHelp("Save the thresholds here, for label --thresholds.", valueName: "json"))
    var out: String?

    func validate() throws {
      if thresholdFor != nil && cost != nil {
        throw ValidationError("--threshold-for and --cost exclude each other; give one of them.")
      }
      if let thresholdFor, goal == nil {
        throw ValidationError(
          "--threshold-for must be precision=P or recall=R, above 0 and up to 1, not \(thresholdFor)."
        )
      }
      if let cost, goal == nil {
        throw ValidationError(
          "--cost must be missed=N,false=N, from 0 to 1e9 and not both 0, not \(cost).")
      }
      if out != nil && goal == nil {
        throw ValidationError("--thresholds-out needs --threshold-for or --cost.")
      }
    }

    var goal: ThresholdGoal? {
      thresholdFor.flatMap { ThresholdGoal($0) } ?? cost.flatMap { ThresholdGoal(cost: $0) }
    }
  }

  /// What is written besides the table.
  struct ResultOptions: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "Write every clip's scores here (filepath,label,<class>…).", valueName: "csv"))
    var predictions: String?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Write every chart into this folder, as SVG and as CSV of its points.", valueName: "dir"))
    var plots: String?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Write a page with every clip, its frames and charts here: one HTML file that needs nothing else.",
        valueName: "html"))
    var report: String?
  }
}
