import FileStore

extension ModelComparison: Encodable {
  private enum Key: String, CodingKey {
    case models, reference, pairs, clips, classes
    case method = "intervals"
    case differing = "differing_clips"
    case leftOut = "left_out"
  }

  private struct ModelJSON: Encodable {
    let letter: String
    let name: String
    let evaluation: EvaluationReport
  }

  private struct PairJSON: Encodable {
    let first: String
    let second: String
    /// Second less first, by the keys of the metrics.
    let differences: [String: DifferenceJSON]
    let mcnemar: McNemarJSON
    let differingClips: Int
    let shown: Bool
    let sentence: String

    private enum CodingKeys: String, CodingKey {
      case first, second, differences, mcnemar, shown, sentence
      case differingClips = "differing_clips"
    }
  }

  private struct DifferenceJSON: Encodable {
    let value: Double?
    let low: Double?
    let high: Double?
    let p: Double?
    let pHolm: Double?

    private enum CodingKeys: String, CodingKey {
      case value, low, high, p
      case pHolm = "p_holm"
    }

    init(_ difference: PairedComparison.Difference) {
      func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
      value = finite(difference.interval.value)
      low = finite(difference.interval.low)
      high = finite(difference.interval.high)
      p = finite(difference.pValue)
      pHolm = finite(difference.adjustedPValue)
    }
  }

  private struct McNemarJSON: Encodable {
    let onlyFirst: Int
    let onlySecond: Int
    let p: Double
    let pHolm: Double

    private enum CodingKeys: String, CodingKey {
      case p
      case onlyFirst = "only_first"
      case onlySecond = "only_second"
      case pHolm = "p_holm"
    }
  }

  private struct ClipJSON: Encodable {
    let filepath: String
    let label: String
    let answers: [String]
    let scores: [Double]
  }

  public func encode(to encoder: any Encoder) throws {
    var json = encoder.container(keyedBy: Key.self)
    try json.encode(
      models.map { ModelJSON(letter: $0.letter, name: $0.name, evaluation: $0.report) },
      forKey: .models)
    try json.encode(reference.map { models[$0].letter }, forKey: .reference)
    try json.encode(models[0].report.scored.count, forKey: .clips)
    try json.encode(models[0].report.scored.classes, forKey: .classes)
    try json.encode(pairs.map(pairJSON), forKey: .pairs)
    try json.encode(
      differingClips.map {
        ClipJSON(filepath: $0.name, label: $0.label, answers: $0.answers, scores: $0.scores)
      }, forKey: .differing)
    try json.encode(leftOut, forKey: .leftOut)
    try json.encode(methodSentence, forKey: .method)
  }

  private func pairJSON(_ pair: PairedComparison) -> PairJSON {
    PairJSON(
      first: models[pair.first].letter, second: models[pair.second].letter,
      differences: Dictionary(
        pair.differences.map { ($0.metric.rawValue, DifferenceJSON($0)) },
        uniquingKeysWith: { first, _ in first }),
      mcnemar: McNemarJSON(
        onlyFirst: pair.mcNemar.onlyFirst, onlySecond: pair.mcNemar.onlySecond,
        p: pair.mcNemar.pValue, pHolm: pair.adjustedMcNemar),
      differingClips: pair.differingClips, shown: pair.headline.isShown, sentence: sentence(pair))
  }
}
