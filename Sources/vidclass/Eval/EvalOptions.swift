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
        "Write a page with every clip, its frames and charts here: one HTML file that needs nothing else.",
        valueName: "html"))
    var report: String?
  }
}
