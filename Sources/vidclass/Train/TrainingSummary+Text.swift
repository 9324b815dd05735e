import ClipSampling
import FileStore
import Foundation
import Training

extension TrainingSummary {
  /// For people, in lines.
  var lines: [String] {
    guard let validation else {
      return ["nothing was held out, so the model is not scored; use vidclass eval on other clips"]
    }
    var lines = [
      "validation, \(validation.clips) clips: top-1 \(percent(validation.top1))"
        + (validation.top1Interval.count == 2
          ? String(
            format: " (%.0f–%.0f)", validation.top1Interval[0] * 100,
            validation.top1Interval[1] * 100) : "") + ", "
        + "macro F1 \(percent(validation.macroF1)), "
        + "balanced accuracy \(percent(validation.balancedAccuracy)), "
        + "calibration error \(percent(validation.calibrationError))"
    ]
    let names = [
      ("majority", "majority class"), ("single_frame", "single frame"),
      ("shuffled_frames", "shuffled frames"), ("frame_form", "frame size and rate alone"),
    ]
    let baselines = names.compactMap { key, name in
      validation.baselines[key].map { "\(name) \(percent($0.top1))" }
    }
    lines.append("baselines, top-1: " + baselines.joined(separator: ", "))
    if validation.groups < 10 {
      lines.append(
        "of \(validation.groups) group\(validation.groups == 1 ? "" : "s") only: a score of other "
          + "sources, people or sites may well be another; --folds N holds out each once")
    }
    lines += classLines(validation)
    if !validation.confusions.isEmpty {
      let worst = validation.confusions.prefix(3).map {
        "\($0.truth) taken for \($0.answer) (\($0.clips))"
      }
      lines.append("most confused: " + worst.joined(separator: ", "))
    }
    if let members {
      let scores = members.map { percent($0.top1) }.joined(separator: ", ")
      lines.append("members, top-1 on what each held out: \(scores)")
    }
    if let refit {
      lines.append(
        "the model learned from all \(refit.clips) clips after that; these scores are of "
          + (members == nil ? "the training before" : "the trainings before"))
    }
    lines += LearningCurve.lines(learningCurve, validationClips: validation.clips)
    lines += advice(validation).map { "try next: " + $0 }
    return lines.map(PathText.display)
  }

  private func classLines(_ validation: Validation) -> [String] {
    // The weakest say most; a long list says nothing.
    let shown = validation.perClass.enumerated().filter { $0.element.support > 0 }
      .sorted { ($0.element.f1, $0.offset) < ($1.element.f1, $1.offset) }.map(\.element)
    let width = min(32, shown.prefix(12).map(\.name.count).max() ?? 0)
    var lines = shown.prefix(12).map { score in
      "  " + score.name.padding(toLength: max(width, score.name.count), withPad: " ", startingAt: 0)
        + "  F1 \(percent(score.f1))  precision \(percent(score.precision))  "
        + "recall \(percent(score.recall))  \(score.support) clips"
    }
    if shown.count > 12 {
      lines.append("  … and \(shown.count - 12) classes that did better")
    }
    return lines
  }

  /// What would probably help most.
  private func advice(_ validation: Validation) -> [String] {
    // Worse than the same answer always: what the clips are like has not been learned at all.
    let chance = log(Double(max(2, validation.perClass.count)))
    if let finalLoss, finalLoss > 1.5 * chance {
      return [
        String(
          format: "a lower --lr: the training diverged, its loss of %.3g is far above the %.3g of "
            + "guessing", finalLoss, chance)
      ]
    }
    var advice: [String] = []
    let scored = validation.perClass.filter { $0.support > 0 }
    if let weakest = scored.min(by: { $0.f1 < $1.f1 }), weakest.f1 < 0.9,
      weakest.f1 < validation.macroF1 - 0.1
    {
      advice.append("more clips of \"\(weakest.name)\", the weakest class")
    }
    if let still = validation.baselines["single_frame"], validation.top1 - still.top1 < 0.05,
      validation.top1 < 0.98
    {
      advice.append(
        "clips that differ by motion: a single frame does as well, so the model goes by looks")
    }
    if !doubtful.isEmpty {
      let shown = doubtful.prefix(3).map {
        "\(PathText.display($0.path)) (\"\($0.label)\", looks like \"\($0.answer)\", "
          + "\(percent($0.score)))"
      }
      advice.append(
        "a look at \(shown.joined(separator: ", "))"
          + (doubtful.count > 3 ? " and \(doubtful.count - 3) more" : "")
          + ": drop or relabel what is wrong")
    }
    if validation.clips < 50 {
      advice.append(
        "more clips to validate on: \(validation.clips) leave these scores uncertain by about "
          + "\(Int(clamping: (100 / Double(max(1, validation.clips)).squareRoot()).rounded())) points"
      )
    }
    return advice
  }

  private func percent(_ value: Double) -> String {
    value.isNaN ? "–" : String(format: "%.1f %%", value * 100)
  }
}
