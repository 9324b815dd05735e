import Datasets
import Evaluation
import Tensors

/// Figures of scored clips.
enum ValidationScores {
  /// The logits as probabilities at a temperature, with the clips' names and groups.
  static func scored(
    _ result: ClipScorer.Result, clips: [Clip], classes: [String], temperature: Double = 1
  ) -> ScoredClips {
    var scored = ScoredClips(classes: classes)
    for (row, position) in result.clips.enumerated() {
      let logits = result.logits[row * result.classes..<(row + 1) * result.classes]
      let clip = clips[position]
      scored.append(
        scores: Softmax.probabilities(logits.span, temperature: temperature),
        label: result.labels[row],
        name: clip.name, group: clip.group, video: clip.path)
    }
    return scored
  }

  /// The scores of an epoch; nil when no clip could be scored.
  static func quick(_ result: ClipScorer.Result, clips: [Clip], classes: [String])
    -> EpochRecord.Validation?
  {
    guard result.count > 0 else { return nil }
    let metrics = Metrics(scored(result, clips: clips, classes: classes))
    return EpochRecord.Validation(
      loss: Temperature.logLoss(
        logits: result.logits, labels: result.labels, classes: result.classes, temperature: 1),
      top1: metrics[.top1], macroF1: metrics[.macroF1])
  }
}
