import Datasets
import Evaluation

/// A clip that the finished model is sure is something else than its label says: often a wrong
/// label, a wrong cut or a file that shows nothing.
public struct DoubtfulClip: Encodable, Sendable {
  /// As shown to people.
  public let path: String
  /// What its folder or list says.
  public let label: String
  /// The model's class for it.
  public let answer: String
  /// The model's confidence in its answer.
  public let score: Double
  /// Whether the model had learned the clip under its label.
  public let wasLearned: Bool

  enum CodingKeys: String, CodingKey {
    case path, label, answer, score
    case wasLearned = "was_learned"
  }
}

extension DoubtfulClip {
  private static let mostListed = 20

  /// Those of the clips that the model contradicts, the surest first.
  ///
  /// A clip that the model learned and still contradicts is more doubtful than one it never saw, so
  /// those come first.
  static func find(
    _ result: ClipScorer.Result, clips: [Clip], classes: [String], temperature: Double,
    wereLearned: Bool
  ) -> [DoubtfulClip] {
    let scored = ValidationScores.scored(
      result, clips: clips, classes: classes, temperature: temperature)
    let found = (0..<scored.count).compactMap { row -> DoubtfulClip? in
      let answer = scored.prediction(row)
      let score = Double(scored.row(row)[scored.row(row).startIndex + answer])
      guard answer != scored.labels[row], score >= ReportDetails.Doubt.leastScore else {
        return nil
      }
      return DoubtfulClip(
        path: clips[result.clips[row]].name, label: classes[scored.labels[row]],
        answer: classes[answer], score: score, wasLearned: wereLearned)
    }
    return Array(found.sorted { ($1.score, $0.path) < ($0.score, $1.path) }.prefix(mostListed))
  }
}
