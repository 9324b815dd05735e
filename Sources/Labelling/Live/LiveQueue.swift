import Foundation
import VideoDecoding

/// What the reading thread hands to the scoring one. Times of windows are seconds from the start of
/// their stretch, `offset` seconds into the stream.
enum LiveItem {
  case window(MovieWindow, offset: Double, arrived: Double, lag: Double)
  case began(LiveEvent.Start)
  /// A stretch is over, so many seconds after its start.
  case over(duration: Double)
  case dropped(LiveEvent.Dropped)
  case gap(LiveEvent.Gap)

  var isWindow: Bool {
    if case .window = self { true } else { false }
  }
}

// @unchecked: every mutable field is touched under `condition` only.
/// A few windows on their way from the reader of a stream to the network.
///
/// A reader that is ahead waits, and the stream with it. Where labelling is further behind than it
/// may be, all windows that wait are left out instead, and an item says so.
final class LiveQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private let capacity: Int
  private var items: [LiveItem] = []
  private var windows = 0
  private var droppedTotal = 0
  private var isTakerIdle = false
  private var isClosed = false
  private var isAbandoned = false

  /// - Parameter capacity: windows that wait at most.
  init(capacity: Int) {
    precondition(capacity > 0)
    self.capacity = capacity
  }

  /// Whether everything that was added is scored.
  var isDrained: Bool { condition.withLock { items.isEmpty && isTakerIdle } }

  /// Whether nobody takes anything any more.
  var isOver: Bool { condition.withLock { isAbandoned } }

  /// Adds a window; waits for room where labelling is not too far behind.
  ///
  /// - Parameters:
  ///   - lag: seconds by which it is behind at the moment.
  ///   - mostLag: seconds from which on windows are left out.
  func add(_ window: MovieWindow, offset: Double, lag: () -> Double, mostLag: Double) {
    condition.lock()
    defer { condition.unlock() }
    let arrived = LiveClock.now()
    while windows >= capacity && !isAbandoned {
      let behind = lag()
      if behind > mostLag {
        dropAll(lag: behind)
        break
      }
      _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
    }
    windows += 1
    items.append(.window(window, offset: offset, arrived: arrived, lag: lag()))
    condition.broadcast()
  }

  /// Adds what is no window.
  func add(_ item: LiveItem) {
    precondition(!item.isWindow)
    condition.withLock {
      items.append(item)
      condition.broadcast()
    }
  }

  /// Waits for the next items: windows, at most `most` of them, or a single other item; nil when
  /// nothing more comes.
  func take(most: Int) -> [LiveItem]? {
    condition.lock()
    defer { condition.unlock() }
    isTakerIdle = true
    while items.isEmpty && !isClosed { condition.wait() }
    isTakerIdle = items.isEmpty
    guard let first = items.first else { return nil }
    let count = first.isWindow ? items.prefix(most).prefix { $0.isWindow }.count : 1
    let taken = Array(items.prefix(count))
    items.removeFirst(count)
    if first.isWindow { windows -= count }
    condition.broadcast()
    return taken
  }

  /// The reader's end: what was added is still taken.
  func close() {
    condition.withLock {
      isClosed = true
      condition.broadcast()
    }
  }

  /// The taker's end: the reader waits for nothing any more.
  func abandon() {
    condition.withLock {
      isAbandoned = true
      condition.broadcast()
    }
  }

  /// Windows left out so far.
  var droppedCount: Int { condition.withLock { droppedTotal } }

  /// Says of windows that were never made: of pictures that were not even decoded.
  func addDropped(windows count: Int, start: Double, end: Double, lag: Double) {
    condition.withLock {
      droppedTotal += count
      items.append(
        .dropped(.init(windows: count, total: droppedTotal, start: start, end: end, lag: lag)))
      condition.broadcast()
    }
  }

  private func dropAll(lag: Double) {
    var spans: [(start: Double, end: Double)] = []
    var kept: [LiveItem] = []
    for item in items {
      if case .window(let window, let offset, _, _) = item {
        spans.append((window.start + offset, window.end + offset))
      } else {
        kept.append(item)
      }
    }
    guard let first = spans.first, let last = spans.last else { return }
    droppedTotal += spans.count
    windows = 0
    let dropped = LiveEvent.Dropped(
      windows: spans.count, total: droppedTotal, start: first.start, end: last.end, lag: lag)
    // Windows lie behind everything that was said before them.
    items = [.dropped(dropped)] + kept
  }
}
