/// How the frames of a clip follow each other.
public struct FrameTiming: Sendable, Hashable {
  /// Frames a second on average; nil for fewer than two frames.
  public let framesPerSecond: Double?
  /// Seconds of the shortest and longest time a frame stands, the last one's excepted; nil for fewer
  /// than two frames.
  public let shortest: Double?
  /// Seconds, like `shortest`.
  public let longest: Double?
  /// Whether the times differ by more than the rounding of timestamps explains.
  public let isVariable: Bool

  /// - Parameters:
  ///   - times: seconds at which the frames appear, ascending.
  public init(times: [Double]) {
    let gaps = zip(times.dropFirst(), times).map { $0 - $1 }.sorted()
    guard let first = gaps.first, let last = gaps.last, let start = times.first,
      let end = times.last, end > start
    else {
      (framesPerSecond, shortest, longest, isVariable) = (nil, nil, nil, false)
      return
    }
    framesPerSecond = Double(gaps.count) / (end - start)
    shortest = first
    longest = last
    let median = gaps[gaps.count / 2]
    // Containers round to a millisecond at best, and many cameras drift a little.
    let slack = max(0.0021, 0.25 * median)
    isVariable = times.count > 2 && (median - first > slack || last - median > slack)
  }
}
