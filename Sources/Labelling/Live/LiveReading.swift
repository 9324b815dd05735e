import Foundation
import VideoDecoding

// @unchecked: `run` uses it on one thread; what others read is touched under `lock` only.
/// The reading side of a followed stream: connects, cuts the pictures into windows, connects again.
final class LiveReading: @unchecked Sendable {
  private let feed: any LiveFeed
  private let settings: LabelSettings
  private let live: LiveSettings
  private let queue: LiveQueue
  private let shouldStop: @Sendable () -> Bool
  private let note: @Sendable (String) -> Void
  private let sampler: WindowSampler
  private let lock = NSLock()

  // Of the reading thread.
  private var clock = LiveClock()
  private var stretch: Stretch?
  private var connection: (any LiveConnection)?
  /// Seconds of the stream at the first picture of this connection.
  private var origin = 0.0
  /// Where the stream broke off, when by the clock, and why.
  private var broken: (at: Double, when: Double?, reason: String)?
  private var heard = 0.0
  /// When pictures were last left out because decoding is behind, and how far it was.
  private var skipping: (when: Double, lag: Double)?
  /// How often, of late, nothing waited to be scored when a picture came.
  private var idleShare = 0.0
  private var hasStalled = false

  // What others read in the end.
  private var total = Totals()

  struct Totals {
    var frames = 0
    var duration = 0.0
    var gaps = 0
    var reason = ""
    var warnings: [String] = []
    var failure: (any Error)?
  }

  /// Pictures that follow each other closely enough for one timeline.
  private struct Stretch {
    var collector: WindowCollector
    /// Seconds of the stream at its first picture, and of the connection's time.
    let offset: Double
    let base: Double
    var last: Double
    var interval = 0.0
  }

  init(
    feed: any LiveFeed, settings: LabelSettings, live: LiveSettings, queue: LiveQueue,
    shouldStop: @escaping @Sendable () -> Bool, note: @escaping @Sendable (String) -> Void
  ) {
    self.feed = feed
    self.settings = settings
    self.live = live
    self.queue = queue
    self.shouldStop = shouldStop
    self.note = note
    sampler = WindowSampler(settings.preprocessing)
  }

  var totals: Totals { lock.withLock { total } }

  private var isStopped: Bool { shouldStop() || queue.isOver }

  // MARK: Connections

  /// The thread's life.
  func run() {
    defer { queue.close() }
    var attempts = 0
    var hasSeenPictures = false
    while !isStopped {
      do {
        let connection = try feed.open()
        self.connection = connection
        let frames = readConnection(connection)
        connection.stop()
        if frames > 0 {
          hasSeenPictures = true
          attempts = 0
        }
      } catch {
        lock.withLock {
          total.failure = error
          total.reason = "\(error)"
        }
        return
      }
      guard feed.comesBack, !isStopped else { break }
      attempts += 1
      let most = hasSeenPictures ? live.laterAttempts : live.firstAttempts
      if let most, attempts >= most { break }
      // What went wrong is told, and is no failure any more.
      let pause = min(60, live.firstPause * Double(1 << min(attempts - 1, 10)))
      note("\(feed.name): \(totals.reason); connecting again in \(Decimal.fixed(pause, 0)) s")
      lock.withLock { total.failure = nil }
      let until = LiveClock.now() + pause
      while LiveClock.now() < until && !isStopped { usleep(100_000) }
    }
    if shouldStop() { lock.withLock { total.reason = "stopped" } }
  }

  /// - Returns: pictures that came.
  private func readConnection(_ connection: any LiveConnection) -> Int {
    let reader = StreamReader(
      descriptor: connection.descriptor, name: feed.name, raw: live.raw,
      idleSeconds: live.idleSeconds, limits: live.limits)
    let preprocessing = settings.preprocessing
    let size = FrameSize(width: preprocessing.resizeWidth, height: preprocessing.resizeHeight)
    heard = LiveClock.now()
    hasStalled = false
    var info: VideoInfo?
    var frames = 0
    var reason = "the stream ended"
    var duration: Double?
    do {
      let summary = try reader.forEachFrame(
        size: size, layout: preprocessing.color == .rgb ? .rgb : .gray,
        minimumInterval: sampler.usefulInterval(window: settings.window),
        goesOn: { [self] in goesOn() }, opened: { info = $0 },
        body: { frame in
          frames += 1
          heard = LiveClock.now()
          take(frame, info, reader)
          return !isStopped
        })
      duration = isStopped ? nil : summary.duration
      keep(summary.warnings)
    } catch {
      reason = connection.complaint() ?? "\(error)"
      lock.withLock { total.failure = error }
    }
    if hasStalled { reason = "nothing came for \(Decimal.fixed(live.stallSeconds, 0)) s" }
    if duration != nil, let complaint = connection.complaint() { reason = complaint }
    endStretch(at: duration, reason: reason)
    let prefix = feed.name + ": "
    lock.withLock {
      total.frames += frames
      total.reason = reason.hasPrefix(prefix) ? String(reason.dropFirst(prefix.count)) : reason
    }
    return frames
  }

  private func goesOn() -> Bool {
    if isStopped { return false }
    if feed.comesBack, !hasStalled, LiveClock.now() - heard > live.stallSeconds {
      hasStalled = true
      connection?.stop()
    }
    return true
  }

  private func keep(_ warnings: [String]) {
    lock.withLock {
      for warning in warnings where !total.warnings.contains(warning) && total.warnings.count < 100
      {
        total.warnings.append(warning)
      }
    }
  }

  // MARK: Pictures

  private func take(_ frame: borrowing DecodedFrame, _ info: VideoInfo?, _ reader: StreamReader) {
    let time = frame.time
    endStretchAfterSkip(at: time)
    if let stretch, time - stretch.last > max(live.longestStill, 2 * settings.window) {
      let still = Decimal.fixed(time - stretch.last, 1)
      endStretch(at: nil, reason: "no picture for \(still) s", isWithin: true)
    }
    if stretch == nil { beginStretch(at: time, info) }
    guard var current = stretch else { return }
    stretch = nil
    if time > current.last { current.interval = time - current.last }
    current.last = time
    let caughtUp = queue.isDrained && reader.waitingBytes == 0
    let absolute = current.offset + time - current.base
    let now = LiveClock.now()
    let lag = clock.lag(time: absolute, now: now, isCaughtUp: caughtUp)
    idleShare += 0.02 * ((queue.isDrained ? 1 : 0) - idleShare)
    // Pictures wait though windows do not: the decoder is too slow, and must leave some out itself.
    if lag > live.mostLag, reader.waitingBytes > 0, idleShare > 0.8,
      skipping.map({ now - $0.when > live.mostLag }) ?? true
    {
      skipping = (now, lag)
      reader.skip(seconds: max(lag, settings.hop))
    }
    // A decoder that conceals damage makes pixels up: those are never labelled.
    if !frame.isDamaged {
      let (offset, base) = (current.offset, current.base)
      current.collector.push(
        time: time - base,
        pixels: frame.withPixels { pixels in
          pixels.withUnsafeBufferPointer { Array($0) }
        }
      ) { add($0, offset: offset, time: absolute) }
    }
    stretch = current
  }

  /// Where pictures were left out on request, no window goes across.
  private func endStretchAfterSkip(at time: Double) {
    guard let skipping, let stretch, stretch.interval > 0,
      time - stretch.last > max(settings.hop, 3 * stretch.interval)
    else { return }
    endStretch(at: nil, reason: "decoding was behind", isWithin: true)
    guard let broken else { return }
    let end = origin + time
    queue.addDropped(
      windows: max(1, Int(clamping: (end - broken.at) / settings.hop)), start: broken.at, end: end,
      lag: skipping.lag)
    self.broken = nil
    self.skipping = nil
    clock = LiveClock()
  }

  private func add(_ window: MovieWindow, offset: Double, time: Double) {
    queue.add(
      window, offset: offset,
      lag: { clock.lag(time: time, now: LiveClock.now(), isCaughtUp: false) },
      mostLag: live.mostLag)
  }

  private func beginStretch(at time: Double, _ info: VideoInfo?) {
    let preprocessing = settings.preprocessing
    if let broken {
      // Within a connection its own time counts; across connections the clock's.
      if let when = broken.when {
        origin = broken.at + max(0, LiveClock.now() - when) - time
        clock = LiveClock()
      }
      lock.withLock { total.gaps += 1 }
      queue.add(.gap(.init(start: broken.at, end: origin + time, reason: broken.reason)))
      self.broken = nil
    }
    stretch = Stretch(
      collector: WindowCollector(
        window: settings.window, hop: settings.hop, sampler: sampler,
        width: preprocessing.resizeWidth, height: preprocessing.resizeHeight,
        channels: preprocessing.color == .rgb ? 3 : 1),
      offset: origin + time, base: time, last: time)
    if let info { queue.add(.began(.init(time: origin + time, info: info))) }
  }

  /// - Parameters:
  ///   - duration: seconds of the connection at which the last picture disappears; nil where it is
  ///     not known.
  ///   - isWithin: whether the connection goes on, and its own time with it.
  private func endStretch(at duration: Double?, reason: String, isWithin: Bool = false) {
    guard var ended = stretch else { return }
    stretch = nil
    let end = max(duration ?? 0, ended.last + ended.interval) - ended.base
    let absolute = ended.offset + end
    ended.collector.finish(duration: end) { add($0, offset: ended.offset, time: absolute) }
    queue.add(.over(duration: end))
    broken = (absolute, isWithin ? nil : heard, reason)
    lock.withLock { total.duration = absolute }
  }
}
