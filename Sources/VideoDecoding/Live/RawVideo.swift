internal import CFFmpeg

/// Pictures without a container, the bytes of one after those of another: what a program writes that
/// has no muxer at hand.
public struct RawVideo: Sendable, Hashable, Codable {
  /// How the bytes of a picture are laid out, under FFmpeg's names.
  public enum Pixels: String, Sendable, Hashable, Codable, CaseIterable {
    /// Red, green, blue; a byte each.
    case rgb24
    /// Blue, green, red, as OpenCV has them.
    case bgr24
    /// A byte a pixel.
    case gray
    /// All of luma, then the two planes of colour at half the size.
    case yuv420p

    var format: AVPixelFormat {
      switch self {
      case .rgb24: AV_PIX_FMT_RGB24
      case .bgr24: AV_PIX_FMT_BGR24
      case .gray: AV_PIX_FMT_GRAY8
      case .yuv420p: AV_PIX_FMT_YUV420P
      }
    }
  }

  /// Of every picture.
  public let size: FrameSize
  /// Of every picture.
  public let pixels: Pixels
  /// Pictures a second: the only clock such a stream has.
  public let framesPerSecond: Double

  /// - Parameter framesPerSecond: from 0.001 to 1000.
  public init(size: FrameSize, pixels: Pixels, framesPerSecond: Double) {
    precondition((0.001...1000).contains(framesPerSecond))
    self.size = size
    self.pixels = pixels
    self.framesPerSecond = framesPerSecond
  }

  /// Bytes of a picture; nil where they are more than can be counted.
  var frameBytes: Int? {
    guard let width = Int32(exactly: size.width), let height = Int32(exactly: size.height) else {
      return nil
    }
    let bytes = av_image_get_buffer_size(pixels.format, width, height, 1)
    return bytes > 0 ? Int(bytes) : nil
  }
}
