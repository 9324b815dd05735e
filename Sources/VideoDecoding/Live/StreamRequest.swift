/// A stream to be followed and what is wanted of it, as a decoder process is told.
struct StreamRequest: Codable, Sendable {
  /// What messages call it.
  let name: String
  /// Nil for a stream in a container.
  let raw: RawVideo?
  /// Seconds after which a file that has not grown counts as complete.
  let idleSeconds: Double
  let limits: DecodeLimits
  let size: FrameSize
  let layout: PixelLayout
  /// When given, only the frames on show at each multiple of that many seconds.
  let minimumInterval: Double?

  /// The limits without those that only make sense for something that ends.
  var endlessLimits: DecodeLimits {
    var endless = limits
    endless.maxPackets = .max
    return endless
  }
}
