import ArgumentParser
import ClipSampling
import Datasets
import Networks
import Tensors
import Training

extension TrainCommand {
  /// What the network is and sees.
  struct InputOptions: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "Network: a name that vidclass info --architectures lists, or a JSON file (default: by the number of clips).",
        valueName: "name|file"))
    var arch: String?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Layer through time (default: lstm).",
        valueName: "kind"))
    var rnn: PresetOptions.Recurrence?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "How its steps become one vector (default: the network's own).",
        valueName: "kind"))
    var head: PresetOptions.Head?

    @Option(
      name: .long,
      help: ArgumentHelp("Frames of a clip (default: the --arch file's, or 16).", valueName: "n"))
    var frames: Int?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Height and width of the input (default: the --arch file's, or 64).", valueName: "pixels"))
    var size: Int?

    @Flag(name: .long, help: "Shades of grey instead of colours.")
    var gray = false

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Take frames at this rate instead of spread over the clip.", valueName: "rate"))
    var fps: Double?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Take every n-th frame instead of frames spread over the clip.", valueName: "n"))
    var stride: Int?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Draw so many frame stacks of each clip in an epoch, each time differently (default: 1).",
        valueName: "n"))
    var clipsPerVideo: Int?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Motion as input channels: difference is that of neighbouring frames.",
        valueName: "kind"))
    var motion: Preprocessing.Motion?
  }

  /// How it learns.
  struct LearningOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Passes over the clips.", valueName: "n"))
    var epochs: Int?

    @Option(name: .long, help: ArgumentHelp("Clips in a step.", valueName: "n"))
    var batchSize: Int?

    @Option(name: .long, help: ArgumentHelp("Highest learning rate.", valueName: "rate"))
    var lr: Double?

    @Option(name: .long, help: ArgumentHelp("How gradients move the weights.", valueName: "name"))
    var optimizer: TrainingSettings.OptimizerName?

    @Option(
      name: .long,
      help: ArgumentHelp("How the learning rate falls.", valueName: "name"))
    var schedule: LearningRateSchedule.Course?

    @Option(
      name: .long,
      help: ArgumentHelp("Epochs until the learning rate is at its peak.", valueName: "epochs"))
    var warmup: Double?

    @Option(name: .long, help: ArgumentHelp("Pull of weights towards zero.", valueName: "rate"))
    var weightDecay: Double?

    @Option(
      name: .long,
      help: ArgumentHelp("Share of certainty given to all classes.", valueName: "share"))
    var labelSmoothing: Double?

    @Option(
      name: .long, help: ArgumentHelp("Share of features left out.", valueName: "share"))
    var dropout: Double?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "none, or balanced: rare classes count as much as frequent ones.", valueName: "how"))
    var classWeights: ClassWeighting?

    @Option(
      name: .long,
      help: ArgumentHelp("How far clips are varied.", valueName: "strength"))
    var augment: AugmentationSettings.Level?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Blend pairs of clips by shares from Beta(a, a); 0 blends none (default: 0, or 0.2 with --augment strong).",
        valueName: "a"))
    var mixup: Double?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Mirror clips: auto (not when classes are named left and right), on or off.",
        valueName: "when"))
    var flip: FlipChoice = .auto

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Moving average of weights: auto, off or a decay such as 0.99.", valueName: "decay"))
    var ema: AverageChoice = .auto

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Stop after this many epochs without a better validation score.", valueName: "n"))
    var earlyStop: Int?

    @Flag(
      name: .long, inversion: .prefixedNo,
      help: "After validation has told how good it is, train again on all clips.")
    var refit = true

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Average the scores of this many networks, each of which held out another part of the groups.",
        valueName: "n"))
    var ensemble: Int?

    func validate(with study: StudyOptions) throws {
      guard let ensemble else { return }
      guard (2...20).contains(ensemble) else {
        throw ValidationError("--ensemble must be from 2 to 20, not \(ensemble); 5 is usual.")
      }
      if study.folds != nil || study.learningCurve || study.budget != nil {
        throw ValidationError(
          "--ensemble makes one model of several; leave out --folds, --learning-curve and --budget."
        )
      }
    }
  }

  /// How it computes.
  struct ComputeOptions: ParsableArguments {
    @OptionGroup var arithmetic: PrecisionOption

    @Flag(
      name: .long,
      help: "Direct convolutions only, without Winograd's shortcut of fewer multiplications.")
    var exactConv = false
  }

  /// Which clips it learns from.
  struct DataOptions: ParsableArguments {
    @OptionGroup var split: DivisionOptions

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Where decoded frames are kept.", valueName: "where"))
    var cache: TrainingSession.CacheRequest = .auto
  }

  /// What is found out besides.
  struct StudyOptions: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "Cross-validation instead of a model: train this often, each time holding out another part of the groups.",
        valueName: "n"))
    var folds: Int?

    @Flag(
      name: .long,
      help: "First train on a quarter and a half of the clips: would more clips help?")
    var learningCurve = false

    @Option(
      name: .long,
      help: ArgumentHelp(
        "First compare networks and settings for so long (30m, 2h, 5000steps), then train the best one.",
        valueName: "time"))
    var budget: Budget?

    func validate(with split: DivisionOptions, earlyStop: Int?) throws {
      if budget != nil,
        folds != nil || learningCurve || split.val != nil || split.valGroups != nil
          || earlyStop != nil
      {
        throw ValidationError(
          "--budget divides the clips itself and keeps a part of the groups for the score; leave out "
            + "--folds, --learning-curve, --val, --val-groups and --early-stop.")
      }
      if learningCurve, split.val == 0 {
        throw ValidationError("--learning-curve needs clips held out; leave out --val 0.")
      }
      guard let folds else { return }
      guard (2...1000).contains(folds) else {
        throw ValidationError("--folds must be from 2 to 1000, not \(folds); 5 is usual.")
      }
      if learningCurve || split.val != nil || split.valGroups != nil || earlyStop != nil {
        throw ValidationError(
          "--folds holds out every clip once and chooses nothing by it; leave out --val, "
            + "--val-groups, --early-stop and --learning-curve.")
      }
    }
  }

  /// Where it begins.
  struct ContinuingOptions: ParsableArguments {
    @Option(
      name: .long,
      help: ArgumentHelp(
        "Start from these weights: a model or an .onnx network, or with --arch any safetensors, .pth or .pt file; the head is new where classes differ (default: none; of frozen- networks what make pretrained fetched).",
        valueName: "file"))
    var initFrom: String?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "With --init-from: what does not learn, the whole trunk or the first n layers of vidclass info's table (default without a value: trunk).",
        valueName: "n|trunk"))
    var freeze: Freezing?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "With --init-from: only new layers learn for so long, then those before them join from the top down (default: a tenth of the epochs where there are new layers).",
        valueName: "epochs"))
    var headFirst: Double?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "With --init-from: learning rate of the first layer in parts of the new layers'; it rises from layer to layer (default: 0.1 where there are new layers).",
        valueName: "share"))
    var trunkRate: Double?

    @Flag(name: .long, help: "Go on where an interrupted training stopped.")
    var resume = false

    @Flag(
      name: .long,
      help: "Go on (--resume) though clips or the processor changed since the training began.")
    var acceptChanges = false

    /// Whether an interrupted training is to go on.
    var resumes: Bool { resume || acceptChanges }

    @Flag(name: .long, help: "Say what would be done, and stop before the first step.")
    var dryRun = false
  }
}

/// `--flip`.
enum FlipChoice: String, ExpressibleByArgument, CaseIterable {
  case auto
  case on
  case off

  /// Nil leaves it to the names of the classes.
  var decision: Bool? {
    switch self {
    case .auto: nil
    case .on: true
    case .off: false
    }
  }
}

/// `--ema`.
enum AverageChoice: ExpressibleByArgument {
  case auto
  case decay(Double)

  init?(argument: String) {
    switch argument {
    case "auto": self = .auto
    case "off": self = .decay(0)
    default:
      guard let value = Double(argument) else { return nil }
      self = .decay(value)
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .auto: "auto"
    case .decay(let value): "\(value)"
    }
  }

  /// Nil leaves it to the length of the training.
  var decay: Double? {
    switch self {
    case .auto: nil
    case .decay(let value): value
    }
  }
}

extension Freezing: ExpressibleByArgument {
  public init?(argument: String) {
    if argument == "trunk" {
      self = .trunk
    } else if let count = Int(argument), count > 0 {
      self = .layers(count)
    } else {
      return nil
    }
  }
}

extension PresetOptions.Recurrence: ExpressibleByArgument {}
extension PresetOptions.Head: ExpressibleByArgument {}
extension TrainingSettings.OptimizerName: ExpressibleByArgument {}
extension LearningRateSchedule.Course: ExpressibleByArgument {}
extension ClassWeighting: ExpressibleByArgument {}
extension AugmentationSettings.Level: ExpressibleByArgument {}
extension Preprocessing.Motion: ExpressibleByArgument, CaseIterable {
  public static var allCases: [Preprocessing.Motion] { [.none, .difference] }
}
extension TrainingSession.CacheRequest: ExpressibleByArgument {}
