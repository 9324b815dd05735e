/// How training clips are varied. One set of draws is made for a clip and holds for all its frames.
public struct AugmentationSettings: Codable, Hashable, Sendable {
  /// How much clips are varied, as `--augment` takes it.
  public enum Level: String, Codable, Sendable, CaseIterable {
    /// Clips as evaluation sees them.
    case none
    /// Other moments, a little size, brightness and contrast.
    case light
    /// More brightness and contrast, and a little colour.
    case standard
    /// Size, shape, rotation, erased boxes and blended pairs as well.
    case strong
  }

  /// What the other values were made from.
  public var level: Level
  /// Whether half of the clips are mirrored left to right.
  public var flip: Bool
  /// The shortest part of the clip's length that is sampled; 1 takes all of it.
  public var shortestSpan: Float
  /// Draw each frame anywhere in its equal part of the span, instead of its middle.
  public var frameJitter: Bool
  /// Side of the cropped window in parts of the network's input side; below 1 enlarges.
  public var smallestScale: Float
  /// Above 1 the window reaches beyond the frame and shows it smaller.
  public var largestScale: Float
  /// Width against height of the window varies by up to this factor either way; 0 keeps it.
  public var aspect: Float
  /// Degrees either way.
  public var rotation: Float
  /// Standard deviations (per-clip normalisation) or quarters of full scale (fixed) either way.
  public var brightness: Float
  /// Gain is drawn from `1 ± contrast`.
  public var contrast: Float
  /// The exponent is drawn from `exp(± gamma)`.
  public var gamma: Float
  /// Gain of each colour channel on its own is drawn from `1 ± tint`.
  public var tint: Float
  /// Share of clips that lose a box (the same in all frames).
  public var erasing: Float
  /// Beta distribution's parameter of `BatchLoader`'s mixing; 0 mixes nothing.
  public var mixup: Float

  /// - Parameter flip: without effect on the level `none`.
  public init(level: Level, flip: Bool) {
    self.level = level
    self.flip = flip && level != .none
    switch level {
    case .none:
      (shortestSpan, frameJitter, smallestScale, largestScale) = (1, false, 1, 1)
      (aspect, rotation, brightness, contrast, gamma) = (0, 0, 0, 0, 0)
      (tint, erasing, mixup) = (0, 0, 0)
    case .light:
      (shortestSpan, frameJitter, smallestScale, largestScale) = (0.9, true, 0.92, 1)
      (aspect, rotation, brightness, contrast, gamma) = (0, 0, 0.1, 0.1, 0)
      (tint, erasing, mixup) = (0, 0, 0)
    case .standard:
      // Larger changes of size, rotation and other aspects did not score better on lips of unseen
      // speakers.
      (shortestSpan, frameJitter, smallestScale, largestScale) = (0.88, true, 0.92, 1)
      (aspect, rotation, brightness, contrast, gamma) = (0, 0, 0.2, 0.2, 0.15)
      (tint, erasing, mixup) = (0.05, 0, 0)
    case .strong:
      (shortestSpan, frameJitter, smallestScale, largestScale) = (0.7, true, 0.7, 1.2)
      (aspect, rotation, brightness, contrast, gamma) = (0.12, 8, 0.35, 0.35, 0.3)
      (tint, erasing, mixup) = (0.1, 0.25, 0.2)
    }
  }

  /// Whether any pixel can change beyond the centre crop.
  var isSpatiallyPlain: Bool {
    smallestScale == 1 && largestScale == 1 && rotation == 0 && aspect == 0
  }
}
