/// One place in names of one form (such as the second part of `20240511_N03_0001`), with what each
/// clip has there.
struct NameColumn {
  /// How telling a place is: lower tiers are asked first.
  enum Tier: Int, Comparable {
    case subject, recording, id, word, number, date

    static func < (a: Tier, b: Tier) -> Bool { a.rawValue < b.rawValue }
  }

  let position: Int
  /// Nil when it only counts clips, or is the class.
  let tier: Tier?
  /// Whether it might be a counter, which only the numbers themselves tell.
  let mayCount: Bool
  /// One for each clip of the family; nil where the clip has something of another form.
  let values: [String?]

  init(position: Int, tokens: [NameToken]) {
    self.position = position
    var counts: [String: Int] = [:]
    func count(where condition: (NameToken) -> Bool) -> Int { tokens.lazy.filter(condition).count }
    switch tokens[0].kind {
    case .label, .time:
      (tier, mayCount, values) = (nil, false, tokens.map { _ in nil })
    case .date:
      (tier, mayCount, values) = (.date, false, tokens.map(\.text))
    case .number:
      (tier, mayCount, values) = (.number, true, tokens.map(\.text))
    case .name:
      for token in tokens { counts[token.prefix, default: 0] += 1 }
      let prefix = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
      let ids = count { !$0.prefix.isEmpty }
      let words = count { !$0.hasDigits && $0.prefix.isEmpty }
      // Where nearly all have one form, what has another is something else.
      let isID = ids * 5 >= tokens.count * 4
      let isWord = words * 5 >= tokens.count * 4
      values = tokens.map { token in
        if isID && token.prefix.isEmpty || isWord && !(token.prefix.isEmpty && !token.hasDigits) {
          return nil
        }
        let lower = token.text.lowercased()
        return !token.hasDigits && NameWords.generic.contains(lower) ? nil : lower
      }
      if isWord {
        (tier, mayCount) = (.word, false)
      } else if NameWords.subjects.contains(prefix) {
        (tier, mayCount) = (.subject, false)
      } else if NameWords.recordings.contains(prefix) {
        (tier, mayCount) = (.recording, false)
      } else if NameWords.times.contains(prefix) {
        (tier, mayCount) = (.date, false)
      } else if NameWords.counters.contains(prefix) {
        (tier, mayCount) = (nil, true)
      } else if ["c", "t", "v"].contains(prefix) {
        (tier, mayCount) = (.number, true)
      } else {
        (tier, mayCount) = (.id, false)
      }
    }
  }

  /// How many different values there are.
  var count: Int { Set(values.lazy.compactMap { $0 }).count }

  /// Whether each of this column's values comes with a single one of the other's.
  func determines(_ other: NameColumn) -> Bool {
    var partner: [String: String] = [:]
    for (value, coarse) in zip(values, other.values) {
      guard let value, let coarse else { continue }
      if let known = partner[value], known != coarse { return false }
      partner[value] = coarse
    }
    return true
  }

  /// The share of the cells (clips that are alike in `keys`) in which the numbers run from the
  /// lowest without a gap, as counters do.
  func counting(within keys: [String]) -> Double {
    let numbers = values.map { $0.flatMap { Int($0.drop { !$0.isDigit }) } }
    guard let base = numbers.lazy.compactMap({ $0 }).min() else { return 0 }
    var cells: [String: Set<Int>] = [:]
    for (key, number) in zip(keys, numbers) {
      if let number { cells[key, default: []].insert(number) }
    }
    // Names hold numbers of any size: the count goes to the other side, where nothing overflows.
    let running = cells.values.lazy.filter { $0.min() == base && $0.max() == base + ($0.count - 1) }
    return cells.isEmpty ? 0 : Double(running.count) / Double(cells.count)
  }
}
