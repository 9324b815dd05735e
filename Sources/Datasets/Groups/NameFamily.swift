/// Clips whose names have one form, and which part of that form tells their sources.
struct NameFamily {
  /// What one reading of the names gives.
  struct Reading {
    let column: NameColumn
    let why: String
    /// Another reading that was not taken.
    let runnerUp: NameColumn?
  }

  private let clips: [Clip]
  private let tokens: [[NameToken]]
  private let columns: [NameColumn]

  /// - Parameter tokens: of each clip; all of one form.
  init(clips: [Clip], tokens: [[NameToken]]) {
    self.clips = clips
    self.tokens = tokens
    columns = tokens[0].indices.map { position in
      NameColumn(position: position, tokens: tokens.map { $0[position] })
    }
  }

  /// The column in which most clips have a group that is known from other names.
  func column(of known: Set<String>) -> NameColumn? {
    columns.first { column in
      column.values.lazy.filter { $0.map(known.contains) ?? false }.count * 2 > clips.count
    }
  }

  /// The part that tells sources, or nil.
  ///
  /// - Parameter share: of all clips that are in this family; a small one needs plain words.
  func reading(share: Double) -> Reading? {
    // A single part that is no word for a source may as well number the clips.
    let known = tokens[0].count > 1 ? candidates() : candidates().filter { $0.tier == .subject }
    let usable = known.filter { share >= 0.25 || $0.tier! <= .id }
    func isGood(_ column: NameColumn) -> Bool {
      fewestGroups(column) >= 3 || comesBack(column) != nil
    }
    let ranked = usable.filter(isGood) + usable.filter { !isGood($0) }
    guard var best = ranked.first else { return nil }
    // Places hold cameras: the coarser of two that are nested keeps the finer whole as well.
    for other in usable
    where other.tier! <= .word && best.tier! <= .word && other.count < best.count
      && best.determines(other) && fewestGroups(other) >= 3
    {
      best = other
    }
    let why =
      comesBack(best).map { "which comes back under several \($0)" }
      ?? "with \(fewestGroups(best)) or more groups in each class"
    return Reading(
      column: best, why: why, runnerUp: ranked.first { $0.position != best.position })
  }

  /// Columns that may be sources, the most telling first.
  private func candidates() -> [NameColumn] {
    let plausible = columns.filter { column in
      guard let tier = column.tier else { return false }
      if tier == .word || tier == .number, column.count < 3 { return false }
      return NameFamily.isPlausible(
        zip(column.values, clips).map { $0 ?? $1.path }, clips: clips)
    }
    let counters = counterPositions(plausible)
    return plausible.filter { !counters.contains($0.position) }
      .sorted { ($0.tier!, -$0.count, $0.position) < ($1.tier!, -$1.count, $1.position) }
  }

  /// Columns that only number the clips of one source.
  private func counterPositions(_ plausible: [NameColumn]) -> Set<Int> {
    var counters = Set<Int>()
    // Of several unknown letters, those that number clips, if not all do.
    let ids = plausible.filter { $0.tier == .id }
    let counting = ids.filter { countingShare($0) > 0.9 }
    if counting.count < ids.count { counters.formUnion(counting.map(\.position)) }

    let pool = columns.filter { $0.tier == .number }
    let hasCounter = columns.contains { $0.tier == nil && $0.mayCount || $0.kindIsTime(tokens) }
    if hasCounter { return counters }
    let shares = pool.map { (share: countingShare($0), position: $0.position) }
    guard let last = shares.max(by: { $0 < $1 }) else { return counters }
    if pool.count > 1 || last.share >= 0.5 { counters.insert(last.position) }
    return counters
  }

  /// How much of a counter a column is, within what the other columns say, with and without the
  /// class.
  private func countingShare(_ column: NameColumn) -> Double {
    func keys(withClass: Bool) -> [String] {
      clips.indices.map { index in
        columns.lazy.filter { $0.position != column.position && $0.tier != nil }
          .map { $0.values[index] ?? "" }.joined(separator: "\n")
          + (withClass ? "\n\(clips[index].classIndex)" : "")
      }
    }
    return max(
      column.counting(within: keys(withClass: true)),
      column.counting(within: keys(withClass: false)))
  }

  private func fewestGroups(_ column: NameColumn) -> Int {
    var groups: [Int: Set<String>] = [:]
    for (value, clip) in zip(column.values, clips) {
      groups[clip.classIndex, default: []].insert(value ?? clip.path)
    }
    return groups.values.map(\.count).min() ?? 0
  }

  /// "dates and classes", "classes" or "dates" when most values of several clips are found under
  /// several of them.
  private func comesBack(_ column: NameColumn) -> String? {
    func share(_ other: (Int) -> String?) -> Bool {
      var partners: [String: Set<String>] = [:]
      var sizes: [String: Int] = [:]
      for index in clips.indices {
        guard let value = column.values[index], let partner = other(index) else { continue }
        partners[value, default: []].insert(partner)
        sizes[value, default: 0] += 1
      }
      let repeated = partners.filter { sizes[$0.key, default: 0] > 1 }
      return !repeated.isEmpty
        && repeated.values.lazy.filter { $0.count > 1 }.count * 2 >= repeated.count
    }
    let dates = columns.first { $0.tier == .date && $0.position != column.position }
    let overClasses = share { String(clips[$0].classIndex) }
    let overDates = dates.map { dates in share { dates.values[$0] } } ?? false
    switch (overDates, overClasses) {
    case (true, true): return "dates and classes"
    case (true, false): return "dates"
    case (false, true): return "classes"
    case (false, false): return nil
    }
  }

  /// Whether groups hold several clips, and most classes have more than one group: what only
  /// repeats the class says nothing about sources.
  static func isPlausible(_ groups: [String], clips: [Clip]) -> Bool {
    var groupsOfClass: [Int: Set<String>] = [:]
    var clipsOfClass: [Int: Int] = [:]
    for (group, clip) in zip(groups, clips) {
      groupsOfClass[clip.classIndex, default: []].insert(group)
      clipsOfClass[clip.classIndex, default: 0] += 1
    }
    let distinct = Set(groups).count
    guard distinct >= 2, distinct < clips.count else { return false }
    let divisible = clipsOfClass.filter { $0.value >= 2 }.keys
    let divided = divisible.filter { (groupsOfClass[$0]?.count ?? 0) >= 2 }
    return !divisible.isEmpty && divided.count * 2 > divisible.count
  }
}

extension NameColumn {
  fileprivate func kindIsTime(_ tokens: [[NameToken]]) -> Bool { tokens[0][position].kind == .time }
}
