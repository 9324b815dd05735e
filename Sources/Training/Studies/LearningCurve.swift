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

  /// What twice the clips would bring: points of macro F1 as a share of 1.
  public struct Projection: Encodable, Sendable {
    /// If errors go on falling as they fell from the first point to the last.
    public let gain: Double
    /// Ends of the interval that holds the gain in 95 of 100 draws of as many clips held out.
    public let interval: [Double]
  }

  /// Errors fall with the number of clips as a power of it (Cortes et al. 1994, "Learning curves"):
  /// what they fell by from a quarter to all of the clips tells what the next doubling brings.
  ///
  /// - Parameter clips: held out; the fewer, the wider the interval.
  /// - Returns: nil where there is no error left to fall, or nothing to tell by.
  public static func projection(_ points: [LearningCurvePoint], validationClips clips: Int)
    -> Projection?
  {
    guard let first = points.first, let last = points.last, first.clips < last.clips, clips > 0
    else { return nil }
    let (early, late) = (1 - first.macroF1, 1 - last.macroF1)
    guard early > 0, late > 0 else { return nil }
    let doublings = log2(Double(last.clips) / Double(first.clips))
    let fall = pow(late / early, 1 / doublings)
    // By the law of propagation of errors, each error as a share of `clips`, as if they were of
    // different clips: wider than it is, for they are of the same ones.
    func variance(_ error: Double) -> Double { error * (1 - error) / Double(clips) }
    let byLate = 1 - fall * (1 + 1 / doublings)
    let byEarly = late * fall / (early * doublings)
    let deviation =
      (byLate * byLate * variance(late) + byEarly * byEarly * variance(early)).squareRoot()
    let gain = late * (1 - fall)
    return Projection(
      gain: gain, interval: [gain - 1.96 * deviation, min(late, gain + 1.96 * deviation)])
  }
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
