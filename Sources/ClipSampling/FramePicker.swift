/// Which frames of a clip to take: index arithmetic without any file.
public enum FramePicker {
  /// The middles of `count` equal parts of `total` frames, ascending.
  ///
  /// Repeats indices when there are fewer frames than parts; empty when there are no frames.
  /// Part `i` of `n` frames in `count` parts has its middle at `(i + ½)·n / count`.
  public static func uniform(count: Int, of total: Int) -> [Int] {
    precondition(count >= 0 && total >= 0)
    guard total > 0 else { return [] }
    return (0..<count).map { min(total - 1, (2 * $0 + 1) * total / (2 * count)) }
  }

  /// As `uniform`, but every frame once when there are no more than `limit`.
  public static func atMost(_ limit: Int, of total: Int) -> [Int] {
    total <= limit ? Array(0..<max(0, total)) : uniform(count: limit, of: total)
  }

  /// The frames on show at the middles of `count` equal parts of the time that `times` span.
  ///
  /// For variable frame rates: a frame that stands long is taken as often as it fills parts.
  /// - Parameters:
  ///   - times: Seconds at which each frame appears, ascending.
  ///   - end: Seconds at which the last one disappears.
  public static func uniform(count: Int, times: [Double], end: Double) -> [Int] {
    guard let start = times.first, end > start else {
      return uniform(count: count, of: times.count)
    }
    return (0..<count).map { part in
      shown(at: start + (Double(part) + 0.5) / Double(count) * (end - start), times: times)
    }
  }

  /// `count` frames at `rate` a second, centred in the clip; times outside hold the nearest frame.
  public static func rate(
    _ rate: Double, count: Int, times: [Double], end: Double
  ) -> [Int] {
    precondition(rate > 0)
    guard let start = times.first else { return [] }
    let middle = (start + max(end, start)) / 2
    return (0..<count).map { i in
      shown(at: middle + (Double(i) - Double(count - 1) / 2) / rate, times: times)
    }
  }

  /// Every `stride`-th frame, `count` of them, centred; indices outside hold the nearest frame.
  public static func stride(_ stride: Int, count: Int, of total: Int) -> [Int] {
    precondition(stride > 0 && count >= 0)
    guard total > 0 else { return [] }
    let span = (count - 1) * stride + 1
    let first = (total - span) >= 0 ? (total - span) / 2 : -((span - total) / 2)
    return (0..<count).map { min(total - 1, max(0, first + $0 * stride)) }
  }

  /// Thins a sequence of frames to those on show at each multiple of `interval` seconds, counted
  /// from `start` (from the first frame, when that is later); each once.
  /// - Parameter end: Seconds at which the last frame disappears.
  public static func thinned(
    times: [Double], start: Double, end: Double, interval: Double
  ) -> [Int] {
    precondition(interval > 0)
    guard let first = times.first else { return [] }
    let origin = max(start, first)
    return times.indices.filter { index in
      isShown(
        from: times[index], until: index + 1 < times.count ? times[index + 1] : end,
        origin: origin, interval: interval)
    }
  }

  /// Whether a frame on show for this long is so at a multiple of `interval` seconds from `origin`.
  package static func isShown(
    from appears: Double, until disappears: Double, origin: Double, interval: Double
  ) -> Bool {
    let step = max(0, ((appears - tolerance - origin) / interval).rounded(.up))
    return origin + step * interval < disappears - tolerance
  }

  /// Last frame that has appeared by `time`; the first when none has.
  public static func shown(at time: Double, times: [Double]) -> Int {
    var low = 0
    var high = times.count
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= time + tolerance { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }

  /// Containers round times to a millisecond or finer; two moments nearer than this are one.
  private static let tolerance = 1e-6
}
