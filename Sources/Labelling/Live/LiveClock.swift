import Foundation

/// How far labelling is behind a stream that does not wait.
///
/// A stream that comes as fast as it is read is never behind: its time runs ahead of the clock. One
/// that comes in real time keeps its distance from the clock, and where that grows, pictures wait
/// somewhere. Whenever none do, the distance of that moment is taken for the stream's own.
struct LiveClock {
  /// Seconds from a picture's time to the clock's when nothing waits.
  private var distance: Double?

  /// Seconds behind, for the picture of `time` that has come at `now`.
  ///
  /// - Parameter isCaughtUp: whether nothing waits, neither to be decoded nor to be scored.
  mutating func lag(time: Double, now: Double, isCaughtUp: Bool) -> Double {
    let current = now - time
    if isCaughtUp || distance == nil { distance = current }
    return max(0, current - (distance ?? current))
  }

  /// Seconds of a clock that never jumps.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Durations in bounded memory, to within 3 %.
struct DurationTally {
  private var counts = [Int](repeating: 0, count: 512)
  private(set) var count = 0
  private(set) var longest = 0.0

  /// Steps are a sixteenth of a doubling, from 0.1 ms on.
  private static let shortest = 1e-4
  private static let stepsPerDoubling = 16.0

  mutating func add(_ seconds: Double) {
    let ratio = max(1, seconds / DurationTally.shortest)
    let step = (log2(ratio) * DurationTally.stepsPerDoubling).rounded()
    counts[min(counts.count - 1, Int(clamping: step))] += 1
    count += 1
    longest = max(longest, seconds)
  }

  /// The duration that a share of all is no longer than; 0 of none.
  func quantile(_ share: Double) -> Double {
    var left = share * Double(count)
    for (step, number) in counts.enumerated() where number > 0 {
      left -= Double(number)
      if left <= 0 {
        let seconds = DurationTally.shortest * exp2(Double(step) / DurationTally.stepsPerDoubling)
        return min(seconds, longest)
      }
    }
    return longest
  }

  var latency: LiveEvent.Latency? {
    count == 0 ? nil : .init(median: quantile(0.5), p95: quantile(0.95), most: longest)
  }
}
