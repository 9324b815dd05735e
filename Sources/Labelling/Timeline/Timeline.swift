import ClipSampling
import Tensors

/// How scores over time become segments.
public struct TimelineSettings: Sendable, Hashable {
  /// Seconds of a cell, the timeline's grain.
  public var hop: Double
  /// Segments shorter than this many seconds are merged into a neighbour.
  public var minimumDuration: Double
  /// A new label takes over at once when it beats the current one by this much …
  public var margin: Double
  /// … or when it is ahead for this many cells in a row.
  public var persistence: Int
  /// A segment whose score is below is `unknown`.
  public var threshold: Double
  /// One for each class instead of one for all.
  public var classThresholds: [Double]?

  /// The defaults of `margin` and `persistence` are those of `label`.
  public init(
    hop: Double, minimumDuration: Double, margin: Double = 0.2, persistence: Int = 2,
    threshold: Double = 0, classThresholds: [Double]? = nil
  ) {
    self.hop = hop
    self.minimumDuration = minimumDuration
    self.margin = margin
    self.persistence = persistence
    self.threshold = threshold
    self.classThresholds = classThresholds
  }
}

/// Turns the windows of a movie into segments that tile it.
///
/// Time is cut into cells of one hop. A cell's scores are the mean of the windows over it, weighted
/// by how much of the cell each covers. A label is kept until another beats it by a margin or stays
/// ahead; short runs are merged away; and a border lies where the two labels' scores cross between
/// the middles of the cells, which is finer than the cells.
public struct Timeline {
  let duration: Double
  let settings: TimelineSettings
  let classes: Int
  /// Scores of each cell, `[cells, classes]`.
  let cells: [[Double]]
  /// How many cells came before them; 0 for a whole movie.
  let firstCell: Int

  /// - Parameters:
  ///   - windows: at least one, all with as many scores, in order of their starts.
  ///   - duration: seconds of the movie, more than 0.
  public init(windows: [ScoredWindow], duration: Double, settings: TimelineSettings) {
    precondition(!windows.isEmpty && duration > 0 && settings.hop > 0)
    self.duration = duration
    self.settings = settings
    classes = windows[0].scores.count
    cells = Timeline.cells(windows: windows, duration: duration, hop: settings.hop)
    firstCell = 0
  }

  /// A part of a timeline.
  ///
  /// - Parameters:
  ///   - cells: at least one.
  ///   - duration: seconds from the first cell of all to the end of the last of these.
  init(cells: [[Double]], firstCell: Int, duration: Double, settings: TimelineSettings) {
    precondition(!cells.isEmpty)
    self.cells = cells
    self.firstCell = firstCell
    self.duration = duration
    self.settings = settings
    classes = cells[0].count
  }

  /// The segments, in order: the first starts at 0, each starts where the one before ended, the
  /// last ends at `duration`.
  public func segments(classNames: [String]) -> [LabelRecord.Segment] {
    precondition(classNames.count == classes)
    let spans = spans(of: mergedRuns(of: smoothedLabels()))
    return Timeline.joiningEqualNeighbours(
      spans.map { $0.segment(settings, classNames: classNames) })
  }

  /// A stretch of time with one label.
  struct Span: Equatable {
    var start: Double
    var end: Double
    var label: Int
    /// Mean over the stretch.
    var score: Double

    func segment(_ settings: TimelineSettings, classNames: [String]) -> LabelRecord.Segment {
      let needed = settings.classThresholds?[label] ?? settings.threshold
      return LabelRecord.Segment(
        start: start, end: end, label: score < needed ? LabelRecord.unknown : classNames[label],
        score: score)
    }
  }

  /// The stretches of runs that tile the cells.
  func spans(of runs: [Run]) -> [Span] {
    var spans: [Span] = []
    for (position, run) in runs.enumerated() {
      let start =
        position == 0 ? self.start(of: 0) : border(between: runs[position - 1], and: run)
      spans.append(
        Span(
          start: start, end: duration, label: run.label,
          score: meanScore(of: run.label, in: run.cells)))
      if position > 0 { spans[position - 1].end = start }
    }
    return spans
  }

  /// Runs of equal labels, of which none is shorter than the shortest segment unless it is alone.
  func mergedRuns(of labels: [Int]) -> [Run] {
    var runs = runs(of: labels)
    mergeShortRuns(&runs)
    return runs
  }

  /// Neighbouring cells with one label.
  struct Run: Equatable {
    var cells: Range<Int>
    var label: Int
  }

  // MARK: Cells

  private static func cells(windows: [ScoredWindow], duration: Double, hop: Double) -> [[Double]] {
    // A last cell of less than a thousandth of a hop is rounding, not time.
    let count = max(1, Int(clamping: (duration / hop - 1e-3).rounded(.up)))
    let classes = windows[0].scores.count
    var sums = [[Double]](repeating: [Double](repeating: 0, count: classes), count: count)
    var weights = [Double](repeating: 0, count: count)
    for window in windows {
      let first = min(count - 1, max(0, Int(clamping: window.start / hop)))
      let last = min(count - 1, max(first, Int(clamping: window.end / hop)))
      for cell in first...last {
        let cellStart = Double(cell) * hop
        let cellEnd = cell == count - 1 ? duration : cellStart + hop
        let covered = min(window.end, cellEnd) - max(window.start, cellStart)
        let weight = covered / (cellEnd - cellStart)
        // Slivers come from rounding; without this a cell could take a distant window's label.
        guard weight > 1e-6 else { continue }
        weights[cell] += weight
        for index in 0..<classes { sums[cell][index] += weight * Double(window.scores[index]) }
      }
    }
    for cell in 0..<count where weights[cell] > 0 {
      for index in 0..<classes { sums[cell][index] /= weights[cell] }
    }
    fillGaps(&sums, isCovered: weights.map { $0 > 0 })
    return sums
  }

  /// Cells between windows (a hop longer than a window) take the scores of the nearest covered
  /// cell, the earlier of two.
  private static func fillGaps(_ cells: inout [[Double]], isCovered: [Bool]) {
    let covered = isCovered.indices.filter { isCovered[$0] }
    guard covered.count < cells.count, var nearest = covered.first else { return }
    var next = 0
    for cell in cells.indices where !isCovered[cell] {
      while next < covered.count && covered[next] < cell {
        nearest = covered[next]
        next += 1
      }
      if next < covered.count && covered[next] - cell < abs(cell - nearest) {
        nearest = covered[next]
      }
      cells[cell] = cells[nearest]
    }
  }

  // MARK: Labels

  /// The label of each cell after hysteresis.
  func smoothedLabels() -> [Int] {
    var smoother = LabelSmoother(settings)
    var labels: [Int] = []
    for scores in cells { smoother.add(scores, to: &labels) }
    return labels
  }

  func runs(of labels: [Int]) -> [Run] {
    var runs: [Run] = []
    for (cell, label) in labels.enumerated() {
      if runs.last?.label == label {
        runs[runs.count - 1].cells = runs[runs.count - 1].cells.lowerBound..<cell + 1
      } else {
        runs.append(Run(cells: cell..<cell + 1, label: label))
      }
    }
    return runs
  }

  /// Gives the shortest run below the minimum to the neighbour that fits its scores better, again
  /// and again until none is left.
  private func mergeShortRuns(_ runs: inout [Run]) {
    while runs.count > 1 {
      // Of equally short ones, first one that interrupts a single label.
      func rank(_ index: Int) -> (Double, Int) {
        let isInterruption =
          index > 0 && index < runs.count - 1 && runs[index - 1].label == runs[index + 1].label
        return (seconds(of: runs[index].cells), isInterruption ? 0 : 1)
      }
      guard let shortest = runs.indices.min(by: { rank($0) < rank($1) }),
        seconds(of: runs[shortest].cells) < settings.minimumDuration - 1e-6
      else { return }
      let neighbours = [shortest - 1, shortest + 1].filter(runs.indices.contains)
      let cells = runs[shortest].cells
      let winner = neighbours.max {
        meanScore(of: runs[$0].label, in: cells) < meanScore(of: runs[$1].label, in: cells)
      }!
      runs[shortest].label = runs[winner].label
      join(&runs)
    }
  }

  private func join(_ runs: inout [Run]) {
    var joined: [Run] = []
    for run in runs {
      if joined.last?.label == run.label {
        joined[joined.count - 1].cells =
          joined[joined.count - 1].cells.lowerBound..<run.cells.upperBound
      } else {
        joined.append(run)
      }
    }
    runs = joined
  }

  // MARK: Seconds and scores

  private func start(of cell: Int) -> Double { Double(firstCell + cell) * settings.hop }

  private func end(of cell: Int) -> Double {
    cell == cells.count - 1 ? duration : Double(firstCell + cell + 1) * settings.hop
  }

  func seconds(of cells: Range<Int>) -> Double {
    end(of: cells.upperBound - 1) - start(of: cells.lowerBound)
  }

  private func meanScore(of label: Int, in range: Range<Int>) -> Double {
    var sum = 0.0
    for cell in range { sum += cells[cell][label] * (end(of: cell) - start(of: cell)) }
    return sum / seconds(of: range)
  }

  /// Seconds where the scores of the two labels cross between the middles of the cells at the
  /// border; the border itself when they do not.
  private func border(between left: Run, and right: Run) -> Double {
    let after = right.cells.lowerBound
    let before = after - 1
    let lead = cells[before][left.label] - cells[before][right.label]
    let lag = cells[after][left.label] - cells[after][right.label]
    guard lead >= 0, lag <= 0, lead - lag > 0 else { return start(of: after) }
    let from = (start(of: before) + end(of: before)) / 2
    let to = (start(of: after) + end(of: after)) / 2
    return from + (to - from) * lead / (lead - lag)
  }

  static func joiningEqualNeighbours(_ segments: [LabelRecord.Segment])
    -> [LabelRecord.Segment]
  {
    var joined: [LabelRecord.Segment] = []
    for segment in segments {
      guard let last = joined.last, last.label == segment.label else {
        joined.append(segment)
        continue
      }
      let lengths = (last.end - last.start, segment.end - segment.start)
      let total = lengths.0 + lengths.1
      joined[joined.count - 1].end = segment.end
      joined[joined.count - 1].score =
        (last.score * lengths.0 + segment.score * lengths.1) / max(total, .leastNonzeroMagnitude)
    }
    return joined
  }
}
