import ClipSampling

/// Which frames of a window the network is given: as clips are sampled in training.
public struct WindowSampler: Sendable, Hashable {
  private let choice: Preprocessing.FrameChoice
  private let frames: Int

  /// Takes the choice of frames; sizes and colours do not matter here.
  public init(_ preprocessing: Preprocessing) {
    choice = preprocessing.choice
    frames = preprocessing.frames
  }

  /// Frames closer than this many seconds can be left out of a window of `window` seconds; nil when
  /// every frame counts.
  public func usefulInterval(window: Double) -> Double? {
    switch choice {
    case .uniform: window / Double(4 * frames)
    case .rate(let framesPerSecond): 1 / (4 * framesPerSecond)
    case .stride: nil
    }
  }

  /// Indices into frames that appear at `times`, the last of which disappears at `end`; ascending,
  /// with repeats where a rate or stride asks for more than there are.
  ///
  /// Uniform choice takes up to twice the frames the network sees, of which the input builder takes
  /// every other: by count, or by time where frames come irregularly.
  public func indices(times: [Double], end: Double) -> [Int] {
    switch choice {
    case .uniform:
      let limit = 2 * frames
      guard times.count > limit, isIrregular(times) else {
        return FramePicker.atMost(limit, of: times.count)
      }
      let chosen = FramePicker.uniform(count: limit, times: times, end: end)
      return Set(chosen).sorted()
    case .rate(let framesPerSecond):
      return FramePicker.rate(framesPerSecond, count: frames, times: times, end: end)
    case .stride(let stride):
      return FramePicker.stride(stride, count: frames, of: times.count)
    }
  }

  /// Whether some frame stands half as long again as another; rounded times of a steady rate vary
  /// less.
  private func isIrregular(_ times: [Double]) -> Bool {
    var shortest = Double.infinity
    var longest = 0.0
    for (time, next) in zip(times, times.dropFirst()) {
      shortest = min(shortest, next - time)
      longest = max(longest, next - time)
    }
    return longest > 1.5 * shortest
  }
}
