/// How a model does on one group of clips: a speaker, a site, a source video.
public struct GroupAccuracy: Sendable {
  /// The group's name.
  public let group: String
  /// Clips of the group.
  public let clips: Int
  /// Of these, those that were named rightly.
  public let right: Int
  /// The share of right answers; the interval, Wilson's, takes the clips of the group one by one.
  public let accuracy: Interval

  /// All groups, the worst first; of equals the one with more clips.
  public static func all(_ clips: ScoredClips) -> [GroupAccuracy] {
    var counts: [String: (clips: Int, right: Int)] = [:]
    for (index, group) in clips.groups.enumerated() {
      let isRight = clips.prediction(index) == clips.labels[index]
      counts[group, default: (0, 0)].clips += 1
      counts[group, default: (0, 0)].right += isRight ? 1 : 0
    }
    return counts.map { group, count in
      GroupAccuracy(
        group: group, clips: count.clips, right: count.right,
        accuracy: Interval(wilson: count.right, of: count.clips))
    }.sorted {
      ($0.accuracy.value, $1.clips, $0.group) < ($1.accuracy.value, $0.clips, $1.group)
    }
  }
}

extension Interval {
  /// The share of `successes`, with the interval of Wilson (1927) for clips that are independent.
  init(wilson successes: Int, of count: Int) {
    guard count > 0 else {
      self.init(value: .nan, low: .nan, high: .nan)
      return
    }
    let (n, share) = (Double(count), Double(successes) / Double(count))
    // The normal distribution's bound of 95 %.
    let z = 1.959963984540054
    let middle = share + z * z / (2 * n)
    let reach = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    self.init(
      value: share, low: max(0, (middle - reach) / scale), high: min(1, (middle + reach) / scale))
  }
}
