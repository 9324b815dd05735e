/// Width and height in pixels.
public struct FrameSize: Hashable, Sendable, Codable {
  /// Pixels from left to right.
  public var width: Int
  /// Pixels from top to bottom.
  public var height: Int

  /// Pixels, not checked here.
  public init(width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a frame has at least one pixel")
    self.width = width
    self.height = height
  }
}

/// The channels of a decoded pixel.
public enum PixelLayout: String, Sendable, Hashable, Codable {
  /// Red, green, blue.
  case rgb
  /// Luma, full range (0 is black, 255 white).
  case gray

  /// Values a pixel.
  public var channels: Int { self == .rgb ? 3 : 1 }
}

/// Frames chosen from a clip, and how much of the clip could be decoded.
public struct DecodedFrames: Sendable {
  /// `[count, height, width, channels]` with the time of each frame.
  public var stack: FrameStack
  /// Position of each frame in display order from the start of the clip.
  public var indices: [Int]
  /// For each frame, whether the decoder had to invent parts of it.
  public var areDamaged: [Bool]
  /// Frames that can be decoded in the range that was asked for.
  public var totalFrames: Int
  /// Seconds from the first frame of the range to the end of its last.
  public var duration: Double
  /// Whether damage or a missing end left something of the range undecoded.
  public var isPartial: Bool
  /// Seconds from the start of the video up to which frames were decoded, when partial.
  public var decodedUntil: Double?
  /// One line each.
  public var warnings: [String]

  /// Leaves out the frames of which the decoder had to invent parts.
  public mutating func removeDamaged() {
    guard areDamaged.contains(true) else { return }
    let kept = areDamaged.indices.filter { !areDamaged[$0] }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(kept.count * stack.frameSize)
    for position in kept {
      pixels += stack.pixels[position * stack.frameSize..<(position + 1) * stack.frameSize]
    }
    stack = FrameStack(
      count: kept.count, height: stack.height, width: stack.width, channels: stack.channels,
      pixels: pixels, times: kept.map { stack.times[$0] })
    indices = kept.map { indices[$0] }
    areDamaged = kept.map { _ in false }
  }
}

/// One frame of a stream of frames, which is shown to whoever asked for them and cannot be kept.
public struct DecodedFrame: ~Copyable {
  /// Position in display order from the start of the video.
  public let index: Int
  /// Seconds from the start of the video.
  public let time: Double
  /// Whether the container calls it one, which may be wrong.
  public let isKeyFrame: Bool
  /// The decoder had to conceal damage.
  public let isDamaged: Bool
  /// Pixels from left to right.
  public let width: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// 3 (red, green, blue) or 1 (gray).
  public let channels: Int
  /// `[height, width, channels]`; only valid until the body that received the frame returns.
  package let pixels: UnsafeBufferPointer<UInt8>
  /// The container's own timestamp in its own unit, where there is one.
  public let timestamp: Int64?

  /// Calls `body` with the pixels, `[height, width, channels]`.
  public func withPixels<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(pixels.span)
  }
}

/// What is known of a frame without its pixels.
public struct FrameRecord: Sendable, Hashable, Codable {
  /// Position in display order from the start of the clip.
  public let index: Int
  /// The container's own timestamp in its own unit, where there is one.
  public let timestamp: Int64?
  /// Seconds from the start of the clip.
  public let time: Double
  /// Whether the container calls it one, which may be wrong.
  public let isKeyFrame: Bool
  /// The decoder had to conceal damage.
  public let isDamaged: Bool
  /// Pixels as shown.
  public let width: Int
  /// Pixels from top to bottom, as shown.
  public let height: Int
}

/// What a pass over a whole clip found.
public struct StreamSummary: Sendable, Codable {
  /// Frames handed to the body.
  public var frames = 0
  /// Frames that can be decoded in the range (those seen, when the body stopped the pass).
  public var totalFrames = 0
  /// Seconds from the first frame of the range to the end of its last (to the start of the last
  /// seen, when the body stopped the pass).
  public var duration = 0.0
  /// Whether damage or a missing end left something undecoded.
  public var isPartial = false
  /// Seconds up to which frames were decoded, when partial.
  public var decodedUntil: Double?
  /// One line each, for people.
  public var warnings: [String] = []
}

/// How much work a reader has done; tests assert on it instead of on time.
public struct DecodeCounters: Sendable, Hashable, Codable {
  /// Times the container was opened.
  public var opens = 0
  /// Packets of the video stream read.
  public var packets = 0
  /// Packets sent to the decoder with permission to skip them, or not sent at all.
  public var skippable = 0
  /// Frames that came out of the decoder.
  public var decoded = 0
  /// Frames scaled to the caller's size.
  public var converted = 0
  /// Jumps to a key frame.
  public var seeks = 0
  /// Seconds that reading packets took, waiting for the disk included.
  public var readingSeconds = 0.0
  /// Seconds that decoding took; with several threads, of waiting for them.
  public var decodingSeconds = 0.0
  /// Seconds that scaling and turning frames took.
  public var convertingSeconds = 0.0
}
