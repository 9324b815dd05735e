import VideoDecoding

/// Gathers windows into batches and keeps their scores, in order.
final class ScoringQueue {
  private let scorer: any WindowScorer
  private var waiting: [MovieWindow] = []
  private var scored: [ScoredWindow] = []
  /// Times of the frames scored last: equal frames (a still picture) need no second scoring.
  private var lastTimes: [Double] = []

  private let meter: LabelMeter?

  init(_ scorer: any WindowScorer, meter: LabelMeter? = nil) {
    self.scorer = scorer
    self.meter = meter
  }

  var count: Int { scored.count + waiting.count }

  func add(_ window: MovieWindow) throws {
    if waiting.isEmpty, let last = scored.last, window.stack.times == lastTimes {
      scored.append(.init(start: window.start, end: window.end, scores: last.scores))
      return
    }
    waiting.append(window)
    if waiting.count == scorer.batchSize { try flush() }
  }

  func finish() throws -> [ScoredWindow] {
    try flush()
    return scored
  }

  private func flush() throws {
    guard let last = waiting.last else { return }
    let began = ContinuousClock.now
    let scores = try scorer.scores(of: waiting.map(\.stack))
    meter?.add(network: (ContinuousClock.now - began) / .seconds(1))
    for (window, scores) in zip(waiting, scores) {
      scored.append(.init(start: window.start, end: window.end, scores: scores))
    }
    lastTimes = last.stack.times
    waiting.removeAll()
  }
}
