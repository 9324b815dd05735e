import ClipSampling

/// The segments of something that goes on, each as soon as nothing to come can change it: those that
/// `Timeline` finds when all is over.
///
/// A run of cells that lasts as long as the shortest segment is never merged away, and what happens
/// behind it changes nothing before it. So all that lies before such a run is certain, and only the
/// cells since its start are held, and of those not more than it takes for it to stay one.
struct LiveTimeline {
  private let settings: TimelineSettings
  private let classNames: [String]
  private var smoother: LabelSmoother

  /// Certain scores that are still needed, and their labels.
  private var cells: [[Double]] = []
  private var labels: [Int] = []
  /// Cells that came before them.
  private var firstCell = 0
  /// Of the segment that holds the first of them: its start, and what the cells before added to the
  /// score of its label.
  private var start = 0.0
  private var earlier = (sum: 0.0, seconds: 0.0)

  /// Sums of cells that windows to come may still cover, from `firstCell + cells.count` on.
  private var pending: [Sum] = []
  /// Cells at the start that no window covered.
  private var uncovered = 0
  /// An `unknown` segment: the next may be another, and they are one.
  private var held: LabelRecord.Segment?
  /// The segment that goes on, once it lasts as long as the shortest one.
  private(set) var open: LabelRecord.Segment?

  private struct Sum {
    var scores: [Double]
    var seconds = 0.0
  }

  /// Where labels change faster than a segment may, cells held at most before they are decided upon
  /// without waiting for what comes.
  static let mostCells = 1000

  /// Cells of the shortest segment.
  static func cells(_ settings: TimelineSettings) -> Int {
    Int(clamping: (settings.minimumDuration / settings.hop).rounded(.up))
  }

  init(settings: TimelineSettings, classNames: [String]) {
    precondition(LiveTimeline.cells(settings) < LiveTimeline.mostCells / 2)
    self.settings = settings
    self.classNames = classNames
    smoother = LabelSmoother(settings)
  }

  /// Cells held at the moment.
  var heldCount: Int { cells.count + pending.count }

  // MARK: Windows

  /// Takes the next window, which starts no earlier than those before.
  ///
  /// - Returns: segments that are certain by now.
  mutating func add(_ window: ScoredWindow) -> [LabelRecord.Segment] {
    cover(window)
    var closed: [LabelRecord.Segment] = []
    // No window to come starts earlier, not even the one that ends with the stream.
    while end(of: nextCell) <= window.start {
      commit()
      closed += close()
    }
    return closed
  }

  /// Ends the stream at `duration` seconds.
  ///
  /// - Returns: the segments up to there that were not returned before.
  mutating func finish(duration: Double) -> [LabelRecord.Segment] {
    let count = max(
      nextCell, 1, Int(clamping: (duration / settings.hop - 1e-3).rounded(.up)))
    // A last sliver of less than a thousandth of a hop belongs to the cell before it.
    while pending.count > max(1, count - nextCell) {
      let last = pending.removeLast()
      for (index, score) in last.scores.enumerated() {
        pending[pending.count - 1].scores[index] += score
      }
      pending[pending.count - 1].seconds += last.seconds
    }
    while nextCell < count { commit() }
    guard !cells.isEmpty else { return [] }
    let part = Timeline(
      cells: cells, firstCell: firstCell, duration: max(duration, end(of: nextCell - 2)),
      settings: settings)
    let runs = part.mergedRuns(of: labels)
    let spans = part.spans(of: runs)
    var segments = held.map { [$0] } ?? []
    for (position, span) in spans.enumerated() {
      segments.append(segment(span, seconds: part.seconds(of: runs[position].cells), position))
    }
    held = nil
    open = nil
    return Timeline.joiningEqualNeighbours(segments)
  }

  // MARK: Cells

  private var nextCell: Int { firstCell + cells.count + uncovered }

  private func end(of cell: Int) -> Double { Double(cell + 1) * settings.hop }

  private mutating func cover(_ window: ScoredWindow) {
    let first = max(nextCell, Int(clamping: window.start / settings.hop))
    let last = max(first, Int(clamping: window.end / settings.hop))
    for cell in first...last {
      let covered =
        min(window.end, end(of: cell)) - max(window.start, end(of: cell - 1))
      guard covered > 1e-6 * settings.hop else { continue }
      while pending.count <= cell - nextCell {
        pending.append(Sum(scores: [Double](repeating: 0, count: window.scores.count)))
      }
      let place = cell - nextCell
      for (index, score) in window.scores.enumerated() {
        pending[place].scores[index] += covered * Double(score)
      }
      pending[place].seconds += covered
    }
  }

  /// Makes the next cell certain. One that no window covered is as the one before it, or, at the
  /// start, as the first that one covered.
  private mutating func commit() {
    let sum = pending.isEmpty ? nil : pending.removeFirst()
    guard let sum, sum.seconds > 0 else {
      guard let last = cells.last else {
        uncovered += 1
        return
      }
      return append(last)
    }
    let scores = sum.scores.map { $0 / sum.seconds }
    let missing = min(uncovered, LiveTimeline.mostCells)
    firstCell += uncovered - missing
    uncovered = 0
    for _ in 0..<missing { append(scores) }
    append(scores)
  }

  private mutating func append(_ scores: [Double]) {
    cells.append(scores)
    smoother.add(scores, to: &labels)
  }

  // MARK: Segments

  /// Takes out what is certain.
  private mutating func close() -> [LabelRecord.Segment] {
    let certain = labels.count - smoother.undecided
    guard certain > 0 else { return [] }
    let part = Timeline(
      cells: Array(cells[..<certain]), firstCell: firstCell,
      duration: Double(firstCell + certain) * settings.hop, settings: settings)
    guard let newest = part.runs(of: Array(labels[..<certain])).last,
      isLong(newest, in: part) || certain > LiveTimeline.mostCells
    else { return [] }
    let runs = part.mergedRuns(of: Array(labels[..<certain]))
    let spans = part.spans(of: runs)
    var closed: [LabelRecord.Segment] = []
    for (position, span) in spans.dropLast().enumerated() {
      closed += passOn(segment(span, seconds: part.seconds(of: runs[position].cells), position))
    }
    guard let last = runs.last, let span = spans.last else { return closed }
    if runs.count > 1 {
      start = span.start
      earlier = (0, 0)
      forget(last.cells.lowerBound)
    }
    let kept = last.cells.count
    for cell in 0..<kept { labels[cell] = last.label }
    open = segment(span, seconds: part.seconds(of: last.cells), 0)
    trim(label: last.label, cells: kept)
    return closed
  }

  private func isLong(_ run: Timeline.Run, in part: Timeline) -> Bool {
    part.seconds(of: run.cells) >= settings.minimumDuration - 1e-6
  }

  /// Leaves so many of the open segment's first `count` cells that it stays as long as the shortest.
  private mutating func trim(label: Int, cells count: Int) {
    let needed = LiveTimeline.cells(settings)
    // Borders and undecided cells look back a little.
    let spare = count - max(needed, settings.persistence + 1)
    guard spare > 0 else { return }
    for cell in cells[..<spare] { earlier.sum += cell[label] * settings.hop }
    earlier.seconds += Double(spare) * settings.hop
    forget(spare)
  }

  private mutating func forget(_ count: Int) {
    cells.removeFirst(count)
    labels.removeFirst(count)
    firstCell += count
  }

  /// - Parameters:
  ///   - seconds: of the cells of its run.
  ///   - position: among the segments of the cells that are held.
  private func segment(
    _ span: Timeline.Span, seconds: Double, _ position: Int
  ) -> LabelRecord.Segment {
    var span = span
    if position == 0 {
      span.start = start
      span.score = (earlier.sum + span.score * seconds) / (earlier.seconds + seconds)
    }
    return span.segment(settings, classNames: classNames)
  }

  /// Lets a segment out unless the next may belong to it.
  private mutating func passOn(_ segment: LabelRecord.Segment) -> [LabelRecord.Segment] {
    let joined = Timeline.joiningEqualNeighbours((held.map { [$0] } ?? []) + [segment])
    let waits = joined.last?.label == LabelRecord.unknown
    held = waits ? joined.last : nil
    return waits ? joined.dropLast() : joined
  }
}
