import Testing

@testable import Labelling

@Suite struct TimelineTests {
  let names = ["a", "b", "c"]

  /// Windows of `window` seconds every `hop` over scores given for each second.
  private func windows(
    _ duration: Double, window: Double, hop: Double, scores: (Double) -> [Float]
  ) -> [ScoredWindow] {
    var windows: [ScoredWindow] = []
    var start = 0.0
    while start + window <= duration + 1e-9 {
      windows.append(.init(start: start, end: start + window, scores: scores(start + window / 2)))
      start += hop
    }
    let last = windows.last?.end ?? 0
    if last < duration {
      let start = max(0, duration - window)
      windows.append(
        .init(start: start, end: duration, scores: scores((start + duration) / 2)))
    }
    return windows
  }

  private func segments(
    _ windows: [ScoredWindow], _ duration: Double, hop: Double, minimum: Double = 0,
    margin: Double = 0.2, persistence: Int = 2, threshold: Double = 0
  ) -> [LabelRecord.Segment] {
    let settings = TimelineSettings(
      hop: hop, minimumDuration: minimum, margin: margin, persistence: persistence,
      threshold: threshold)
    return Timeline(windows: windows, duration: duration, settings: settings)
      .segments(classNames: names)
  }

  /// Hop-long windows: the score track of the cells themselves.
  private func track(_ scores: [[Float]]) -> [ScoredWindow] {
    scores.enumerated().map {
      ScoredWindow(start: Double($0), end: Double($0 + 1), scores: $1)
    }
  }

  @Test func aMovieOfOneMotionIsOneSegment() {
    let all = windows(7.3, window: 2, hop: 1) { _ in [0.1, 0.8, 0.1] }
    let found = segments(all, 7.3, hop: 1)
    #expect(found.count == 1)
    #expect(found[0].start == 0 && found[0].end == 7.3 && found[0].label == "b")
    #expect(abs(found[0].score - 0.8) < 1e-6)
  }

  @Test(arguments: [1.0, 0.5, 0.25, 2.0])
  func bordersLieNearTheChange(hop: Double) {
    let all = windows(12, window: 2, hop: hop) { $0 < 5 ? [0.9, 0.05, 0.05] : [0.05, 0.9, 0.05] }
    let found = segments(all, 12, hop: hop)
    #expect(found.map(\.label) == ["a", "b"])
    #expect(abs(found[0].end - 5) <= hop / 2 + 1e-6)
  }

  @Test(arguments: [0.2, 1.0, 3.7, 12.48, 59.99], [0.3, 1.0, 2.5])
  func segmentsTileTheMovie(duration: Double, hop: Double) {
    let all = windows(duration, window: 2, hop: hop) { time in
      switch Int(time / 1.7) % 3 {
      case 0: [0.7, 0.2, 0.1]
      case 1: [0.1, 0.6, 0.3]
      default: [0.3, 0.2, 0.5]
      }
    }
    let found = segments(all, duration, hop: hop, minimum: hop, threshold: 0.45)
    #expect(found.first?.start == 0)
    #expect(found.last?.end == duration)
    for (left, right) in zip(found, found.dropFirst()) {
      #expect(left.end == right.start)
      #expect(left.label != right.label)
    }
    for segment in found { #expect(segment.end > segment.start) }
  }

  @Test func aSmallLeadForOneCellChangesNothing() {
    let scores: [[Float]] = [
      [0.6, 0.4, 0], [0.6, 0.4, 0], [0.45, 0.55, 0], [0.6, 0.4, 0], [0.6, 0.4, 0],
    ]
    #expect(segments(track(scores), 5, hop: 1).map(\.label) == ["a"])
  }

  @Test func aClearLeadSwitchesAtOnce() {
    let scores: [[Float]] = [[0.9, 0.1, 0], [0.9, 0.1, 0], [0.1, 0.9, 0], [0.9, 0.1, 0]]
    let found = segments(track(scores), 4, hop: 1)
    #expect(found.map(\.label) == ["a", "b", "a"])
    #expect(abs(found[1].start - 2) < 1e-5 && abs(found[1].end - 3) < 1e-5)
  }

  @Test func aLastingSmallLeadSwitchesFromItsBeginning() {
    let scores: [[Float]] = [
      [0.6, 0.4, 0], [0.6, 0.4, 0], [0.45, 0.55, 0], [0.45, 0.55, 0], [0.45, 0.55, 0],
    ]
    let timeline = Timeline(
      windows: track(scores), duration: 5, settings: .init(hop: 1, minimumDuration: 0))
    #expect(timeline.smoothedLabels() == [0, 0, 1, 1, 1])
  }

  @Test func changingChallengersDoNotAddUp() {
    let scores: [[Float]] = [
      [0.5, 0.3, 0.2], [0.35, 0.4, 0.25], [0.35, 0.25, 0.4], [0.5, 0.3, 0.2],
    ]
    let timeline = Timeline(
      windows: track(scores), duration: 4, settings: .init(hop: 1, minimumDuration: 0))
    #expect(timeline.smoothedLabels() == [0, 0, 0, 0])
  }

  @Test func shortSegmentsJoinTheNeighbourThatFitsBetter() {
    // c for one second between a and b, and in that second b is likelier than a.
    let scores: [[Float]] = [
      [0.9, 0.1, 0], [0.9, 0.1, 0], [0, 0.3, 0.7], [0.1, 0.9, 0], [0.1, 0.9, 0],
    ]
    #expect(segments(track(scores), 5, hop: 1).map(\.label) == ["a", "c", "b"])
    let merged = segments(track(scores), 5, hop: 1, minimum: 2)
    #expect(merged.map(\.label) == ["a", "b"])
    #expect(merged[0].end <= 2.5)
  }

  @Test func aMinimumLongerThanTheMovieLeavesOneSegment() {
    let scores: [[Float]] = [[0.9, 0.1, 0], [0.1, 0.9, 0], [0.9, 0.1, 0]]
    #expect(segments(track(scores), 3, hop: 1, minimum: 10).map(\.label) == ["a"])
  }

  @Test func unsureSegmentsAreUnknown() {
    let scores: [[Float]] = [[0.9, 0.1, 0], [0.9, 0.1, 0], [0.2, 0.4, 0.4], [0.2, 0.4, 0.4]]
    let found = segments(track(scores), 4, hop: 1, threshold: 0.5)
    #expect(found.map(\.label) == ["a", "unknown"])
    #expect(abs(found[1].score - 0.4) < 1e-6)
  }

  @Test func hopsLongerThanWindowsLeaveNoHole() {
    let sparse = [
      ScoredWindow(start: 0, end: 1, scores: [0.9, 0.1, 0]),
      ScoredWindow(start: 6, end: 7, scores: [0.1, 0.9, 0]),
    ]
    let found = segments(sparse, 9, hop: 2)
    #expect(found.map(\.label) == ["a", "b"])
    #expect(found[0].end > 2 && found[0].end < 7)
  }

  @Test func theMeanOfWindowsSumsToOne() {
    let mean = ScoredWindow.mean(of: [
      .init(start: 0, end: 1, scores: [0.2, 0.3, 0.5]),
      .init(start: 1, end: 2, scores: [0.6, 0.3, 0.1]),
    ])
    #expect(abs(mean.reduce(0, +) - 1) < 1e-12)
    #expect(abs(mean[0] - 0.4) < 1e-6 && abs(mean[2] - 0.3) < 1e-6)
  }
}
