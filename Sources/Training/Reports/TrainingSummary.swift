import Datasets
import Evaluation
import FileStore
import Foundation

/// How a training ended: what `train` prints at its end and `--json` writes.
public struct TrainingSummary: Encodable, Sendable {
  public struct Score: Encodable, Sendable {
    public let top1: Double
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

  public struct ClassScore: Encodable, Sendable {
    public let name: String
    public let precision: Double
    public let recall: Double
    public let f1: Double
    public let support: Int
  }

  public struct Confusion: Encodable, Sendable {
    public let truth: String
    public let answer: String
    public let clips: Int
  }

  public struct Validation: Encodable, Sendable {
    public let clips: Int
    public let top1: Double
    public let macroF1: Double
    public let balancedAccuracy: Double
    public let logLoss: Double
    public let calibrationError: Double
    public let baselines: [String: Score]
    public let perClass: [ClassScore]
    public let confusions: [Confusion]

    enum CodingKeys: String, CodingKey {
      case clips, top1, baselines, confusions
      case macroF1 = "macro_f1"
      case balancedAccuracy = "balanced_accuracy"
      case logLoss = "log_loss"
      case calibrationError = "ece"
      case perClass = "per_class"
    }
  }

  public let model: String
  public let epochs: Int
  /// Nil when nothing was held out: the last weights were kept.
  public let bestEpoch: Int?
  public let trainingClips: Int
  public let leftOut: Int
  public let seconds: Double
  public let temperature: Double
  public let validation: Validation?
  /// Clips whose labels the model doubts, most doubtful first.
  public let doubtful: [DoubtfulClip]
  /// Empty unless asked for; the last point is this training.
  public let learningCurve: [LearningCurvePoint]
  /// Mean training loss of the last epoch.
  package let finalLoss: Double?

  enum CodingKeys: String, CodingKey {
    case model, epochs, seconds, temperature, validation, doubtful
    case learningCurve = "learning_curve"
    case bestEpoch = "best_epoch"
    case trainingClips = "training_clips"
    case leftOut = "left_out"
  }
}

extension TrainingSummary.Validation {
  /// The figures of a full evaluation that belong on a terminal.
  init(_ report: EvaluationReport) {
    let metrics = report.metrics
    clips = report.scored.count
    top1 = metrics[.top1]
    macroF1 = metrics[.macroF1]
    balancedAccuracy = metrics[.balancedAccuracy]
    logLoss = metrics[.logLoss]
    calibrationError = metrics[.calibrationError]
    baselines = Dictionary(
      uniqueKeysWithValues: report.baselines.map { ($0.key, .init($0.metrics)) })
    perClass = zip(report.scored.classes, metrics.perClass).map { name, score in
      .init(
        name: name, precision: score.precision, recall: score.recall, f1: score.f1,
        support: Int(score.support))
    }
    confusions = report.confusions.map {
      .init(truth: $0.truth, answer: $0.prediction, clips: $0.count)
    }
  }
}
