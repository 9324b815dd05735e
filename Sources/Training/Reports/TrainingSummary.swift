import ClipSampling
import Datasets
import Evaluation
import FileStore
import Foundation

/// How a training ended: what `train` prints at its end and `--json` writes.
public struct TrainingSummary: Encodable, Sendable {
  /// Two figures of a baseline, 0…1.
  public struct Score: Encodable, Sendable {
    /// Share of clips whose highest score is their label's.
    public let top1: Double
    /// Mean F1 over the classes that have clips or were predicted.
    public let macroF1: Double

    enum CodingKeys: String, CodingKey {
      case top1
      case macroF1 = "macro_f1"
    }

    init(_ metrics: Metrics) {
      top1 = metrics[.top1]
      macroF1 = metrics[.macroF1]
    }
  }

  /// How well one class is told from the others, 0…1.
  public struct ClassScore: Encodable, Sendable {
    /// The class.
    public let name: String
    /// Right answers among those that named the class.
    public let precision: Double
    /// Clips of the class that were named so.
    public let recall: Double
    /// The harmonic mean of precision and recall.
    public let f1: Double
    /// Clips of the class.
    public let support: Int
  }

  /// Clips of one class that were taken for another.
  public struct Confusion: Encodable, Sendable {
    /// Their label.
    public let truth: String
    /// The model's class for them.
    public let answer: String
    /// How many there are.
    public let clips: Int
  }

  /// Figures of the saved model on the clips held out.
  public struct Validation: Encodable, Sendable {
    /// Clips that could be scored.
    public let clips: Int
    /// Share of clips whose highest score is their label's.
    public let top1: Double
    /// Ends of its 95 % interval.
    public let top1Interval: [Double]
    /// What was resampled, and what that cannot tell, in a sentence.
    public let uncertainty: String
    /// Groups that the clips are of.
    public let groups: Int
    /// Mean F1 over the classes that have clips or were predicted.
    public let macroF1: Double
    /// Mean recall over the classes that have clips.
    public let balancedAccuracy: Double
    /// Mean of −ln(score of the label).
    public let logLoss: Double
    /// Mean distance between confidence and accuracy, in 15 equal bins.
    public let calibrationError: Double
    /// By the word for each in JSON, such as `single_frame`.
    public let baselines: [String: Score]
    /// In the order of the model's scores.
    public let perClass: [ClassScore]
    /// Most frequent first.
    public let confusions: [Confusion]

    enum CodingKeys: String, CodingKey {
      case clips, top1, groups, uncertainty, baselines, confusions
      case top1Interval = "top1_interval"
      case macroF1 = "macro_f1"
      case balancedAccuracy = "balanced_accuracy"
      case logLoss = "log_loss"
      case calibrationError = "ece"
      case perClass = "per_class"
    }
  }

  /// The training on all clips that followed the one that was validated.
  public struct Refit: Encodable, Sendable {
    /// Clips that were learned from.
    public let clips: Int
    /// Steps of the optimiser.
    public let steps: Int
  }

  /// The file that was written.
  public let model: String
  /// Epochs that were done.
  public let epochs: Int
  /// Nil when nothing was held out: the last weights were kept.
  public let bestEpoch: Int?
  /// Clips that were learned from.
  public let trainingClips: Int
  /// Clips that could not be used, from the beginning or later.
  public let leftOut: Int
  /// Of the whole command, decoding included.
  public internal(set) var seconds: Double
  /// What logits are divided by before the softmax; 1 without clips held out.
  public let temperature: Double
  /// Nil when nothing was held out.
  public let validation: Validation?
  /// Clips whose labels the model doubts, most doubtful first.
  public let doubtful: [DoubtfulClip]
  /// Empty unless asked for; the last point is this training.
  public let learningCurve: [LearningCurvePoint]
  /// What twice the clips would bring; nil without a learning curve.
  public internal(set) var twiceTheClips: LearningCurve.Projection?
  /// Nil where the model is the one that was validated; else the scores are of the one before it.
  public internal(set) var refit: Refit?
  /// The networks of an ensemble; nil for a single one.
  public internal(set) var members: [MemberScore]?
  /// Mean training loss of the last epoch.
  package let finalLoss: Double?

  enum CodingKeys: String, CodingKey {
    case model, epochs, seconds, temperature, validation, doubtful, refit, members
    case learningCurve = "learning_curve"
    case twiceTheClips = "twice_the_clips"
    case bestEpoch = "best_epoch"
    case trainingClips = "training_clips"
    case leftOut = "left_out"
  }
}

extension TrainingSummary {
  mutating func projectCurve() {
    twiceTheClips = LearningCurve.projection(
      learningCurve, validationClips: validation?.clips ?? 0)
  }
}

extension TrainingSummary.Validation {
  /// The figures of a full evaluation that belong on a terminal.
  init(_ report: EvaluationReport) {
    let metrics = report.metrics
    clips = report.scored.count
    top1 = metrics[.top1]
    let interval = report.bootstrap[.top1]
    top1Interval = [interval.low, interval.high].filter(\.isFinite)
    uncertainty = report.intervalSentence
    groups = Set(report.scored.groups).count
    macroF1 = metrics[.macroF1]
    balancedAccuracy = metrics[.balancedAccuracy]
    logLoss = metrics[.logLoss]
    calibrationError = metrics[.calibrationError]
    baselines = Dictionary(
      uniqueKeysWithValues: report.baselines.map { ($0.key, .init($0.metrics)) })
    perClass = zip(report.scored.classes, metrics.perClass).map { name, score in
      .init(
        name: name, precision: score.precision, recall: score.recall, f1: score.f1,
        support: Int(clamping: score.support))
    }
    confusions = report.confusions.map {
      .init(truth: $0.truth, answer: $0.prediction, clips: $0.count)
    }
  }
}
