import ClipSampling

/// The frames of a movie in display order: found from the packets alone, or by decoding them all.
struct FrameIndex {
  /// Seconds from the first shown frame, strictly ascending.
  var times: [Double] = []
  /// The container's timestamps, where every frame has one of its own; otherwise empty.
  var timestamps: [Int64] = []
  /// Where decoding can start, ascending; empty where jumping is not known to be exact.
  var entrances: [Entrance] = []
  /// Seconds at which the last frame disappears.
  var end = 0.0
  /// Whether the packets were believed, not the decoder.
  var isFromPackets = false
  /// The file promises more than it holds.
  var isCutShort = false
  var damage = Damage()

  /// A key frame: all frames shown from it on can be decoded without what comes before.
  struct Entrance {
    /// Display index.
    let frame: Int
    let timestamp: Int64
    /// Frames that follow it but are shown before it may lack what they refer to.
    let isOpen: Bool
  }

  var count: Int { times.count }

  /// The last place to start from for a frame; nil for the beginning.
  func entrance(for frame: Int) -> Entrance? {
    var low = 0
    var high = entrances.count
    while low < high {
      let middle = (low + high) / 2
      if entrances[middle].frame <= frame { low = middle + 1 } else { high = middle }
    }
    return low > 1 ? entrances[low - 1] : nil
  }

  /// Frames that appear in `start..<end` (seconds, nil for open).
  func range(start: Double?, end: Double?) -> Range<Int> {
    let low = start.map { firstIndex(notBefore: $0) } ?? 0
    let high = end.map { firstIndex(notBefore: $0) } ?? count
    return low..<max(low, high)
  }

  /// Display index of the frame with this timestamp.
  func index(ofTimestamp timestamp: Int64) -> Int? {
    var low = 0
    var high = timestamps.count
    while low < high {
      let middle = (low + high) / 2
      if timestamps[middle] < timestamp { low = middle + 1 } else { high = middle }
    }
    return low < timestamps.count && timestamps[low] == timestamp ? low : nil
  }

  /// Seconds at which frame `index` gives way to the next.
  func disappearance(of index: Int) -> Double {
    index + 1 < count ? times[index + 1] : end
  }

  /// Whether intervals differ by more than what rounding of timestamps explains.
  var isVariable: Bool {
    guard count > 2 else { return false }
    let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
    let median = gaps.sorted()[gaps.count / 2]
    let slack = max(0.0021, 0.25 * median)
    return gaps.contains { abs($0 - median) > slack }
  }

  /// Frames a second, on average; nil for a rate that no pictures have.
  var framesPerSecond: Double? {
    guard count > 0, end > 0 else { return nil }
    let rate = Double(count) / end
    return AnswerGate.framesPerSecond.contains(rate) ? rate : nil
  }

  private func firstIndex(notBefore time: Double) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      // Half a millisecond is what Matroska rounds by.
      if times[middle] < time - 0.0005 { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Turns the timestamps of decoded frames into seconds that always advance.
struct FrameClock {
  /// Whether a timestamp meant no time that is believable.
  private(set) var sawImpossibleTime = false
  private let unit: Double
  private let step: Double
  /// The timestamp that `base` seconds stand for.
  private var origin: Int64?
  private var base = 0.0
  private var last: Double?

  /// - Parameters:
  ///   - unit: Seconds a tick.
  ///   - step: Seconds a frame stands where nothing is said.
  init(unit: Double, step: Double) {
    self.unit = unit
    self.step = step
  }

  /// When the next frame is shown; nil when that is later than any movie lasts. A missing timestamp,
  /// one that does not advance (joined recordings) and one ages later count one step.
  mutating func time(of timestamp: Int64?) -> MovieTime? {
    let due = last.map { $0 + step } ?? 0
    var time = due
    if let timestamp {
      if let origin {
        time = base + Double(timestamp &- origin) * unit
      }
      let isBelievable = MovieTime(time) != nil
      if !isBelievable { sawImpossibleTime = true }
      if origin == nil || !isBelievable || last.map({ time <= $0 }) == true {
        origin = timestamp
        base = due
        time = due
      }
    }
    last = time
    return MovieTime(time)
  }
}
