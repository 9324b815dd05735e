extension Metric {
  /// What the figure tells, in a sentence for people.
  public var explanation: String {
    switch self {
    case .top1: "The share of clips whose highest score is that of their label."
    case .topK: "The share of clips whose label is among the k highest scores."
    case .balancedAccuracy:
      "The mean of the classes' recalls: a rare class counts as much as a common one."
    case .macroF1:
      "The mean of the classes' F1, each the harmonic mean of precision and recall; a rare class "
        + "counts as much as a common one."
    case .weightedF1: "The mean of the classes' F1, each counted as often as it has clips."
    case .meanAveragePrecision:
      "How well the score of each class ranks its clips before all others: the area under its "
        + "precision and recall, averaged over the classes; 100 % is a perfect order."
    case .auroc:
      "How likely a clip of a class has a higher score for it than a clip of another class, averaged "
        + "over the classes; 50 % is chance."
    case .logLoss:
      "The mean of −ln(score of the label): 0 is certain and right; sure mistakes cost most. Less is "
        + "better."
    case .calibrationError:
      "How far confidence is from the share of right answers, on average over 15 equal ranges of "
        + "confidence. Less is better."
    }
  }
}

extension EvaluationReport.Baseline {
  /// What the baseline is, in a sentence for people.
  public var explanation: String {
    switch key {
    case "majority": "Always the commonest class of these clips: what no knowledge at all is worth."
    case "single_frame":
      "The same model, shown the middle frame of each clip repeated: if it does as well, it has not "
        + "learned motion."
    case "shuffled_frames":
      "The same model, shown the frames in a random order: if it does as well, it has not learned "
        + "their order."
    default:
      "What the size and rate of the files alone tell of the class: if it does as well, the model "
        + "may have learned which camera was used."
    }
  }
}
