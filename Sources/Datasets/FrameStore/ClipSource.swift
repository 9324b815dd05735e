import VideoDecoding

/// Gives the source stack of a clip: at the preprocessing's resize size, uint8, the same every time.
///
/// Asked by several threads at once. `ClipStore` is the one that decodes; tests have others.
public protocol ClipSource: AnyObject, Sendable {
  /// Up to as many frames as `SourceFrames.limit` says, at the preprocessing's resize size.
  ///
  /// - Throws: where the clip cannot be given; the same error each time.
  func stack(for clip: Clip) throws -> FrameStack
}

/// A clip that could not be given, and why.
public struct ClipFailure: Sendable {
  /// The clip that was asked for.
  public let clip: Clip
  /// One line; begins with the path.
  public let message: String
  /// Mostly a `DecodeError`.
  public let cause: any Error

  /// - Parameter cause: what the source threw.
  public init(clip: Clip, cause: any Error) {
    self.clip = clip
    self.cause = cause
    message = (cause as? DecodeError)?.message ?? "\(clip.path): \(cause)"
  }
}
