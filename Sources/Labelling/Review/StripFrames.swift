import VideoDecoding

/// Chooses, from frames as they pass by, a few at even distances, whatever the movie's length.
///
/// Frames are kept at a distance that doubles whenever there are too many.
struct StripFrames {
  private struct Kept {
    let time: Double
    let pixels: [UInt8]
  }

  /// Frames that a strip shows at most.
  static let count = 12
  private static let mostKept = 4 * count

  private let width: Int
  private let height: Int
  private let channels: Int
  private var kept: [Kept] = []
  private var distance = 0.0
  private var next = 0.0

  init(width: Int, height: Int, channels: Int) {
    self.width = width
    self.height = height
    self.channels = channels
  }

  /// Whether the frame at `time` is to be handed to `keep`.
  func wants(_ time: Double) -> Bool { kept.isEmpty || time >= next }

  /// Keeps the frame on show from `time` on, `[height, width, channels]`.
  mutating func keep(_ pixels: [UInt8], at time: Double) {
    precondition(pixels.count == width * height * channels, "a frame of the strip's size")
    kept.append(Kept(time: time, pixels: pixels))
    if kept.count == StripFrames.mostKept {
      kept = stride(from: 0, to: kept.count, by: 2).map { kept[$0] }
      distance = (time - kept[0].time) / Double(kept.count)
    }
    next = time + distance
  }

  /// Keeps what is wanted of frames that follow.
  mutating func keep(_ stack: FrameStack) {
    for index in 0..<stack.count where wants(stack.times[index]) {
      keep(
        Array(stack.pixels[index * stack.frameSize..<(index + 1) * stack.frameSize]),
        at: stack.times[index])
    }
  }

  /// The frames on show in the middles of equal parts of a movie of `duration` seconds, each frame once; nil
  /// where there is none.
  func stack(duration: Double) -> FrameStack? {
    let parts = min(StripFrames.count, kept.count)
    guard parts > 0 else { return nil }
    var chosen: [Kept] = []
    for part in 0..<parts {
      let time = (Double(part) + 0.5) / Double(parts) * duration
      let last = kept.lastIndex { $0.time <= time + 1e-6 } ?? 0
      chosen.append(kept[last])
    }
    return FrameStack(
      count: parts, height: height, width: width, channels: channels,
      pixels: chosen.flatMap(\.pixels), times: chosen.map(\.time))
  }
}
