import ClipSampling

/// How far the networks of an ensemble agree on the same clips.
public struct Disagreement: Encodable, Sendable {
  /// A clip that not all networks name alike.
  public struct ClipVotes: Encodable, Sendable {
    /// What it is called.
    public let path: String
    /// Its label.
    public let label: String
    /// The ensemble's class for it.
    public let answer: String
    /// Share of the networks that name another class than the ensemble.
    public let disagreement: Double
  }

  /// Top-1 of each network, in their order.
  public let members: [Double]
  /// Mean over the clips of the share of networks that name another class than the ensemble.
  public let mean: Double
  /// Those with any disagreement, the most first.
  public let clips: [ClipVotes]

  enum CodingKeys: String, CodingKey {
    case clips
    case members = "members_top1"
    case mean = "disagreement"
  }

  /// - Precondition: all scored the same clips, in the same order.
  public init(_ ensemble: ScoredClips, members: [ScoredClips]) {
    precondition(members.allSatisfy { $0.names == ensemble.names }, "the same clips")
    self.members = members.map { Metrics($0)[.top1] }
    var clips: [ClipVotes] = []
    var sum = 0.0
    for index in 0..<ensemble.count {
      let answer = ensemble.prediction(index)
      let others = members.count { $0.prediction(index) != answer }
      guard others > 0 else { continue }
      let share = Double(others) / Double(members.count)
      sum += share
      clips.append(
        ClipVotes(
          path: ensemble.names[index], label: ensemble.classes[ensemble.labels[index]],
          answer: ensemble.classes[answer], disagreement: share))
    }
    mean = ensemble.count == 0 ? 0 : sum / Double(ensemble.count)
    self.clips = clips.sorted { ($1.disagreement, $0.path) < ($0.disagreement, $1.path) }
  }

  /// For people, in a line.
  public var sentence: String {
    let each = members.map { Figure.text($0, .top1) }.joined(separator: ", ")
    return "the \(members.count) networks alone: \(each); "
      + "\(Figure.text(mean, .top1)) of their answers differ from the ensemble's"
  }
}
