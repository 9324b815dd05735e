import VideoDecoding

/// Frames of one window of a movie, cut out of the stream.
public struct MovieWindow: Sendable, Equatable {
  /// Seconds from the first frame.
  public let start: Double
  /// Seconds from the first frame.
  public let end: Double
  /// The frames shown in the window that the sampler chose.
  public let stack: FrameStack
}

/// Cuts a stream of frames into overlapping windows in one pass, holding no more frames than those
/// of one window and one hop.
///
/// Windows start every `hop` seconds and last `window`; a last one ends with the movie. A movie
/// shorter than a window is one window. A window in which no frame begins (a still picture in a
/// variable-frame-rate movie) shows the frame before it; one before the first frame is left out.
public struct WindowCollector {
  /// Seconds that a window lasts.
  public let window: Double
  /// Seconds from one window's start to the next.
  public let hop: Double
  /// Chooses the frames of a window.
  public let sampler: WindowSampler
  /// Pixels of a frame from left to right.
  public let width: Int
  /// Pixels of a frame from top to bottom.
  public let height: Int
  /// Values of a pixel.
  public let channels: Int

  private struct HeldFrame {
    let time: Double
    let pixels: [UInt8]
  }

  private var held: [HeldFrame] = []
  private var nextIndex = 0
  private var lastEnd = 0.0

  /// - Parameters:
  ///   - window: seconds, more than 0.
  ///   - hop: seconds, more than 0.
  ///   - width, height, channels: of the frames that will be pushed.
  public init(
    window: Double, hop: Double, sampler: WindowSampler, width: Int, height: Int, channels: Int
  ) {
    precondition(window > 0 && hop > 0)
    self.window = window
    self.hop = hop
    self.sampler = sampler
    self.width = width
    self.height = height
    self.channels = channels
  }

  private var nextStart: Double { Double(nextIndex) * hop }

  /// Takes the next frame, `[height, width, channels]`, shown from `time` on; hands every window
  /// that ended before it to `emit`.
  public mutating func push(
    time: Double, pixels: [UInt8], emit: (MovieWindow) throws -> Void
  ) rethrows {
    precondition(pixels.count == width * height * channels)
    while time >= nextStart + window - WindowCollector.tolerance { try emitNext(emit) }
    held.append(HeldFrame(time: time, pixels: pixels))
    forgetFrames(before: min(nextStart, time - window))
  }

  /// Ends the movie at `duration` seconds: emits what is left, at least one window for a movie with
  /// a frame.
  public mutating func finish(duration: Double, emit: (MovieWindow) throws -> Void) rethrows {
    guard let last = held.last else { return }
    let duration = max(duration, last.time)
    while duration >= nextStart + window - WindowCollector.tolerance { try emitNext(emit) }
    let rest = duration - lastEnd
    if nextIndex == 0 || WindowCollector.isWorthAWindow(rest: rest, window: window, hop: hop) {
      try cut(from: max(0, duration - window), to: duration, emit)
    }
    held.removeAll()
  }

  /// Most of a last window was seen before; a sliver of movie is not worth another one.
  static func isWorthAWindow(rest: Double, window: Double, hop: Double) -> Bool {
    rest >= 0.1 * min(hop, window)
  }

  /// Frames held at the moment.
  var heldCount: Int { held.count }

  /// Times this close are one moment: containers round theirs.
  static let tolerance = 1e-6

  private mutating func emitNext(_ emit: (MovieWindow) throws -> Void) rethrows {
    try cut(from: nextStart, to: nextStart + window, emit)
    lastEnd = nextStart + window
    nextIndex += 1
  }

  /// Neither the next window nor the last one, which ends here at the earliest, reaches back so far.
  private mutating func forgetFrames(before time: Double) {
    let firstNeeded = held.firstIndex { $0.time >= time } ?? held.count
    // The frame before is kept for windows in which none begins.
    if firstNeeded > 1 { held.removeFirst(firstNeeded - 1) }
  }

  private func cut(
    from start: Double, to end: Double, _ emit: (MovieWindow) throws -> Void
  ) rethrows {
    let first = held.firstIndex { $0.time >= start - WindowCollector.tolerance } ?? held.count
    let past = held.firstIndex { $0.time >= end - WindowCollector.tolerance } ?? held.count
    let shown = first < past ? held[first..<past] : held[..<past].suffix(1)
    if shown.isEmpty { return }
    let chosen = sampler.indices(times: shown.map(\.time), end: end).map { shown.startIndex + $0 }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(chosen.count * width * height * channels)
    for index in chosen { pixels.append(contentsOf: held[index].pixels) }
    let stack = FrameStack(
      count: chosen.count, height: height, width: width, channels: channels, pixels: pixels,
      times: chosen.map { held[$0].time })
    try emit(MovieWindow(start: start, end: end, stack: stack))
  }
}
