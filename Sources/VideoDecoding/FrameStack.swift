/// Decoded frames of one size, `[count, height, width, channels]`, row-major, 8 bits a value.
public struct FrameStack: Sendable, Equatable {
  /// Frames.
  public let count: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// Pixels from left to right.
  public let width: Int
  /// 3 (red, green, blue) or 1 (gray).
  public let channels: Int
  /// `[count, height, width, channels]`.
  public var pixels: [UInt8]
  /// Seconds of each frame from the start of the video.
  public var times: [Double]

  /// - Precondition: as many pixels and times as the sizes say.
  public init(
    count: Int, height: Int, width: Int, channels: Int, pixels: [UInt8], times: [Double]
  ) {
    precondition(pixels.count == count * height * width * channels)
    precondition(times.count == count)
    self.count = count
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
    self.times = times
  }

  /// Values of one frame.
  public var frameSize: Int { height * width * channels }
}
