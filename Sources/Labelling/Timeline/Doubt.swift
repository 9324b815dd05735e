import Foundation

/// How unsure a network is, from 0 for certain to 1.
///
/// It is the entropy of the mean of the windows, of which what they disagree in counts twice: where
/// windows over the same time are each sure of something else, a person's answer teaches more than
/// where all of them waver.
enum Doubt {
  /// Of each segment, by the windows over it.
  static func of(
    _ segments: [LabelRecord.Segment], windows: [ScoredWindow]
  ) -> [Double] {
    var first = 0
    return segments.map { segment in
      // Windows and segments ascend.
      while first < windows.count, windows[first].end <= segment.start { first += 1 }
      var weighted: [(window: ScoredWindow, weight: Double)] = []
      for window in windows[first...] {
        if window.start >= segment.end { break }
        let seconds = min(window.end, segment.end) - max(window.start, segment.start)
        if seconds > 0 { weighted.append((window, seconds)) }
      }
      return doubt(weighted)
    }
  }

  /// Of a movie as a whole, by all windows.
  static func of(_ windows: [ScoredWindow]) -> Double { doubt(windows.map { ($0, 1) }) }

  /// Of one answer of which nothing but the shares of the classes is known.
  static func of(shares: [Double]) -> Double {
    guard shares.count > 1 else { return 0 }
    return min(1, entropy(shares) / log(Double(shares.count)))
  }

  /// Of one answer of which nothing but its score among `classes` is known.
  static func of(score: Double, classes: Int) -> Double {
    guard classes > 1 else { return max(0, 1 - score) }
    let most = 1 - 1 / Double(classes)
    return min(1, max(0, (1 - score) / most))
  }

  private static func doubt(_ windows: [(window: ScoredWindow, weight: Double)]) -> Double {
    let total = windows.reduce(0) { $0 + $1.weight }
    guard total > 0, let classes = windows.first?.window.scores.count, classes > 1 else { return 0 }
    var mean = [Double](repeating: 0, count: classes)
    var alone = 0.0
    for (window, weight) in windows {
      let scores = window.scores.map(Double.init)
      for (place, score) in scores.enumerated() { mean[place] += score * weight / total }
      alone += entropy(scores) * weight / total
    }
    let all = entropy(mean)
    return min(1, max(0, (all + (all - alone)) / log(Double(classes))))
  }

  private static func entropy(_ shares: [Double]) -> Double {
    shares.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
  }
}
