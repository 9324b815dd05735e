import ClipSampling

/// Which windows of a timeline are looked at first, and which then.
///
/// The first ones lie about `spacing` apart, each where it costs least to decode. Between two of them
/// that clearly have one label, nothing more is looked at; else all windows are.
struct ScanPlan {
  /// Numbers of the windows that are looked at first, ascending.
  let first: [Int]
  /// Windows of the whole timeline.
  let count: Int

  /// Less far ahead than this, a label is not clear: that is what a timeline wants for a change.
  static let clearMargin: Float = 0.2

  /// - Parameters:
  ///   - count: windows of the whole timeline, at least one.
  ///   - stride: of each so many windows, one is looked at first.
  ///   - cost: frames that must be decoded to see a window.
  init(count: Int, stride: Int, cost: (Int) -> Int) {
    precondition(count > 0 && stride > 0)
    self.count = count
    first = Swift.stride(from: 0, to: count, by: stride).map { start in
      let block = start..<min(count, start + stride)
      let middle = (block.lowerBound + block.upperBound - 1) / 2
      // Of equally cheap ones the one nearest to the block's middle, so that gaps are even.
      return block.min { (cost($0), abs($0 - middle)) < (cost($1), abs($1 - middle)) } ?? start
    }
  }

  /// Windows not yet looked at beside which something changes, or is not clear.
  ///
  /// - Parameter scores: of those looked at, by number.
  func unsettled(_ scores: [Int: [Float]]) -> [Int] {
    var found: [Int] = []
    var before: (number: Int, label: Int, isClear: Bool)?
    for number in first {
      guard let scores = scores[number] else { continue }
      let label = scores.firstLargest
      let rest = scores.enumerated().filter { $0.offset != label }.map(\.element).max() ?? 0
      let isClear = scores[label] - rest >= ScanPlan.clearMargin
      if let before {
        if before.label != label || !before.isClear || !isClear {
          found += before.number + 1..<number
        }
      } else if !isClear {
        found += 0..<number
      }
      before = (number, label, isClear)
    }
    if let before, !before.isClear { found += before.number + 1..<count }
    return found
  }

  /// The whole timeline: a window that was not looked at is as the nearest one that was, the earlier
  /// of two.
  ///
  /// - Parameter scores: by number; at least one.
  func filled(_ scores: [Int: [Float]], ranges: [Range<Double>]) -> [ScoredWindow] {
    let known = scores.keys.sorted()
    precondition(!known.isEmpty && ranges.count == count)
    var place = 0
    return ranges.enumerated().map { number, range in
      while place + 1 < known.count, abs(known[place + 1] - number) < abs(known[place] - number) {
        place += 1
      }
      return ScoredWindow(
        start: range.lowerBound, end: range.upperBound, scores: scores[known[place]] ?? [])
    }
  }
}
