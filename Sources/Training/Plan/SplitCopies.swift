import ClipSampling
import Datasets
import Evaluation
import FileStore
import Synchronization

/// Copies among the clips of a training: those on both sides of its split flatter the scores, those
/// under two labels confuse the model.
struct SplitCopies {
  private let clips: [Clip]
  private let search: DuplicateSearch
  /// Clips up to here are learned from; the others are held out.
  private let learned: Int

  /// - Parameters:
  ///   - learned: how many of the clips, the first ones, are learned from.
  ///   - fingerprints: of the clips; nil for those that could not be read.
  init(_ clips: [Clip], learned: Int, fingerprints: [ClipFingerprint?]) {
    self.clips = clips
    self.learned = learned
    search = DuplicateSearch(fingerprints)
  }

  /// Groups of copies that lie on both sides.
  var leaks: [DuplicateGroup] {
    search.groups.filter { $0.spans { $0 < learned } }
  }

  /// Groups of copies whose labels differ.
  var conflicts: [DuplicateGroup] {
    search.groups.filter { $0.spans { clips[$0].label } }
  }

  /// All copies, for a report.
  var told: ReportDetails.Copies {
    ReportDetails.Copies(search.groups, of: clips, learned: learned)
  }

  /// A line for each kind of trouble.
  var warnings: [String] {
    var lines: [String] = []
    let leaks = leaks
    if !leaks.isEmpty {
      let held = leaks.reduce(0) { sum, group in
        sum + group.members.count { $0 >= learned }
      }
      lines.append(
        "\(held) of \(clips.count - learned) clips held out show\(held == 1 ? "s" : "") what a clip "
          + "to train on shows, so scores flatter: \(examples(leaks) { acrossSplit($0) }); drop one "
          + "of each, or give copies one group (vidclass check lists all)")
    }
    let conflicts = conflicts
    if !conflicts.isEmpty {
      lines.append(
        "\(conflicts.count) clip\(conflicts.count == 1 ? " is" : "s are") there under two labels: "
          + "\(examples(conflicts) { acrossLabels($0) }); keep the right one of each")
    }
    return lines
  }

  private func examples(
    _ groups: [DuplicateGroup], _ pair: (DuplicateGroup) -> (Int, Int)
  ) -> String {
    groups.prefix(3).map { group in
      let (one, other) = pair(group)
      return "\(PathText.display(clips[one].name)) and \(PathText.display(clips[other].name)) "
        + "(\(group.kind.rawValue))"
    }.joined(separator: ", ") + (groups.count > 3 ? " and \(groups.count - 3) more" : "")
  }

  private func acrossSplit(_ group: DuplicateGroup) -> (Int, Int) {
    let one = group.members[0]
    return (one, group.members.first { ($0 < learned) != (one < learned) } ?? one)
  }

  private func acrossLabels(_ group: DuplicateGroup) -> (Int, Int) {
    let one = group.members[0]
    return (one, group.members.first { clips[$0].label != clips[one].label } ?? one)
  }
}

/// Fingerprints of clips as they are decoded, on any thread.
final class FingerprintList: Sendable {
  private let fingerprints: Mutex<[ClipFingerprint?]>

  init(count: Int) { fingerprints = Mutex([ClipFingerprint?](repeating: nil, count: count)) }

  func put(_ fingerprint: ClipFingerprint, at position: Int) {
    fingerprints.withLock { $0[position] = fingerprint }
  }

  var all: [ClipFingerprint?] { fingerprints.withLock { $0 } }
}

extension GroupLikeness {
  /// Both figures of what a random split would hide, where they differ by much.
  func warnings(for plan: TrainingPlan) -> [String] {
    guard amongAll - amongOthers > 0.1 else { return [] }
    func percent(_ value: Double) -> String { "\(Int(clamping: (value * 100).rounded())) %" }
    let sides = [plan.train, plan.validation + plan.held].map { Set($0.map(\.group)) }
    let kept =
      sides[0].isDisjoint(with: sides[1])
      ? "this one keeps groups whole" : "and so does this one, as groups are on both sides"
    return [
      "clips of one group give each other away: the clip that looks most like it has the right label "
        + "for \(percent(amongAll)) of clips, and for \(percent(amongOthers)) when "
        + "its own group is left out; a random split would flatter by as much, \(kept)"
    ]
  }
}
