import Foundation
import Training

extension FoldResult {
  /// For people.
  var line: String {
    String(
      format:
        "fold %d  %d clips  top-1 %.1f %%  balanced %.1f %%  macro F1 %.1f %%  |  single frame "
        + "%.1f %%  shuffled %.1f %%  |  %@", number, clips, top1 * 100, balancedAccuracy * 100,
      macroF1 * 100, singleFrame * 100, shuffledFrames * 100,
      Duration.text(seconds: seconds))
  }
}

extension CrossValidation {
  /// For people, in lines.
  var lines: [String] {
    folds.map(\.line) + [
      String(
        format: "mean of %d folds: top-1 %.1f %%, balanced accuracy %.1f %%, macro F1 %.1f %%; "
          + "baselines, top-1: single frame %.1f %%, shuffled frames %.1f %%", folds.count,
        mean(\.top1) * 100, mean(\.balancedAccuracy) * 100, mean(\.macroF1) * 100,
        mean(\.singleFrame) * 100, mean(\.shuffledFrames) * 100)
    ]
  }
}

extension LearningCurve {
  /// For people, in lines; `clips` is the number of clips held out.
  static func lines(_ points: [LearningCurvePoint], validationClips clips: Int) -> [String] {
    guard let last = points.last, points.count > 1 else { return [] }
    let course = points.map {
      String(format: "%d clips %.1f %%", $0.clips, $0.macroF1 * 100)
    }.joined(separator: ", ")
    let gain = last.macroF1 - points[points.count - 2].macroF1
    // Two scores of the same clips differ by chance by about this much.
    let chance = 0.5 / Double(max(1, clips)).squareRoot()
    let advice: String
    if last.macroF1 > 0.98 {
      advice = "these clips are enough for this task"
    } else if gain > max(0.02, chance) {
      advice = String(
        format: "the last doubling brought %.1f points, so more clips would probably help",
        gain * 100)
    } else {
      advice = String(
        format: "the last doubling brought %+.1f points, no more than chance can: better labels or "
          + "a larger --size may help more than more clips", gain * 100)
    }
    let projection = projection(points, validationClips: clips).map {
      String(
        format: "twice the clips, if it goes on like this: %+.1f points (%+.1f to %+.1f)",
        $0.gain * 100, $0.interval[0] * 100, $0.interval[1] * 100)
    }
    return ["learning curve, macro F1: \(course)"] + [projection].compactMap { $0 }
      + ["try next: \(advice)"]
  }
}
