import Testing

@testable import Labelling

/// The segments of something that goes on are those of all of it.
@Suite struct LiveTimelineTests {
  let names = ["a", "b", "c"]

  /// Scores that stay for a while, then change, with noise: drawn by a seed, the same each time.
  private struct Track {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func random() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / Double(1 << 31)
    }

    /// - Parameter change: how likely a window brings another label.
    mutating func windows(_ duration: Double, window: Double, hop: Double, change: Double)
      -> [ScoredWindow]
    {
      var windows: [ScoredWindow] = []
      var favourite = 0
      func scores(_ track: inout Track) -> [Float] {
        if track.random() < change { favourite = min(2, Int(clamping: track.random() * 3)) }
        var raw = (0..<3).map { _ in track.random() }
        raw[favourite] += 1.2 * track.random()
        let sum = raw.reduce(0, +)
        return raw.map { Float($0 / sum) }
      }
      var index = 0
      while Double(index) * hop + window <= duration + 1e-6 {
        let start = Double(index) * hop
        windows.append(.init(start: start, end: start + window, scores: scores(&self)))
        index += 1
      }
      let last = windows.last?.end ?? 0
      if windows.isEmpty || duration - last >= 0.1 * min(hop, window) {
        windows.append(
          .init(start: max(0, duration - window), end: duration, scores: scores(&self)))
      }
      return windows
    }
  }

  private func live(
    _ windows: [ScoredWindow], _ duration: Double, _ settings: TimelineSettings
  ) -> (segments: [LabelRecord.Segment], held: Int, early: Int) {
    var timeline = LiveTimeline(settings: settings, classNames: names)
    var segments: [LabelRecord.Segment] = []
    var held = 0
    for window in windows {
      segments += timeline.add(window)
      held = max(held, timeline.heldCount)
    }
    let early = segments.count
    return (segments + timeline.finish(duration: duration), held, early)
  }

  private func expectEqual(
    _ live: [LabelRecord.Segment], _ whole: [LabelRecord.Segment], _ comment: Comment
  ) {
    #expect(live.map(\.label) == whole.map(\.label), comment)
    for (one, other) in zip(live, whole) {
      #expect((one.start - other.start).magnitude < 1e-9, comment)
      #expect((one.end - other.end).magnitude < 1e-9, comment)
      #expect((one.score - other.score).magnitude < 1e-9, comment)
    }
  }

  @Test(arguments: [
    (window: 2.0, hop: 1.0, minimum: 1.5, threshold: 0.0),
    (window: 2.0, hop: 0.5, minimum: 1.5, threshold: 0.0),
    (window: 1.0, hop: 1.0, minimum: 0.0, threshold: 0.45),
    (window: 0.7, hop: 0.3, minimum: 4.0, threshold: 0.45),
    (window: 1.0, hop: 2.5, minimum: 3.0, threshold: 0.0),
  ])
  func segmentsAreThoseOfTheWhole(
    window: Double, hop: Double, minimum: Double, threshold: Double
  ) {
    for seed in 0..<60 {
      var track = Track(seed)
      let duration = 0.3 + track.random() * 90
      let windows = track.windows(
        duration, window: window, hop: hop, change: [0.02, 0.1, 0.5][seed % 3])
      let settings = TimelineSettings(
        hop: hop, minimumDuration: minimum, threshold: threshold)
      let whole = Timeline(windows: windows, duration: duration, settings: settings)
        .segments(classNames: names)
      let found = live(windows, duration, settings)
      expectEqual(found.segments, whole, "seed \(seed), \(duration) s")
    }
  }

  @Test func aDayOfOneLabelIsHeldInAFewCells() {
    let settings = TimelineSettings(hop: 1, minimumDuration: 1.5)
    let windows = (0..<86_400).map {
      ScoredWindow(start: Double($0), end: Double($0 + 2), scores: [0.1, 0.8, 0.1])
    }
    let found = live(windows, 86_401, settings)
    #expect(found.held < 10 && found.segments.count == 1 && found.early == 0)
    #expect((found.segments[0].score - 0.8).magnitude < 1e-6)
    #expect(found.segments[0].end == 86_401)
  }

  @Test func labelsThatNeverSettleAreHeldInBounds() {
    let settings = TimelineSettings(hop: 1, minimumDuration: 1.5)
    let windows = (0..<20_000).map { number in
      let scores: [Float] = number.isMultiple(of: 2) ? [0.9, 0.1, 0] : [0.1, 0.9, 0]
      return ScoredWindow(start: Double(number), end: Double(number + 1), scores: scores)
    }
    let found = live(windows, 20_000, settings)
    #expect(found.held <= LiveTimeline.mostCells + 4)
    #expect(found.segments.first?.start == 0 && found.segments.last?.end == 20_000)
  }

  /// A segment closes once the next has lasted as long as the shortest, two hops and a window on.
  @Test func aSegmentClosesSoonAfterItsEnd() {
    let settings = TimelineSettings(hop: 1, minimumDuration: 1.5)
    var timeline = LiveTimeline(settings: settings, classNames: names)
    var closed: (at: Double, segment: LabelRecord.Segment)?
    for index in 0..<60 {
      let start = Double(index)
      let scores: [Float] = start < 30 ? [0.9, 0.1, 0] : [0.1, 0.9, 0]
      let window = ScoredWindow(start: start, end: start + 2, scores: scores)
      for segment in timeline.add(window) where closed == nil { closed = (window.end, segment) }
      if window.end >= 10, window.end < 30 { #expect(timeline.open?.label == "a") }
    }
    #expect(closed.map { $0.segment.label == "a" && $0.at - $0.segment.end <= 5 } ?? false)
    #expect(timeline.open?.label == "b")
  }

  @Test func windowsThatWereLeftOutLeaveNoHole() {
    let settings = TimelineSettings(hop: 1, minimumDuration: 1.5)
    var windows: [ScoredWindow] = []
    for number in 0..<40 where !(8..<13).contains(number) && !(20..<26).contains(number) {
      let scores: [Float] = number < 22 ? [0.9, 0.1, 0] : [0.1, 0.9, 0]
      windows.append(
        ScoredWindow(start: Double(number), end: Double(number + 2), scores: scores))
    }
    let found = live(windows, 41, settings).segments
    #expect(found.map(\.label) == ["a", "b"] && found[0].end == found[1].start)
    #expect(found[0].start == 0 && found[1].end == 41)
  }
}
