import ClipSampling

/// Lays one clip over another in time and measures how alike they are.
struct FingerprintComparison {
  /// How alike two clips are where they overlap.
  struct Likeness {
    /// Correlation of the pictures, over all of them at once.
    let pictures: Double
    /// Correlation of what moves: of the pictures without what all of them have in common. Nil when
    /// nothing moves in either.
    let motion: Double?
    /// Share of the shorter clip that lies over the other.
    let overlap: Double
    /// Pictures compared.
    let count: Int

    /// What two clips must reach to count as copies.
    ///
    /// Measured: of copies of street scenes, re-encoded at a third of the size, at half the frame
    /// rate, with other contrast or trimmed, 95 of 100 reach a motion of 0.94 or a little less with
    /// pictures of 0.985; different clips of them stay below 0.5. One person saying one word twice
    /// before one camera reaches 0.95 with pictures of 0.978, and that only in clips of few
    /// pictures, which must therefore agree better. A picture that never changes has less to tell
    /// too.
    var isCopy: Bool {
      guard overlap >= 0.5 else { return false }
      guard let motion else { return pictures >= 0.995 }
      let more = count < 12 ? 0.03 : 0
      guard pictures >= 0.8 else { return false }
      return motion >= 0.94 + more || motion >= 0.86 + more && pictures >= 0.985
    }

    /// 0…1, for people.
    var score: Double { min(pictures, motion ?? 1) }
  }

  private let one: ClipFingerprint
  private let other: ClipFingerprint

  /// - Parameters: two clips with at least one picture each.
  init(_ one: ClipFingerprint, _ other: ClipFingerprint) {
    // The one with fewer pictures leads, so that each of its pictures finds a partner.
    (self.one, self.other) = one.times.count <= other.times.count ? (one, other) : (other, one)
  }

  /// The best likeness at any shift that the hashes suggest; nil when they suggest none.
  func best() -> Likeness? {
    let step = Swift.max(interval(one), interval(other))
    var found: Likeness?
    for shift in shifts(step: step) {
      for fine: Float in [0, -0.25, 0.25, -0.5, 0.5] {
        guard let likeness = likeness(shift: shift + fine * step) else { continue }
        if found.map({ $0.score < likeness.score || !$0.isCopy && likeness.isCopy }) ?? true {
          found = likeness
        }
        // Moving by less than a picture helps neither what agrees nor what differs altogether.
        if fine == 0, likeness.score > 0.97 || likeness.score < 0.6 { break }
      }
    }
    return found
  }

  /// Seconds between neighbouring pictures.
  private func interval(_ clip: ClipFingerprint) -> Float {
    clip.times.count > 1 ? (clip.times.last ?? 0) / Float(clip.times.count - 1) : 0.04
  }

  /// How often `step` goes into a clip: no more often than it has pictures, by what `step` is.
  private func steps(of clip: ClipFingerprint, step: Float) -> Int {
    Int(clamping: min((clip.times.last ?? 0) / step, Float(clip.times.count)))
  }

  /// Seconds to add to times of `one` to get those of `other`: both from the start, and where most
  /// pairs of similar hashes agree.
  private func shifts(step: Float) -> [Float] {
    // Votes for every shift from the one at which `one` ends where `other` begins, in steps.
    guard step > 0 else { return [0] }
    let before = steps(of: one, step: step) + 1
    var votes = [Int32](repeating: 0, count: before + steps(of: other, step: step) + 2)
    vote(one.pictureMarks, other.pictureMarks, step: step, before: before, into: &votes)
    vote(one.motionMarks, other.motionMarks, step: step, before: before, into: &votes)
    var shifts: [Float] = [0]
    for _ in 0..<2 {
      guard let best = votes.indices.max(by: { votes[$0] < votes[$1] }), votes[best] > 0 else {
        break
      }
      if best != before { shifts.append(Float(best - before) * step) }
      votes[best] = 0
    }
    return shifts
  }

  private func vote(
    _ marks: [ClipFingerprint.Mark], _ others: [ClipFingerprint.Mark], step: Float, before: Int,
    into votes: inout [Int32]
  ) {
    for mark in marks {
      let time = one.times[Int(mark.sample)]
      for candidate in others
      where (mark.hash ^ candidate.hash).nonzeroBitCount <= FingerprintComparison.similarBits {
        let shift = (other.times[Int(candidate.sample)] - time) / step
        let steps = Int(clamping: min(max(shift, -1e6), 1e6).rounded())
        votes[min(votes.count - 1, max(0, before + steps))] += 1
      }
    }
  }

  /// Moments a little apart differ by more bits than the search for candidates allows; here chance
  /// agreements do no harm, for they are not of one shift.
  private static let similarBits = 14

  /// Nil when too little overlaps.
  func likeness(shift: Float) -> Likeness? {
    let tolerance = Swift.max(interval(one), interval(other))
    let start = Swift.max(0, shift)
    let end = Swift.min((one.times.last ?? 0) + shift, other.times.last ?? 0)
    let shorter = Swift.min(one.times.last ?? 0, other.times.last ?? 0)
    guard end >= start - tolerance / 2 else { return nil }
    let overlap = shorter > 0 ? Double(Swift.min(1, (end - start + tolerance) / shorter)) : 1
    guard overlap >= 0.5 else { return nil }

    var sums = Sums()
    var position = 0
    for index in one.times.indices {
      let time = one.times[index] + shift
      guard time >= start - tolerance / 2, time <= end + tolerance / 2 else { continue }
      while position + 1 < other.times.count, other.times[position + 1] <= time { position += 1 }
      // Between two pictures of a movement lies their mixture; a frame that stands long stays as it
      // is until the next one comes.
      let following = Swift.min(position + 1, other.times.count - 1)
      let gap = other.times[following] - other.times[position]
      let weight =
        gap > 0 && gap < 2 * tolerance
        ? Swift.min(1, Swift.max(0, (time - other.times[position]) / gap)) : 0
      sums.add(one, index, other, position, following, weight: weight)
    }
    return sums.likeness(overlap: overlap)
  }

  /// Sums over pairs of pictures.
  private struct Sums {
    private var count = 0.0
    private var left = [Float](repeating: 0, count: FrameHash.cells)
    private var right = [Float](repeating: 0, count: FrameHash.cells)
    private var squares = (left: 0.0, right: 0.0, both: 0.0)

    /// Adds picture `i` of `a` and the mixture of pictures `j` and `k` of `b`.
    mutating func add(
      _ a: ClipFingerprint, _ i: Int, _ b: ClipFingerprint, _ j: Int, _ k: Int, weight: Float
    ) {
      // A blank picture in both says nothing; in one of them it counts against likeness.
      if a.blank[i] && b.blank[j] { return }
      count += 1
      let (first, from, to) = (
        i * FrameHash.cells, j * FrameHash.cells, k * FrameHash.cells
      )
      // Floats within a picture, whose sums stay below 2^31; doubles over all.
      var (lefts, rights, both): (Float, Float, Float) = (0, 0, 0)
      a.cells.withUnsafeBufferPointer { x in
        b.cells.withUnsafeBufferPointer { y in
          left.withUnsafeMutableBufferPointer { left in
            right.withUnsafeMutableBufferPointer { right in
              for cell in 0..<FrameHash.cells {
                let p = Float(x[first + cell])
                let before = Float(y[from + cell])
                let q = before + weight * (Float(y[to + cell]) - before)
                left[cell] += p
                right[cell] += q
                lefts += p * p
                rights += q * q
                both += p * q
              }
            }
          }
        }
      }
      squares.left += Double(lefts)
      squares.right += Double(rights)
      squares.both += Double(both)
    }

    func likeness(overlap: Double) -> Likeness? {
      guard count > 0 else { return nil }
      let values = count * Double(FrameHash.cells)
      let (sumLeft, sumRight) = (
        left.reduce(0.0) { $0 + Double($1) }, right.reduce(0.0) { $0 + Double($1) }
      )
      let pictures = correlation(
        squares.left - sumLeft * sumLeft / values, squares.right - sumRight * sumRight / values,
        squares.both - sumLeft * sumRight / values)
      var common = (left: 0.0, right: 0.0, both: 0.0)
      for cell in 0..<FrameHash.cells {
        let (p, q) = (Double(left[cell]), Double(right[cell]))
        common.left += p * p / count
        common.right += q * q / count
        common.both += p * q / count
      }
      let movedLeft = squares.left - common.left
      let movedRight = squares.right - common.right
      let still = values * ClipFingerprint.motionPower
      if movedLeft < still && movedRight < still {
        return Likeness(
          pictures: pictures, motion: nil, overlap: overlap, count: Int(clamping: count))
      }
      return Likeness(
        pictures: pictures, motion: correlation(movedLeft, movedRight, squares.both - common.both),
        overlap: overlap, count: Int(clamping: count))
    }

    private func correlation(_ left: Double, _ right: Double, _ both: Double) -> Double {
      left > 0 && right > 0 ? both / (left * right).squareRoot() : 0
    }
  }
}
