/// What flows along an edge of a network, for one clip.
public enum ValueShape: Hashable, Sendable, CustomStringConvertible {
  /// `[D, H, W, C]`: time, height, width and channels.
  case volume(Extent3, channels: Int)
  /// `[T, C]`: features of each step of time.
  case sequence(steps: Int, features: Int)
  /// `[C]`
  case vector(Int)

  /// Values of one clip.
  public var count: Int {
    switch self {
    case .volume(let extent, let channels): extent.count * channels
    case .sequence(let steps, let features): steps * features
    case .vector(let count): count
    }
  }

  /// Channels or features: the last axis.
  public var features: Int {
    switch self {
    case .volume(_, let channels): channels
    case .sequence(_, let features): features
    case .vector(let count): count
    }
  }

  /// Rows of `features` values in one clip.
  public var rows: Int { features == 0 ? 0 : count / features }

  /// Frames of a volume; nil for other shapes.
  package var frames: Int? {
    if case .volume(let extent, _) = self { extent.depth } else { nil }
  }

  /// One frame of a volume; other shapes have none.
  package var oneFrame: ValueShape {
    guard case .volume(let extent, let channels) = self else { return self }
    return .volume(Extent3(1, extent.height, extent.width), channels: channels)
  }

  public var description: String {
    switch self {
    case .volume(let extent, let channels): "\(extent)×\(channels)"
    case .sequence(let steps, let features): "\(steps)×\(features)"
    case .vector(let count): "\(count)"
    }
  }
}

extension ValueShape {
  /// The extent and channels of a volume.
  public func volume() throws(LayerError) -> (extent: Extent3, channels: Int) {
    guard case .volume(let extent, let channels) = self else {
      throw LayerError("needs a volume [D, H, W, C] and cannot take \(self)")
    }
    return (extent, channels)
  }

  /// The steps and features of a sequence.
  public func sequence() throws(LayerError) -> (steps: Int, features: Int) {
    guard case .sequence(let steps, let features) = self else {
      throw LayerError("needs a sequence [T, C] and cannot take \(self)")
    }
    return (steps, features)
  }

  /// The length of a vector.
  public func vector() throws(LayerError) -> Int {
    guard case .vector(let count) = self else {
      throw LayerError("needs a vector [C] and cannot take \(self)")
    }
    return count
  }
}
