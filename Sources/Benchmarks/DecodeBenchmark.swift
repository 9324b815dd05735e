import Foundation
import VideoDecoding

/// Times decoding from disk into small frames: the same number spread evenly over each movie, or
/// every nth frame of it.
public struct DecodeBenchmark: Sendable {
  /// Which frames of a movie.
  public enum Choice: Sendable {
    /// So many, spread evenly.
    case even(Int)
    /// One of so many.
    case every(Int)
  }

  /// Movies, each opened anew in every round.
  public var files: [String]
  /// Which frames of each are taken.
  public var choice: Choice
  /// Pixels that frames are scaled to.
  public var size: FrameSize
  /// Movies decoded at a time, by one thread each; a single movie is decoded by as many threads.
  public var threads: Int
  /// Times that all files are gone through.
  public var rounds: Int
  /// Where to decode; nil for this process.
  public var processes: DecoderProcesses?

  /// - Precondition: at least one file, thread and round.
  public init(
    files: [String], choice: Choice, size: FrameSize, threads: Int, rounds: Int,
    processes: DecoderProcesses? = .current
  ) {
    precondition(!files.isEmpty && threads > 0 && rounds > 0)
    self.files = files
    self.choice = choice
    self.size = size
    self.threads = threads
    self.rounds = rounds
    self.processes = processes
  }

  /// What was measured; work is counted for one round.
  public struct Result: Codable, Sendable {
    /// The program that is timed, `vidclass`.
    public let peer: String
    /// `decode`.
    public let task: String
    /// Movies given.
    public let files: Int
    /// Movies of which nothing could be decoded.
    public let failed: Int
    /// Why, a line for each movie that failed.
    public let errors: [String]
    /// Movies at a time, or threads of a single one.
    public let threads: Int
    /// Whether movies were decoded in processes of their own.
    public let isolated: Bool
    /// Once through all files.
    public let seconds: BenchmarkSeconds
    /// By the median round.
    public let videosPerSecond: Double
    /// Frames handed out.
    public let frames: Int
    /// Frames handed out a second, by the median round.
    public let framesPerSecond: Double
    /// Frames that came out of decoders.
    public let decoded: Int
    /// Packets of video read.
    public let packets: Int
    /// Packets that decoders were free to skip.
    public let skippable: Int
    /// Jumps to key frames.
    public let seeks: Int

    enum CodingKeys: String, CodingKey {
      case peer, task, files, failed, errors, threads, isolated, seconds, frames, decoded, packets
      case skippable, seeks
      case videosPerSecond = "videos_per_second"
      case framesPerSecond = "frames_per_second"
    }
  }

  /// One round to warm up, then those that count.
  public func run() -> Result {
    var tally = round()
    var seconds: [Double] = []
    let clock = ContinuousClock()
    for _ in 0..<rounds {
      seconds.append(clock.measure { tally = round() } / .seconds(1))
    }
    let times = BenchmarkSeconds(seconds)
    return Result(
      peer: "vidclass", task: "decode", files: files.count, failed: tally.errors.count,
      errors: tally.errors.sorted(),
      threads: threads, isolated: processes != nil, seconds: times,
      videosPerSecond: Double(files.count) / times.median, frames: tally.frames,
      framesPerSecond: Double(tally.frames) / times.median, decoded: tally.decoded,
      packets: tally.packets, skippable: tally.skippable, seeks: tally.seeks)
  }

  private func round() -> Tally {
    let share = Share(count: files.count)
    let workers = min(threads, files.count)
    let group = DispatchGroup()
    for _ in 0..<workers {
      group.enter()
      let thread = Thread {
        while let index = share.claim() {
          share.add(decode(files[index], threads: max(1, threads / workers)))
        }
        group.leave()
      }
      thread.stackSize = 4 << 20
      thread.start()
    }
    group.wait()
    return share.tally
  }

  private func decode(_ path: String, threads: Int) -> Tally {
    var tally = Tally()
    do {
      let reader = try ClipReader(path: path, threads: threads, processes: processes)
      let frames =
        switch choice {
        case .even(let count): try reader.evenFrames(limit: count, size: size, layout: .rgb)
        case .every(let step):
          try reader.frames(
            at: Array(stride(from: 0, to: reader.frameTimes().count, by: step)), size: size,
            layout: .rgb)
        }
      let counters = reader.counters
      tally.frames = frames.stack.count
      tally.decoded = counters.decoded
      tally.packets = counters.packets
      tally.skippable = counters.skippable
      tally.seeks = counters.seeks
    } catch {
      tally.errors = ["\(error)"]
    }
    return tally
  }

  private struct Tally {
    var errors: [String] = []
    var frames = 0
    var decoded = 0
    var packets = 0
    var skippable = 0
    var seeks = 0
  }

  /// The files several threads work through.
  // @unchecked: the mutable properties are touched under `lock` only.
  private final class Share: @unchecked Sendable {
    private let lock = NSLock()
    private let count: Int
    private var next = 0
    private var sum = Tally()

    init(count: Int) { self.count = count }

    var tally: Tally { lock.withLock { sum } }

    func claim() -> Int? {
      lock.withLock {
        guard next < count else { return nil }
        next += 1
        return next - 1
      }
    }

    func add(_ more: Tally) {
      lock.withLock {
        sum.errors += more.errors
        sum.frames += more.frames
        sum.decoded += more.decoded
        sum.packets += more.packets
        sum.skippable += more.skippable
        sum.seeks += more.seeks
      }
    }
  }
}

/// Seconds of several rounds.
public struct BenchmarkSeconds: Codable, Sendable {
  /// Seconds of the round in the middle.
  public let median: Double
  /// Seconds of the fastest round.
  public let min: Double
  /// Seconds of the slowest round.
  public let max: Double

  init(_ seconds: [Double]) {
    median = seconds.median
    min = seconds.min()!
    max = seconds.max()!
  }
}

extension [Double] {
  /// The one in the middle, or the mean of both.
  var median: Double {
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}
