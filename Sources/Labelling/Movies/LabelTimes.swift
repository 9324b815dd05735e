import Synchronization
import VideoDecoding

/// Where the time of labelling goes, in seconds of one worker each.
public struct LabelTimes: Sendable, Codable, Hashable {
  /// Reading packets, waiting for the disk included.
  public var read = 0.0
  /// Decoding pictures.
  public var decode = 0.0
  /// Scaling, turning and changing colours of pictures.
  public var convert = 0.0
  /// Preparing windows for the network, and the network.
  public var network = 0.0
  /// All of it, with what is none of these: opening files, passing frames from decoder processes,
  /// cutting windows, making records.
  public var all = 0.0

  /// What `all` has that the others have not.
  public var rest: Double { max(0, all - read - decode - convert - network) }

  /// Nothing so far.
  public init() {}
}

/// Adds up the times of all workers.
public final class LabelMeter: Sendable {
  private let sum = Mutex(LabelTimes())

  /// At zero.
  public init() {}

  /// What was added so far.
  public var times: LabelTimes { sum.withLock { $0 } }

  func add(_ counters: DecodeCounters) {
    sum.withLock {
      $0.read += counters.readingSeconds
      $0.decode += counters.decodingSeconds
      $0.convert += counters.convertingSeconds
    }
  }

  func add(network seconds: Double) { sum.withLock { $0.network += seconds } }

  func add(all seconds: Double) { sum.withLock { $0.all += seconds } }
}
