import Foundation
import VideoDecoding

/// What decoding every clip once has found.
public struct PrepareReport: Sendable {
  /// Clips that can be used, in the order given.
  public let readable: [Clip]
  /// Clips that cannot be decoded, in the order given.
  public let failures: [ClipFailure]
  /// Clips of which only a part can be decoded, in the order given.
  public let partial: [Clip]
  /// Seconds it took.
  public let seconds: Double
  /// The middle one of the clips' durations in seconds.
  public let medianDuration: Double?
  /// Whether `progress` asked to stop before the end; the lists hold what was done until then.
  public let isCancelled: Bool
}

extension ClipStore {
  /// Decodes every clip, in parallel, so that unreadable ones are known before the first step and
  /// the cache is filled.
  ///
  /// - Parameters:
  ///   - workers: threads, each with a decoder of its own.
  ///   - progress: called on the calling thread with the clips done and to do, a few times a
  ///     second; false stops.
  ///   - look: shown each clip's position and stack, on any thread.
  public func prepare(
    _ clips: [Clip], workers: Int,
    progress: (_ done: Int, _ total: Int) -> Bool = { _, _ in true },
    look: @escaping @Sendable (_ position: Int, _ stack: FrameStack) -> Void = { _, _ in }
  ) -> PrepareReport {
    precondition(workers > 0, "at least one worker")
    let clock = ContinuousClock()
    let begin = clock.now
    let work = PrepareWork(clips: clips, store: self, look: look)
    for _ in 0..<min(workers, clips.count) {
      let thread = Thread { work.run() }
      thread.name = "prepare"
      thread.stackSize = 4 << 20
      work.threadStarted()
      thread.start()
    }
    let isCancelled = work.wait(progress: progress)
    let results = work.results
    var readable: [Clip] = []
    var failures: [ClipFailure] = []
    var partial: [Clip] = []
    for (clip, result) in zip(clips, results) {
      switch result {
      case .unseen: continue
      case .failed(let error): failures.append(ClipFailure(clip: clip, cause: error))
      case .ready:
        readable.append(clip)
        if facts(of: clip)?.isPartial == true { partial.append(clip) }
      }
    }
    return PrepareReport(
      readable: readable, failures: failures, partial: partial,
      seconds: begin.duration(to: clock.now) / .seconds(1),
      medianDuration: medianDuration(of: readable), isCancelled: isCancelled)
  }
}

/// The clips several threads work through.
// @unchecked: the mutable properties are read and written under `condition` only.
private final class PrepareWork: @unchecked Sendable {
  enum Result {
    case unseen
    case ready
    case failed(DecodeError)
  }

  private let clips: [Clip]
  private let store: ClipStore
  private let look: @Sendable (Int, FrameStack) -> Void
  private let condition = NSCondition()
  private var following = 0
  private var done = 0
  private var running = 0
  private var isStopped = false
  private(set) var results: [Result]

  init(clips: [Clip], store: ClipStore, look: @escaping @Sendable (Int, FrameStack) -> Void) {
    self.clips = clips
    self.store = store
    self.look = look
    results = [Result](repeating: .unseen, count: clips.count)
  }

  func threadStarted() { condition.withLock { running += 1 } }

  func run() {
    while let position = claim() {
      let result: Result
      do throws(DecodeError) {
        look(position, try store.read(clips[position]))
        result = .ready
      } catch {
        result = .failed(error)
      }
      condition.withLock {
        results[position] = result
        done += 1
        condition.signal()
      }
    }
    condition.withLock {
      running -= 1
      condition.signal()
    }
  }

  private func claim() -> Int? {
    condition.withLock {
      guard !isStopped, following < clips.count else { return nil }
      following += 1
      return following - 1
    }
  }

  /// Returns whether `progress` stopped it.
  func wait(progress: (Int, Int) -> Bool) -> Bool {
    var isCancelled = false
    while true {
      let (done, running) = condition.withLock {
        if self.running > 0 { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.2)) }
        return (self.done, self.running)
      }
      if !progress(done, clips.count), !isCancelled {
        isCancelled = true
        condition.withLock { isStopped = true }
      }
      if running == 0 { return isCancelled }
    }
  }
}
