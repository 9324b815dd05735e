import ClipSampling

/// What several models said of the clips that all of them scored, in one order and with the same
/// classes and groups.
struct CommonClips {
  /// As many as were given.
  let evaluations: [Evaluation]
  /// Clips that some scored and others did not, or under another label.
  let leftOut: [String]

  /// Which clip of a list: the third of the same name and label is another than the first.
  private struct Key: Hashable {
    let name: String
    let label: String
    let occurrence: Int
  }

  init(_ all: [Evaluation]) {
    precondition(!all.isEmpty, "something to compare")
    let keys = all.map { CommonClips.keys(of: $0.scored) }
    let shared = keys.dropFirst().reduce(Set(keys[0])) { $0.intersection($1) }
    let order = keys[0].filter(shared.contains)
    var classes = all[0].scored.classes
    for evaluation in all.dropFirst() {
      classes += evaluation.scored.classes.filter { !classes.contains($0) }
    }
    let groups = Dictionary(
      zip(keys[0], all[0].scored.groups), uniquingKeysWith: { first, _ in first })
    evaluations = all.map { evaluation in
      func restricted(_ clips: ScoredClips) -> ScoredClips {
        CommonClips.restricted(clips, to: order, classes: classes, groups: groups)
      }
      var common = evaluation
      common.scored = restricted(evaluation.scored)
      common.singleFrame = evaluation.singleFrame.map(restricted)
      common.shuffledFrames = evaluation.shuffledFrames.map(restricted)
      common.byForm = evaluation.byForm.map(restricted)
      common.members = evaluation.members.map(restricted)
      return common
    }
    var seen = Set<String>()
    leftOut = keys.flatMap { $0 }.filter { !shared.contains($0) && seen.insert($0.name).inserted }
      .map(\.name)
  }

  private static func keys(of clips: ScoredClips) -> [Key] {
    var seen: [Key: Int] = [:]
    return (0..<clips.count).map { index in
      let plain = Key(
        name: clips.names[index], label: clips.classes[clips.labels[index]], occurrence: 0)
      seen[plain, default: 0] += 1
      return Key(name: plain.name, label: plain.label, occurrence: seen[plain] ?? 1)
    }
  }

  /// The clips of these keys in their order; a class that a model does not have scores 0.
  private static func restricted(
    _ clips: ScoredClips, to order: [Key], classes: [String], groups: [Key: String]
  ) -> ScoredClips {
    let place = Dictionary(
      zip(keys(of: clips), 0..<clips.count), uniquingKeysWith: { first, _ in first })
    let columns = classes.map { clips.classes.firstIndex(of: $0) }
    var result = ScoredClips(classes: classes)
    for key in order {
      guard let index = place[key], let label = classes.firstIndex(of: key.label) else { continue }
      let row = clips.row(index)
      result.append(
        scores: columns.map { $0.map { row[row.startIndex + $0] } ?? 0 }, label: label,
        name: key.name, group: groups[key], video: clips.videos[index])
    }
    return result
  }
}
