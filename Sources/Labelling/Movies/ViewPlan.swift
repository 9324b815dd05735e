import ClipSampling

/// Windows sampled evenly across a movie, for an answer without a timeline.
struct ViewPlan: Equatable {
  /// Seconds each window covers, in order; at least one.
  let ranges: [Range<Double>]

  /// - Parameters:
  ///   - count: at most this many; fewer where windows every `hop` already cover the movie.
  ///   - duration: seconds of the movie.
  init(count: Int, window: Double, hop: Double, duration: Double) {
    precondition(count > 0 && window > 0 && hop > 0)
    let slack = duration - window
    guard slack > 1e-6 else {
      ranges = [0..<max(duration, 1e-3)]
      return
    }
    let useful = min(count, Int(clamping: min(1e6, (slack / hop).rounded(.up))) + 1)
    ranges = (0..<useful).map { index in
      let part = useful == 1 ? 0.5 : Double(index) / Double(useful - 1)
      return (slack * part)..<(slack * part + window)
    }
  }

  /// Of frames that appear at `times`, ascending, those that appear in `range`; if none does, the one shown
  /// when it begins, or the first.
  static func frames(of times: [Double], in range: Range<Double>) -> Range<Int> {
    func firstIndex(notBefore time: Double) -> Int {
      var (low, high) = (0, times.count)
      while low < high {
        let middle = (low + high) / 2
        if times[middle] < time { low = middle + 1 } else { high = middle }
      }
      return low
    }
    let first = firstIndex(notBefore: range.lowerBound - 1e-6)
    let past = firstIndex(notBefore: range.upperBound - 1e-6)
    if first < past { return first..<past }
    let shown = max(0, past - 1)
    return shown..<min(times.count, shown + 1)
  }
}
