import Datasets
import Foundation

/// A training on a part of the clips: a point of the learning curve.
public struct LearningCurvePoint: Encodable, Sendable {
  /// Of the clips to train on.
  public let share: Double
  /// Clips that were learned from.
  public let clips: Int
  /// Share of clips held out whose highest score is their label's.
  public let top1: Double
  /// Mean F1 over the classes that have clips or were predicted.
  public let macroF1: Double

  enum CodingKeys: String, CodingKey {
    case share, clips, top1
    case macroF1 = "macro_f1"
  }
}

/// Whether more clips would help, estimated by trainings on fewer of them.
public enum LearningCurve {
  /// Parts that are trained on before all.
  public static let shares = [0.25, 0.5]
}

extension TrainingSession {
  /// The plans of the smaller trainings of a learning curve; the clips held out stay the same.
  public func learningCurvePlans() throws -> [TrainingPlan] {
    guard !plan.validation.isEmpty else {
      throw TrainingError(
        .usage, "`learningCurve` needs clips to validate on; leave out `validationFraction` 0")
    }
    return try LearningCurve.shares.map { share in
      var request = plan.request
      request.share = share
      return try plan.sibling(request)
    }
  }

  /// The point of a finished training of the curve.
  public func learningCurvePoint(_ trainer: Trainer) -> LearningCurvePoint? {
    trainer.state.best.map { best in
      LearningCurvePoint(
        share: trainer.plan.request.share, clips: trainer.plan.train.count,
        top1: best.validation.top1, macroF1: best.validation.macroF1)
    }
  }
}
