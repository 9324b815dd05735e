import ClipSampling
import FileStore

/// Several models side by side on the same clips, with what is shown of their differences.
public struct ModelComparison: Sendable {
  /// One of the models.
  public struct Entry: Sendable {
    /// A, B, C, …: what tables call it.
    public let letter: String
    /// Its file.
    public let name: String
    /// All that an evaluation of it alone would say, on the clips that all have in common.
    public let report: EvaluationReport
  }

  /// A clip that not all models name alike.
  public struct DifferingClip: Sendable {
    /// What it is called.
    public let name: String
    /// Its label.
    public let label: String
    /// The class that each model names.
    public let answers: [String]
    /// What each model scores for the class it names.
    public let scores: [Double]

    /// How many of the models are right.
    public var rightCount: Int { answers.count { $0 == label } }
  }

  /// In the order given.
  public let models: [Entry]
  /// Position of the model that the others are compared with; nil where each is with each.
  public let reference: Int?
  /// The pairs that were compared; p values are corrected for their number.
  public let pairs: [PairedComparison]
  /// Those on which any two models differ: first where some are right and some wrong.
  public let differingClips: [DifferingClip]
  /// Clips that not all models could be scored on.
  public let leftOut: [String]
  /// Facts for the head of a report.
  public var facts: [(name: String, value: String)] = []

  /// The most models in one comparison.
  public static let mostModels = 20

  /// - Parameters:
  ///   - evaluations: from 2 to `mostModels` of them, each with the name of its model.
  ///   - reference: position of the model that all others are compared with; nil compares each with
  ///     each.
  ///   - skipped: clips that were left out for other reasons than that they could not be read.
  /// - Throws: `EvaluationError` where no clip was scored by all of them.
  public init(
    _ evaluations: [(name: String, evaluation: Evaluation)], reference: Int? = nil, k: Int? = nil,
    seed: UInt64 = 0, threads: Int = 1, skipped: [(path: String, reason: String)] = []
  ) throws(EvaluationError) {
    precondition(
      (2...ModelComparison.mostModels).contains(evaluations.count), "from 2 to 20 models")
    let common = CommonClips(evaluations.map(\.evaluation))
    guard let first = common.evaluations.first, first.scored.count > 0 else {
      throw EvaluationError(
        .empty, path: evaluations[1].name,
        "has no clip in common, by name and label, with \(evaluations[0].name)")
    }
    let reports = common.evaluations.map {
      EvaluationReport($0, k: k, seed: seed, threads: threads, skipped: skipped)
    }
    models = zip(evaluations, reports).enumerated().map { position, model in
      Entry(letter: ModelComparison.letter(position), name: model.0.name, report: model.1)
    }
    self.reference = reference
    leftOut = common.leftOut
    pairs = ModelComparison.pairs(of: reports, reference: reference)
    differingClips = ModelComparison.differing(reports.map(\.scored))
  }

  private static func letter(_ position: Int) -> String {
    String(UnicodeScalar(UInt8(ascii: "A") + UInt8(clamping: position)))
  }

  private static func pairs(
    of reports: [EvaluationReport], reference: Int?
  ) -> [PairedComparison] {
    var pairs: [PairedComparison] = []
    for first in reports.indices {
      for second in reports.indices
      where reference == nil ? second > first : first == reference && second != first {
        pairs.append(PairedComparison(first, second, of: reports))
      }
    }
    // Each figure is a family of its own: as many questions as there are pairs.
    for figure in PairedComparison.metrics.indices {
      let adjusted = Holm.adjusted(pairs.map { $0.differences[figure].pValue })
      for pair in pairs.indices { pairs[pair].differences[figure].adjustedPValue = adjusted[pair] }
    }
    let adjusted = Holm.adjusted(pairs.map { $0.mcNemar.pValue })
    for pair in pairs.indices { pairs[pair].adjustedMcNemar = adjusted[pair] }
    return pairs
  }

  private static func differing(_ all: [ScoredClips]) -> [DifferingClip] {
    let first = all[0]
    var found: [(clip: DifferingClip, certainty: Double)] = []
    for index in 0..<first.count {
      let answers = all.map { $0.prediction(index) }
      guard Set(answers).count > 1 else { continue }
      let scores = zip(all, answers).map { clips, answer in
        Double(clips.row(index)[clips.row(index).startIndex + answer])
      }
      let clip = DifferingClip(
        name: first.names[index], label: first.classes[first.labels[index]],
        answers: answers.map { first.classes[$0] }, scores: scores)
      found.append((clip, scores.reduce(0, +)))
    }
    return found.sorted { a, b in
      let (one, other) = (a.clip.rightCount > 0 ? 0 : 1, b.clip.rightCount > 0 ? 0 : 1)
      return one != other
        ? one < other
        : (b.certainty, a.clip.name) < (a.certainty, b.clip.name)
    }.map(\.clip)
  }

  /// The clips on which they differ, as the first model scores them.
  public var differingScores: ScoredClips {
    let scored = models[0].report.scored
    let differing = Set(differingClips.map(\.name))
    var chosen = ScoredClips(classes: scored.classes)
    for index in 0..<scored.count where differing.contains(scored.names[index]) {
      chosen.append(
        scores: Array(scored.row(index)), label: scored.labels[index], name: scored.names[index],
        group: scored.groups[index])
    }
    return chosen
  }

  /// The honest sentence on a pair: who is better by how much, and whether that is shown.
  public func sentence(_ pair: PairedComparison) -> String {
    let (first, second) = (models[pair.first].letter, models[pair.second].letter)
    let difference = pair.headline
    let interval = difference.interval
    if pair.differingClips == 0 {
      return "\(second) and \(first) name every clip alike: no difference"
    }
    guard interval.value != 0 else {
      return
        "\(second) and \(first) have as many clips right\(range(interval)): no difference shown"
    }
    let better = interval.value > 0 ? second : first
    // The interval is turned with the sentence: it is about the better one.
    let turned =
      interval.value > 0 ? interval : Interval(-interval.value, -interval.high, -interval.low)
    return "\(better) is better by \(Figure.points(turned.value, .top1)) points of top-1"
      + "\(range(turned)): " + (difference.isShown ? "shown" : "not shown")
      + (difference.isShown || turned.low <= 0
        ? "" : " (p \(Figure.p(difference.adjustedPValue)))")
  }

  private func range(_ interval: Interval) -> String {
    if interval.low.isNaN { return "" }
    return ", interval \(Figure.points(interval.low, .top1)) to "
      + Figure.points(interval.high, .top1)
  }

  /// How intervals and p values were made, and what they cannot tell.
  public var methodSentence: String {
    let bootstrap = models[0].report.bootstrap
    let units = bootstrap.unit == .groups ? "groups" : "clips, which are all of one group"
    var text =
      "95 % intervals and p from \(bootstrap.resamples) resamples of \(bootstrap.unitCount) "
      + "\(units), drawn alike for all models"
    if bootstrap.unit == .groups && bootstrap.unitCount < 10 {
      text += ": so few that they are rough"
    }
    text += "; McNemar's test takes clips for independent, and is too sure where groups are large"
    if pairs.count > 1 { text += "; p corrected for \(pairs.count) pairs (Holm)" }
    return text
  }
}

extension Interval {
  fileprivate init(_ value: Double, _ low: Double, _ high: Double) {
    self.init(value: value, low: low, high: high)
  }
}
