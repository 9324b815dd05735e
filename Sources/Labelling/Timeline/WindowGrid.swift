/// The windows of a movie whose length is known, as `WindowCollector` cuts them out of a stream.
struct WindowGrid: Equatable {
  /// Seconds each window covers, in order; at least one.
  let ranges: [Range<Double>]

  /// - Parameter duration: seconds of the movie.
  init(window: Double, hop: Double, duration: Double) {
    precondition(window > 0 && hop > 0)
    var ranges: [Range<Double>] = []
    while duration >= Double(ranges.count) * hop + window - WindowCollector.tolerance {
      let start = Double(ranges.count) * hop
      ranges.append(start..<start + window)
    }
    let rest = duration - (ranges.last?.upperBound ?? 0)
    if ranges.isEmpty || WindowCollector.isWorthAWindow(rest: rest, window: window, hop: hop) {
      ranges.append(max(0, duration - window)..<max(duration, 1e-3))
    }
    self.ranges = ranges
  }
}
