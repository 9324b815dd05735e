import ClipSampling
import Datasets
import FileStore
import Foundation

/// The findings for people: a summary, then a list of each kind.
extension CheckReport {
  /// Lines of a list that are shown.
  private static let shown = 20

  func lines(isStyled: Bool) -> [String] {
    func title(_ text: String, _ style: TextStyle) -> String { style.on(text, enabled: isStyled) }
    var lines = summary
    for section in sections where !section.lines.isEmpty {
      lines.append("")
      lines.append(
        title("\(section.title) (\(section.lines.count))", section.isGrave ? .red : .bold)
          + (section.advice.isEmpty ? "" : ": \(section.advice)"))
      lines += section.lines.prefix(CheckReport.shown).map { "  " + $0 }
      let more = section.lines.count - CheckReport.shown
      if more > 0 { lines.append("  and \(more) more (--json lists all)") }
    }
    return lines
  }

  // MARK: Summary

  private var summary: [String] {
    func row(_ title: String, _ text: String) -> String {
      title.padding(toLength: 11, withPad: " ", startingAt: 0) + SettingNames.options(in: text)
    }
    var lines = [row("checked", verdict)]
    if let index = input.index {
      let counts = classes.map { "\(PathText.display($0.name)) \($0.clips)" }
      let more = counts.count > 24 ? " and \(counts.count - 24) more" : ""
      lines.append(row("classes", counts.prefix(24).joined(separator: ", ") + more))
      lines.append(row("groups", index.groupRule.sentence))
      if index.groupRule.kind != .none { lines.append(row("", largestGroups(index))) }
      if let traitScores { lines.append(row("alone", text(traitScores))) }
      lines.append(row("split", input.division?.sentence ?? "none: \(trouble ?? "too few clips")"))
      if let plan = input.plan, !plan.mirror.allowsFlip {
        lines.append(row("mirror", plan.mirror.sentence))
      }
      let reasons = index.ignoredCounts.map { "\($0.count) \($0.reason.rawValue)" }
      if !reasons.isEmpty { lines.append(row("left out", reasons.joined(separator: ", "))) }
    } else if input.ignoredCount > 0 {
      lines.append(row("left out", "\(input.ignoredCount) files that are no movies"))
    }
    if let pictures { lines.append(row("pictures", pictures)) }
    lines.append(
      row(
        "decoding",
        String(
          format: "%d frames in %@: %.0f frames/s, %.1f clips/s, %.0f × real time, %d thread%@",
          inspection.frames, Duration.text(seconds: inspection.seconds), framesPerSecond,
          clipsPerSecond,
          realTime, threads, threads == 1 ? "" : "s")))
    if let estimate {
      lines.append(
        row(
          "training",
          "about \(Duration.text(seconds: estimate.seconds)): \(estimate.epochs) epochs of "
            + "\(Duration.text(seconds: estimate.secondsPerEpoch)) with \(estimate.architecture), batches of "
            + "\(estimate.batchSize); an estimate from a few steps on this machine"))
    } else if input.index != nil, let trouble {
      lines.append(row("training", "not possible: \(trouble)"))
    }
    return lines
  }

  /// The largest groups with a clip of each, so that one sees whether they are what one thinks.
  private func largestGroups(_ index: DatasetIndex) -> String {
    let members = Dictionary(grouping: index.clips, by: \.group)
    let largest = members.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(3)
    return "the largest: "
      + largest.map { group, clips in
        "\(PathText.display(group)), \(clips.count) clips such as "
          + PathText.display(clips[clips.count - 1].path)
      }.joined(separator: "; ")
  }

  private func text(_ scores: TraitScores) -> String {
    let parts = scores.scores.map { String(format: "%@ %.0f %%", $0.trait, 100 * $0.accuracy) }
    return "what would guess the class: \(parts.joined(separator: ", "))"
      + String(format: "; the commonest class %.0f %%", 100 * scores.chance)
  }

  private var verdict: String {
    let bad = unreadable.count + input.missing.count
    var parts = ["\(good.count) good"]
    if bad > 0 { parts.append("\(bad) unreadable") }
    if !partial.isEmpty { parts.append("\(partial.count) partial") }
    let leaks = duplicates.groups.count(where: isLeak)
    if leaks > 0 { parts.append("\(leaks) set\(leaks == 1 ? "" : "s") of copies across the split") }
    let kind = input.index.map { " of \(counted($0.classes.count, "class", "classes"))" } ?? ""
    return "\(counted(clips.count, "clip"))\(kind) in \(PathText.display(input.title)): "
      + parts.joined(separator: ", ")
  }

  /// `640×360 (90), 320×240 (10); 25 frames/s (100)`.
  private var pictures: String? {
    let infos = clips.filter { $0.error == nil }.compactMap(\.file.info)
    guard !infos.isEmpty else { return nil }
    let sizes = infos.map { "\($0.width)×\($0.height)" }
    let rates = clips.compactMap { $0.file.info == nil ? nil : $0.file.timing.framesPerSecond }
      .map { String(format: "%.4g frames/s", ($0 * 10).rounded() / 10) }
    return [commonest(sizes), commonest(rates)].filter { !$0.isEmpty }.joined(separator: "; ")
  }

  private func commonest(_ values: [String]) -> String {
    var counts: [String: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    let ordered = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let more = ordered.count > 4 ? " and \(ordered.count - 4) more" : ""
    return ordered.prefix(4).map { ordered.count == 1 ? $0.key : "\($0.key) (\($0.value))" }
      .joined(separator: ", ") + more
  }

  // MARK: Lists

  private struct Section {
    let title: String
    var advice = ""
    var isGrave = false
    let lines: [String]
  }

  private var sections: [Section] {
    let leaks = duplicates.groups.filter(isLeak)
    let conflicts = duplicates.groups.filter { !isLeak($0) && isConflict($0) }
    let others = duplicates.groups.filter { !isLeak($0) && !isConflict($0) }
    return [
      Section(
        title: "unreadable", advice: "train and label leave these out", isGrave: true,
        lines: unreadable.map { found in
          "\(found.error.map { "\($0.code.rawValue): \($0.message)" } ?? "")"
        }
          + input.missing.map {
            "\($0.reason.code): \(PathText.display($0.path)): \($0.explanation)"
          }),
      Section(
        title: "partial", advice: "used as far as they can be decoded; better export them again",
        isGrave: true, lines: partial.map(partialLine)),
      Section(
        title: "LEAK: copies on both sides of the split",
        advice: "scores would flatter; "
          + (clips.contains { $0.clip.split != nil }
            ? "delete all but one, or put all on one side"
            : "delete all but one, or train on --fix-list good.csv, where copies share a group"),
        isGrave: true, lines: leaks.map(line)),
      Section(
        title: "copies under different labels", advice: "one of the labels is wrong", isGrave: true,
        lines: conflicts.map(line)),
      Section(title: "other copies", lines: others.map(line)),
      Section(title: "classes and split", lines: notes.map(PathText.display)),
      Section(
        title: "technical traits that betray the class",
        advice: "a network may learn these in place of what happens; convert all clips alike",
        lines: traits.map(line)),
      Section(
        title: "very short",
        advice:
          "fewer than \(wantedFrames) frames or \(CheckReport.shortest) s; frames are repeated",
        lines: clips.filter(isShort).map {
          "\(name($0)): \(counted($0.frames, "frame")), \(String(format: "%.2f s", $0.duration))"
        }),
      Section(
        title: "variable frame rate", advice: "frames are chosen by their times",
        lines: clips.filter { $0.error == nil && $0.file.timing.isVariable }.map(variableLine)),
      Section(
        title: "turned or mirrored", advice: "used as players show them",
        lines: clips.filter(isTurned).map { found in
          let info = found.file.info
          let turn = (info?.rotation ?? 0) == 0 ? [] : ["turned by \(info?.rotation ?? 0)°"]
          return name(found) + ": "
            + (turn + (info?.mirrored == true ? ["mirrored"] : [])).joined(separator: ", ")
        }),
      Section(
        title: "blank",
        advice: "every frame is of one brightness; compared with other clips by their bytes only",
        lines: duplicates.blank.map { name(clips[$0]) }),
      Section(
        title: "to know of the files",
        lines: good.flatMap { found in found.file.warnings.map { "\(name(found)): \($0)" } }),
      Section(
        title: "search for copies",
        lines: duplicates.isComplete
          ? []
          : [
            "too many pictures are alike: the commonest were left out of the search for near copies"
          ]
      ),
    ]
  }

  private func name(_ found: ClipInspection) -> String {
    PathText.display(input.index == nil ? found.clip.file : found.clip.name)
  }

  private func partialLine(_ found: ClipInspection) -> String {
    let until = found.file.decodedUntil.map { String(format: "decoded until %.2f s", $0) }
    let promised = found.file.info?.duration.flatMap { whole in
      whole > (found.file.decodedUntil ?? whole) + 0.05 ? String(format: " of %.2f s", whole) : nil
    }
    return "\(name(found)): \(until ?? "decoded in part")\(promised ?? ""), "
      + "\(counted(found.frames, "frame")); " + found.file.warnings.joined(separator: "; ")
  }

  private func variableLine(_ found: ClipInspection) -> String {
    let timing = found.file.timing
    return name(found)
      + String(
        format: ": %.2f frames/s on average, each stands %.0f to %.0f ms",
        timing.framesPerSecond ?? 0, (timing.shortest ?? 0) * 1000, (timing.longest ?? 0) * 1000)
  }

  /// `walk/a.mp4 [train] = walk/b.mp4 [val] (same pictures)`.
  private func line(_ group: DuplicateGroup) -> String {
    let isLeak = isLeak(group)
    let members = group.members.prefix(6).map { member in
      let side = isLeak ? sides[member] : nil
      return name(clips[member]) + (side.map { " [\($0.rawValue)]" } ?? "")
    }
    let more = group.members.count > 6 ? " and \(group.members.count - 6) more" : ""
    let kind =
      group.kind == .similar
      ? String(format: "%@, %.0f %% alike", group.kind.rawValue, group.likeness * 100)
      : group.kind.rawValue
    let labels = isLeak && isConflict(group) ? ", different labels" : ""
    return members.joined(separator: group.kind == .similar ? " ≈ " : " = ") + more
      + " (\(kind)\(labels))"
  }

  private func line(_ trait: PredictiveTrait) -> String {
    let usual = trait.usual.prefix(4).map {
      String(format: "%@ %@ (%.0f %%)", PathText.display($0.label), $0.value, $0.share * 100)
    }
    return String(
      format: "%@ alone tells the class of %.1f %% of the clips (%.1f %% by chance): ", trait.name,
      trait.accuracy * 100, trait.chance * 100)
      + usual.joined(separator: ", ") + (trait.usual.count > 4 ? ", …" : "")
  }

  private func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
  }
}
