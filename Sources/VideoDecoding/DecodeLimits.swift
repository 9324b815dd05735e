/// What of a file is read, and what that may cost. Exceeding a limit is an error (`TOO_LARGE`, `TIMEOUT`), never a crash.
public struct DecodeLimits: Sendable, Hashable, Codable {
  /// Width × height of a picture; the default admits 8K (7680 × 4320).
  public var maxPixels = 33_554_432
  /// Packets of all streams read in one pass.
  public var maxPackets = 20_000_000
  /// Packets in a row that the decoder refuses before the rest counts as lost.
  public var maxConsecutiveErrors = 1_000
  /// Streams in a container.
  public var maxStreams = 64
  /// Bytes of a single image of a folder.
  public var maxImageBytes = 268_435_456
  /// Seconds one pass over the file may take, the caller's own work excluded, …
  public var secondsPerFile = 60.0
  /// … and so many more for each megabyte of it: a long movie may take long, a small file that goes
  /// on for ever may not.
  public var secondsPerMegabyte = 50.0
  /// Seconds that may go by without a new frame (while opening: without being done).
  public var secondsWithoutFrame = 30.0
  /// Bytes of memory that a decoder process may write to.
  public var maxMemoryBytes = 2 << 30

  /// The only stream of the container to read, from 0; nil for the one that is the movie.
  public var stream: Int?

  /// The limits that `standard` has.
  public init() {}

  /// Generous for real videos, tight for hostile ones.
  public static let standard = DecodeLimits()

  /// Seconds that a pass over a file of so many bytes may take.
  public func seconds(forBytes bytes: Int64) -> Double {
    secondsPerFile + secondsPerMegabyte * Double(bytes) / 1e6
  }

  /// Whether a picture of this size is too large. A forged header may state sizes whose product
  /// overflows.
  func forbids(_ size: (width: Int, height: Int)) -> Bool {
    let (area, overflow) = size.width.multipliedReportingOverflow(by: size.height)
    return overflow || area > maxPixels
  }
}
