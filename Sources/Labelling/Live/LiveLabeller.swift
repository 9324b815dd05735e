import Foundation
import Tensors
import VideoDecoding

/// Labels a stream as it comes: a provisional answer every hop, and each segment as soon as nothing to
/// come can change it.
///
/// Every window is scored from nothing, as in the timeline of a whole movie, so that the segments are
/// those that labelling the recording would give: a network with a memory begins each window anew, as
/// it did with each clip in training. Where a network can carry its memory along the stream, answers
/// also tell what it says so. Two threads: one reads and cuts windows, the caller's scores them. Memory
/// does not grow with the stream.
public final class LiveLabeller {
  private let scorer: any WindowScorer
  private let settings: LabelSettings
  private let live: LiveSettings

  // Of one run.
  private var timeline: LiveTimeline
  private var offset = 0.0
  private var last: (times: [Double], scores: [Float])?
  private var windows = 0
  private var latencies = DurationTally()
  private var carried: CarriedAnswer?

  /// - Parameter carried: the same network as it carries its memory along a stream; nil where it
  ///   cannot.
  /// - Throws: `LabelError` with code `usage` where the shortest segment is too many hops long.
  public init(
    scorer: any WindowScorer, carried: (any CarriedScorer)? = nil, settings: LabelSettings,
    live: LiveSettings
  ) throws(LabelError) {
    guard LiveTimeline.cells(settings.timeline) < LiveTimeline.mostCells / 2 else {
      throw LabelError(
        .usage, "`minimumDuration` must be less than \(LiveTimeline.mostCells / 2) hops of a stream"
      )
    }
    self.scorer = scorer
    self.settings = settings
    self.live = live
    self.carried = carried.map {
      CarriedAnswer($0, preprocessing: settings.preprocessing, window: settings.window)
    }
    timeline = LiveTimeline(settings: settings.timeline, classNames: scorer.classNames)
  }

  /// How following a stream ended.
  public struct Outcome: Sendable {
    /// As told in the last event.
    public let end: LiveEvent.End
    /// What made it end, if it was no end of its own.
    public let failure: (any Error)?
  }

  /// Follows a stream to its end, or until `shouldStop` says so; may be called once.
  ///
  /// - Parameters:
  ///   - shouldStop: asked from another thread too, several times a second.
  ///   - note: told of connections that broke off; from another thread.
  ///   - emit: takes the events, in order, on this thread.
  /// - Throws: what `emit` or the scorer throws.
  public func follow(
    _ feed: any LiveFeed, shouldStop: @escaping @Sendable () -> Bool,
    note: @escaping @Sendable (String) -> Void = { _ in }, emit: (LiveEvent) throws -> Void
  ) throws -> Outcome {
    let queue = LiveQueue(capacity: capacity)
    let reading = LiveReading(
      feed: feed, settings: settings, live: live, queue: queue, shouldStop: shouldStop, note: note)
    let hasEnded = DispatchSemaphore(value: 0)
    let thread = Thread {
      reading.run()
      hasEnded.signal()
    }
    thread.stackSize = 8 << 20
    thread.start()
    defer {
      queue.abandon()
      // A reader that waits for a silent pipe is left to the end of the program.
      _ = hasEnded.wait(timeout: .now() + 3)
    }
    while let items = queue.take(most: scorer.batchSize) {
      if case .window = items[0] { try score(items, emit) } else { try take(items[0], emit) }
    }
    let totals = reading.totals
    let end = LiveEvent.End(
      reason: totals.reason, duration: totals.duration, frames: totals.frames, windows: windows,
      dropped: queue.droppedCount, gaps: totals.gaps, latency: latencies.latency,
      warnings: totals.warnings)
    try emit(.end(end))
    return Outcome(end: end, failure: totals.failure)
  }

  /// Windows that may wait: enough for the network's batches, within 64 MB.
  private var capacity: Int {
    let preprocessing = settings.preprocessing
    let bytes =
      2 * preprocessing.frames * preprocessing.resizeWidth * preprocessing.resizeHeight * 3
    return min(max((64 << 20) / max(1, bytes), 2), 4 * scorer.batchSize)
  }

  private func take(_ item: LiveItem, _ emit: (LiveEvent) throws -> Void) throws {
    switch item {
    case .window: preconditionFailure("windows are scored")
    case .began(let start):
      offset = start.time
      last = nil
      carried?.beginAnew()
      timeline = LiveTimeline(settings: settings.timeline, classNames: scorer.classNames)
      try emit(.start(start))
    case .over(let duration):
      for segment in timeline.finish(duration: duration) { try emit(.segment(moved(segment))) }
    case .dropped(let dropped): try emit(.dropped(dropped))
    case .gap(let gap): try emit(.gap(gap))
    }
  }

  private func score(_ items: [LiveItem], _ emit: (LiveEvent) throws -> Void) throws {
    var stacks: [FrameStack] = []
    // A still picture is scored once.
    var places: [Int?] = []
    for case .window(let window, _, _, _) in items {
      if window.stack.times == stacks.last?.times ?? last?.times {
        places.append(stacks.isEmpty ? nil : stacks.count - 1)
      } else {
        stacks.append(window.stack)
        places.append(stacks.count - 1)
      }
    }
    let scores = stacks.isEmpty ? [] : try scorer.scores(of: stacks)
    for (position, item) in items.enumerated() {
      guard case .window(let window, _, let arrived, let lag) = item else { continue }
      guard let found = places[position].map({ scores[$0] }) ?? last?.scores else { continue }
      windows += 1
      let scored = ScoredWindow(start: window.start, end: window.end, scores: found)
      try carried?.add(window.stack)
      for segment in timeline.add(scored) { try emit(.segment(moved(segment))) }
      let latency = LiveClock.now() - arrived
      latencies.add(latency)
      try emit(.provisional(answer(scored, latency: latency, lag: lag)))
    }
    if let stack = stacks.last, let found = scores.last { last = (stack.times, found) }
  }

  private func answer(
    _ window: ScoredWindow, latency: Double, lag: Double
  ) -> LiveEvent.Provisional {
    let scores = zip(scorer.classNames, window.scores).map {
      LabelRecord.ClassScore(label: $0, score: Double($1))
    }
    let best = scores.best(1)[0]
    let place = scorer.classNames.firstIndex(of: best.label) ?? 0
    let memory = carried?.scores.map { scores in
      let best = scores.firstLargest
      return LabelRecord.ClassScore(label: scorer.classNames[best], score: Double(scores[best]))
    }
    var open = timeline.open.map(moved)
    open?.end = window.end + offset
    return LiveEvent.Provisional(
      start: window.start + offset, end: window.end + offset,
      label: best.score < settings.threshold(of: place) ? LabelRecord.unknown : best.label,
      score: best.score, scores: scores, carried: memory, open: open, latency: latency, lag: lag)
  }

  private func moved(_ segment: LabelRecord.Segment) -> LabelRecord.Segment {
    var segment = segment
    segment.start += offset
    segment.end += offset
    return segment
  }
}
