/// A stretch of a movie and what the network said about it.
public struct ScoredWindow: Sendable, Equatable {
  /// Seconds from the first frame.
  public let start: Double
  /// Seconds from the first frame, after `start`.
  public let end: Double
  /// Calibrated softmax, `[classes]`.
  public let scores: [Float]

  /// - Parameter scores: one for each class.
  public init(start: Double, end: Double, scores: [Float]) {
    self.start = start
    self.end = end
    self.scores = scores
  }

  /// The mean of the windows' scores, `[classes]`: the answer for the whole movie.
  public static func mean(of windows: [ScoredWindow]) -> [Double] {
    precondition(!windows.isEmpty, "the mean of no window")
    var sums = [Double](repeating: 0, count: windows[0].scores.count)
    for window in windows {
      for (index, score) in window.scores.enumerated() { sums[index] += Double(score) }
    }
    let total = sums.reduce(0, +)
    // Dividing by the total instead of the count makes the shares sum to 1 whatever fp32 rounded.
    return total > 0 ? sums.map { $0 / total } : sums
  }
}
