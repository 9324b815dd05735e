import ClipSampling

/// The figures of an evaluation with intervals and baselines: what `eval` shows in any form.
public struct EvaluationReport: Sendable {
  /// A baseline: always the commonest class, or the model on clips robbed of their motion.
  public struct Baseline: Sendable {
    /// The word for it in JSON.
    public let key: String
    /// What people read.
    public let title: String
    /// As of the model itself, on the same clips.
    public let metrics: Metrics
  }

  /// The model's scores on all clips.
  public let scored: ScoredClips
  /// Of the clips as they are, without resampling.
  public let metrics: Metrics
  /// Intervals of all figures.
  public let bootstrap: Bootstrap
  /// Majority, and where they were taken single frame and shuffled frames.
  public let baselines: [Baseline]
  /// Top-1 and macro F1 of videos, where some have several clips.
  public let perVideo: (count: Int, metrics: Metrics)?
  /// Path and reason of every clip left out.
  public let skipped: [(path: String, reason: String)]
  /// Clips decoded and scored a second; nil where nobody measured it.
  public let clipsPerSecond: Double?
  /// How far an ensemble's networks agree; nil for a single one.
  public let disagreement: Disagreement?
  /// Facts for the head of a report: model, data, split, views.
  public var facts: [(name: String, value: String)] = []
  /// What the page shows besides.
  public var details = ReportDetails()

  /// - Parameters:
  ///   - k: of top-k.
  ///   - skipped: clips that were left out for other reasons than that they could not be read.
  public init(
    _ evaluation: Evaluation, k: Int? = nil, seed: UInt64 = 0, threads: Int = 1,
    skipped: [(path: String, reason: String)] = []
  ) {
    scored = evaluation.scored
    disagreement =
      evaluation.members.isEmpty
      ? nil : Disagreement(evaluation.scored, members: evaluation.members)
    metrics = Metrics(scored, k: k)
    bootstrap = Bootstrap(scored, k: k, seed: seed, threads: threads)
    var baselines = [
      Baseline(
        key: "majority", title: "majority",
        metrics: Metrics(EvaluationReport.majority(scored), k: k))
    ]
    if let single = evaluation.singleFrame, single.count > 0 {
      baselines.append(
        Baseline(key: "single_frame", title: "single frame", metrics: Metrics(single, k: k)))
    }
    if let shuffled = evaluation.shuffledFrames, shuffled.count > 0 {
      baselines.append(
        Baseline(key: "shuffled_frames", title: "shuffled", metrics: Metrics(shuffled, k: k)))
    }
    if let form = evaluation.byForm {
      baselines.append(
        Baseline(key: "frame_form", title: "size and rate", metrics: Metrics(form, k: k)))
    }
    self.baselines = baselines
    let videos = scored.perVideo
    perVideo = videos.count < scored.count ? (videos.count, Metrics(videos, k: k)) : nil
    self.skipped = evaluation.failures.map { ($0.clip.name, $0.message) } + skipped
    clipsPerSecond = evaluation.clipsPerSecond
  }

  /// Scores of a classifier that knows nothing but how common the classes are: always the same
  /// answer, and confidences that are the shares. It is given the shares of the evaluated clips, so
  /// that no constant answer could do better.
  static func majority(_ clips: ScoredClips) -> ScoredClips {
    var shares = [Float](repeating: 0, count: clips.classes.count)
    for label in clips.labels { shares[label] += 1 / Float(clips.count) }
    var constant = ScoredClips(classes: clips.classes)
    for index in 0..<clips.count {
      constant.append(scores: shares, label: clips.labels[index], name: clips.names[index])
    }
    return constant
  }

  /// Pairs of classes that were confused, most often first.
  public var confusions: [(truth: String, prediction: String, count: Int)] {
    var pairs: [(truth: Int, prediction: Int, count: Int)] = []
    for (truth, row) in metrics.confusion.enumerated() {
      for (prediction, count) in row.enumerated() where truth != prediction && count > 0 {
        pairs.append((truth, prediction, count))
      }
    }
    return pairs.sorted {
      ($1.count, $0.truth, $0.prediction) < ($0.count, $1.truth, $1.prediction)
    }
    .map { (scored.classes[$0.truth], scored.classes[$0.prediction], $0.count) }
  }

  /// How the intervals were made and what they cannot tell, in a sentence.
  public var intervalSentence: String {
    let how =
      switch bootstrap.unit {
      case .groups:
        "95 % intervals from \(bootstrap.resamples) resamples of \(bootstrap.unitCount) groups"
          + (bootstrap.unitCount < 10 ? ": so few that they are rough" : "")
      case .clips:
        "95 % intervals from \(bootstrap.resamples) resamples of clips, which are all of one "
          + "group: too narrow"
      }
    guard metrics[.top1] == 1, scored.count > 3 else { return how }
    // Resampling what has no mistake finds none; the rule of three (Hanley and Lippman-Hand 1983)
    // says what that is worth.
    let possible = (300 / Double(scored.count)).rounded(.up)
    return how
      + "; no mistake in \(scored.count) clips still allows for \(Int(clamping: possible)) % of errors"
  }
}
