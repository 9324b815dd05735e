import ClipSampling

/// Which frames of a clip to take.
enum FrameSelection: Codable, Sendable {
  /// These display indices, ascending, repeats allowed.
  case indices([Int])
  /// Those on show at these seconds, ascending, repeats allowed.
  case times([Double])
  /// At most `limit`, spread evenly over a part of the clip (seconds, nil for open).
  case even(limit: Int, start: Double?, end: Double?)
  /// At a rate in frames a second (nil for every frame), `count` of them when given.
  case paced(rate: Double?, count: Int?, start: Double?, end: Double?)

  /// Seconds; nil for the start of the clip.
  var start: Double? {
    switch self {
    case .indices, .times: nil
    case .even(_, let start, _), .paced(_, _, let start, _): start
    }
  }

  /// Seconds; nil for the end of the clip.
  var end: Double? {
    switch self {
    case .indices, .times: nil
    case .even(_, _, let end), .paced(_, _, _, let end): end
    }
  }

  /// Display indices of `index`, ascending.
  func indices(in index: FrameIndex) -> [Int] {
    let range = index.range(start: start, end: end)
    switch self {
    case .indices(let indices): return indices
    case .times(let times):
      return times.map {
        $0 < index.end ? FramePicker.shown(at: $0, times: index.times) : index.count
      }
    case .even(let limit, _, _):
      guard range.count > limit, index.isVariable else {
        return FramePicker.atMost(limit, of: range.count).map { $0 + range.lowerBound }
      }
      let chosen = FramePicker.uniform(
        count: limit, times: Array(index.times[range]),
        end: index.disappearance(of: range.upperBound - 1))
      return Set(chosen).sorted().map { $0 + range.lowerBound }
    case .paced(let rate, let count, _, _):
      guard !range.isEmpty else { return [] }
      let times = Array(index.times[range])
      let last = index.disappearance(of: range.upperBound - 1)
      let chosen =
        switch (rate, count) {
        case (let rate?, let count?):
          FramePicker.rate(rate, count: count, times: times, end: last)
        case (let rate?, nil):
          FramePicker.thinned(times: times, start: start ?? 0, end: last, interval: 1 / rate)
        case (nil, let count?): FramePicker.stride(1, count: count, of: times.count)
        case (nil, nil): Array(times.indices)
        }
      return chosen.map { $0 + range.lowerBound }
    }
  }
}
