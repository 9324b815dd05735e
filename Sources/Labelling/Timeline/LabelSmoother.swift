import Tensors

/// Keeps a label until another beats it by a margin or stays ahead, cell after cell.
struct LabelSmoother {
  private let margin: Double
  private let persistence: Int
  private var current: Int?
  private var challenger = 0
  /// Cells at the end in which the challenger was ahead: a cell to come may still make them its own.
  private(set) var undecided = 0

  init(_ settings: TimelineSettings) {
    margin = settings.margin
    persistence = settings.persistence
  }

  /// Takes the scores of the next cell and appends its label to those of the cells before it, of
  /// which it may change the undecided ones.
  mutating func add(_ scores: [Double], to labels: inout [Int]) {
    let best = scores.firstLargest
    let kept = current ?? best
    undecided = best == kept ? 0 : (best == challenger ? undecided + 1 : 1)
    challenger = best
    current = kept
    labels.append(kept)
    guard best != kept else { return }
    if scores[best] - scores[kept] >= margin || undecided >= persistence {
      // The challenger was ahead since then: they are its own.
      for cell in (labels.count - undecided)..<labels.count { labels[cell] = best }
      current = best
      undecided = 0
    }
  }
}
