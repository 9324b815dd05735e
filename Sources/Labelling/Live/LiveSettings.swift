import VideoDecoding

/// How a stream is followed, besides how its windows are labelled.
public struct LiveSettings: Sendable {
  /// Seconds that labelling may be behind; further behind, windows are left out.
  public var mostLag: Double
  /// Seconds without a picture after which the timeline begins anew.
  public var longestStill: Double
  /// Seconds without anything after which a connection counts as dead; only where it can be made anew.
  public var stallSeconds: Double
  /// Connections tried in a row before the first picture ever came.
  public var firstAttempts: Int
  /// Connections tried in a row later on; nil for as many as it takes.
  public var laterAttempts: Int?
  /// Seconds until the first new connection; doubled up to a minute while none holds.
  public var firstPause: Double
  /// Seconds after which a file that has not grown is complete.
  public var idleSeconds: Double
  /// For pictures without a container.
  public var raw: RawVideo?
  /// Of the decoder.
  public var limits: DecodeLimits

  /// The defaults are those of `label --follow`.
  public init(
    mostLag: Double = 10, longestStill: Double = 60, stallSeconds: Double = 20,
    firstAttempts: Int = 3, laterAttempts: Int? = nil, firstPause: Double = 1,
    idleSeconds: Double = 10, raw: RawVideo? = nil, limits: DecodeLimits = .standard
  ) {
    precondition(mostLag > 0 && longestStill > 0 && firstAttempts > 0 && firstPause > 0)
    self.mostLag = mostLag
    self.longestStill = longestStill
    self.stallSeconds = stallSeconds
    self.firstAttempts = firstAttempts
    self.laterAttempts = laterAttempts
    self.firstPause = firstPause
    self.idleSeconds = idleSeconds
    self.raw = raw
    self.limits = limits
  }
}
