/// What a model may ask of the rate at which it is shown frames.
public enum FrameRates {
  /// Frames a second.
  public static let all = 1e-6...1000.0
  /// Decoded frames from one that is taken to the next.
  public static let strides = 1...10_000
}

/// What a decoded clip goes through before the network sees it; stored in every model.
///
/// A clip becomes `frames` frames, each stretched to `resizeWidth` × `resizeHeight` by one swscale
/// pass, cropped in the centre to `width` × `height`, and normalised. With `motion == .difference`
/// the difference to the previous frame follows the colour channels.
public struct Preprocessing: Codable, Hashable, Sendable {
  /// How the colours of a pixel reach the network.
  public enum Color: String, Codable, Sendable {
    /// Red, green and blue.
    case rgb
    /// Brightness alone, one channel.
    case gray
  }

  /// Explicit motion as input channels.
  public enum Motion: String, Codable, Sendable {
    /// Colours only.
    case none
    /// What changed since the frame before follows the colours, 0 at the first frame.
    case difference
  }

  /// How pixel values (0…255, divided by 255) are centred and scaled.
  public enum Normalization: Codable, Hashable, Sendable {
    /// Each clip by its own mean and standard deviation over all its pixels and channels.
    case perClip
    /// `(value - mean[channel]) / std[channel]`.
    case fixed(mean: [Float], std: [Float])
  }

  /// Which frames stand for the clip.
  public enum FrameChoice: Codable, Hashable, Sendable {
    /// The middles of `frames` equal parts of the whole clip.
    case uniform
    /// `frames` frames at this many a second, centred in the clip.
    case rate(framesPerSecond: Double)
    /// Every n-th decoded frame, centred in the clip.
    case stride(Int)
  }

  /// Frames that the network sees of a clip.
  public var frames: Int
  /// Pixels from top to bottom that the network sees.
  public var height: Int
  /// Pixels from left to right that the network sees.
  public var width: Int
  /// The size frames are scaled to before the centre crop, at least `height` and `width`.
  public var resizeHeight: Int
  /// Pixels before the crop, at least `width`.
  public var resizeWidth: Int
  /// Whether frames are decoded to three channels or one.
  public var color: Color
  /// Whether differences between frames are part of the input.
  public var motion: Motion
  /// How the clip's frames are picked.
  public var choice: FrameChoice
  /// How pixel values become the input's numbers.
  public var normalization: Normalization

  /// `resizeHeight` and `resizeWidth` are those of the input where nil: nothing is cropped.
  public init(
    frames: Int = 16, height: Int = 64, width: Int = 64, resizeHeight: Int? = nil,
    resizeWidth: Int? = nil, color: Color = .rgb, motion: Motion = .none,
    choice: FrameChoice = .uniform, normalization: Normalization = .perClip
  ) {
    self.frames = frames
    self.height = height
    self.width = width
    self.resizeHeight = resizeHeight ?? height
    self.resizeWidth = resizeWidth ?? width
    self.color = color
    self.motion = motion
    self.choice = choice
    self.normalization = normalization
  }

  /// Channels of a decoded pixel: 3 or 1.
  public var colorChannels: Int { color == .rgb ? 3 : 1 }

  /// Channels of the network's input.
  public var channels: Int { motion == .difference ? 2 * colorChannels : colorChannels }
}
