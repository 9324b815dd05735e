import VideoDecoding

/// Frames of one window of a movie, cut out of the stream.
public struct MovieWindow: Sendable, Equatable {
  /// Seconds from the first frame.
  public let start: Double
  public let end: Double
  /// The frames shown in the window, at most as many as the collector was asked for.
  public let stack: FrameStack
}

/// Cuts a stream of frames into overlapping windows in one pass, holding one window's frames.
///
/// Windows start every `hop` seconds and last `window`; a last one ends with the movie. A movie
/// shorter than a window is one window. A window in which no frame begins (a still picture in a
/// variable-frame-rate movie) shows the frame before it.
public struct WindowCollector {
  public let window: Double
  public let hop: Double
  public let framesPerWindow: Int
  public let width: Int
  public let height: Int
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
  ///   - framesPerWindow: how many frames a window's stack has at most, evenly chosen.
  ///   - width, height, channels: of the frames that will be pushed.
  public init(
    window: Double, hop: Double, framesPerWindow: Int, width: Int, height: Int, channels: Int
  ) {
    precondition(window > 0 && hop > 0 && framesPerWindow > 0)
    self.window = window
    self.hop = hop
    self.framesPerWindow = framesPerWindow
    self.width = width
    self.height = height
    self.channels = channels
  }

  /// Frames closer than this can be left out of the stream: with them a window would have more than
  /// twice the frames it needs.
  public var usefulInterval: Double { window / Double(2 * framesPerWindow) }

  private var nextStart: Double { Double(nextIndex) * hop }

  /// Takes the next frame, `[height, width, channels]`, shown from `time` on; hands every window
  /// that ended before it to `emit`.
  public mutating func push(
    time: Double, pixels: [UInt8], emit: (MovieWindow) throws -> Void
  ) rethrows {
    precondition(pixels.count == width * height * channels)
    while time >= nextStart + window - 1e-6 { try emitNext(emit) }
    held.append(HeldFrame(time: time, pixels: pixels))
    forgetFrames(before: min(nextStart, time - window))
  }

  /// Neither the next window nor the last one, which ends here at the earliest, reaches back so far.
  private mutating func forgetFrames(before time: Double) {
    let firstNeeded = held.firstIndex { $0.time >= time } ?? held.count
    // The frame before is kept for windows in which none begins.
    if firstNeeded > 1 { held.removeFirst(firstNeeded - 1) }
  }

  /// Frames held at the moment; at most those of one window and one hop.
  var heldCount: Int { held.count }

  /// Ends the movie at `duration` seconds: emits what is left, at least one window for a movie with
  /// a frame.
  public mutating func finish(duration: Double, emit: (MovieWindow) throws -> Void) rethrows {
    guard let last = held.last else { return }
    let duration = max(duration, last.time)
    while duration >= nextStart + window - 1e-6 { try emitNext(emit) }
    if lastEnd < duration - 1e-3 * window {
      // Most of the last window was seen before; a sliver of movie is not worth another one.
      let rest = duration - lastEnd
      let isSliver = nextIndex > 0 && rest < 0.1 * min(hop, window)
      if !isSliver { try emit(cut(from: max(0, duration - window), to: duration)) }
    }
    held.removeAll()
  }

  private mutating func emitNext(_ emit: (MovieWindow) throws -> Void) rethrows {
    let start = nextStart
    try emit(cut(from: start, to: start + window))
    lastEnd = start + window
    nextIndex += 1
  }

  private func cut(from start: Double, to end: Double) -> MovieWindow {
    let epsilon = 1e-6
    let first = held.firstIndex { $0.time >= start - epsilon } ?? held.count
    let past = held.firstIndex { $0.time >= end - epsilon } ?? held.count
    let shown = first < past ? Array(held[first..<past]) : Array(held[..<past].suffix(1))
    precondition(!shown.isEmpty, "a window before the first frame")
    let count = min(framesPerWindow, shown.count)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(count * width * height * channels)
    var times: [Double] = []
    for part in 0..<count {
      // Middles of equal parts, as clips are sampled in training.
      let frame = shown[(2 * part + 1) * shown.count / (2 * count)]
      pixels.append(contentsOf: frame.pixels)
      times.append(frame.time)
    }
    let stack = FrameStack(
      count: count, height: height, width: width, channels: channels, pixels: pixels,
      times: times)
    return MovieWindow(start: start, end: end, stack: stack)
  }
}
