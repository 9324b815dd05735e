/// A part of a movie that a person can be asked about.
struct ReviewPart: Sendable, Equatable {
  /// Position of the movie's record.
  let movie: Int
  /// Position among its segments; 0 of a movie without a timeline.
  let segment: Int
  /// From 0 to 1.
  let doubt: Double
  /// What the movie is a part of: asking about one says something about all of it.
  let group: String

  /// The parts whose labels would teach most, the most doubtful first.
  ///
  /// The second part of a group counts 1/√2 of its doubt, the third 1/√3, and so on, so that no
  /// single source takes all the answers.
  static func mostTelling(_ parts: [ReviewPart], count: Int) -> [ReviewPart] {
    func precedes(_ one: ReviewPart, _ two: ReviewPart) -> Bool {
      (two.doubt, one.movie, one.segment) < (one.doubt, two.movie, two.segment)
    }
    var taken: [String: Int] = [:]
    let valued = parts.sorted(by: precedes).map { part in
      taken[part.group, default: 0] += 1
      return (part: part, value: part.doubt / Double(taken[part.group]!).squareRoot())
    }
    let ranked = valued.sorted {
      $0.value == $1.value ? precedes($0.part, $1.part) : $0.value > $1.value
    }
    return ranked.prefix(count).map(\.part)
  }
}

extension LabelRecord {
  /// The doubt of each segment, or of the movie where it has none; by scores alone where the record
  /// was made without.
  var doubts: [Double] {
    if status == .error { return [] }
    if segments.isEmpty { return [doubt ?? Doubt.of(shares: scores.map(\.score))] }
    return segments.map { $0.doubt ?? Doubt.of(score: $0.score, classes: scores.count) }
  }
}
