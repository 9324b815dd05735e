import ClipSampling
import Datasets
import FileStore
import Foundation
import Training
import VideoDecoding

extension IgnoredFile.Reason {
  /// The error code of a file or folder that cannot even be opened.
  var code: String {
    switch self {
    case .missing: "NOT_FOUND"
    case .unreadableFolder: "PERMISSION"
    default: "IO"
    }
  }
}

/// Everything `check` has found, for its text and its JSON.
struct CheckReport {
  let input: CheckInput
  let inspection: InspectionReport
  let threads: Int
  let duplicates: DuplicateSearch
  let traits: [PredictiveTrait]
  /// What technical traits alone would score; nil for plain movies.
  let traitScores: TraitScores?
  /// Nil where training is not possible; then `trouble` says why.
  let estimate: TrainingEstimate?
  let trouble: String?
  /// The side of each clip, in the order of the inspection; nil where there is no split.
  let sides: [Split?]

  /// A clip with fewer frames shows some of them twice.
  let wantedFrames: Int
  /// Seconds; a clip that is shorter hardly shows a motion.
  static let shortest = 0.5

  var clips: [ClipInspection] { inspection.clips }

  init(_ input: CheckInput, inspection: InspectionReport, threads: Int) {
    self.input = input
    self.inspection = inspection
    self.threads = threads
    wantedFrames = input.plan?.preprocessing.frames ?? Preprocessing().frames
    let clips = inspection.clips
    duplicates = DuplicateSearch(clips.map(\.fingerprint)) { position in
      let clip = clips[position].clip
      guard clip.start == nil, clip.end == nil, RegularFile.exists(clip.file) else { return nil }
      return try? Digest.sha256(file: clip.file)
    }
    traits = input.index == nil ? [] : PredictiveTrait.all(of: clips)
    traitScores = input.index == nil ? nil : TraitScores(clips)
    var sides: [Clip: Split] = [:]
    if let division = input.division {
      for clip in division.train { sides[clip] = .train }
      for clip in division.validation { sides[clip] = .validation }
      for clip in division.test { sides[clip] = .test }
    }
    self.sides = clips.map { sides[$0.clip] }
    do {
      estimate = try input.plan.map { plan in
        var plan = plan
        try plan.leaveOut(
          clips.compactMap { found in
            found.error.map { ClipFailure(clip: found.clip, cause: $0) }
          })
        return try TrainingEstimate(plan, threads: threads)
      }
      trouble = input.trouble
    } catch {
      estimate = nil
      trouble = ErrorMessage.oneLine(for: error)
    }
  }

  // MARK: Kinds of clips

  var good: [ClipInspection] { clips.filter { $0.status == .ok } }
  var partial: [ClipInspection] { clips.filter { $0.status == .partial } }
  var unreadable: [ClipInspection] { clips.filter { $0.status == .error } }

  func isShort(_ clip: ClipInspection) -> Bool {
    // Nothing says how fast the images of a folder follow each other.
    let isBrief = clip.duration < CheckReport.shortest && clip.file.info?.isImageFolder != true
    return clip.error == nil && (clip.frames < wantedFrames || isBrief)
  }

  func isTurned(_ clip: ClipInspection) -> Bool {
    clip.file.info.map { clip.error == nil && ($0.rotation != 0 || $0.mirrored) } ?? false
  }

  // MARK: Copies

  /// Whether copies lie on both sides of the split.
  func isLeak(_ group: DuplicateGroup) -> Bool {
    group.spans { sides[$0] }
  }

  /// Whether copies have different labels.
  func isConflict(_ group: DuplicateGroup) -> Bool {
    group.spans { clips[$0].clip.label }
  }

  // MARK: Classes

  struct ClassCount {
    let name: String
    var clips = 0
    /// Clips that can be read, at least in part.
    var readable = 0
    var sides: [Split: Int] = [:]
  }

  /// In the order of the index.
  var classes: [ClassCount] {
    guard let index = input.index else { return [] }
    var counts = index.classes.map { ClassCount(name: $0) }
    for (found, side) in zip(clips, sides) {
      let position = found.clip.classIndex
      counts[position].clips += 1
      if found.error != nil { continue }
      counts[position].readable += 1
      if let side { counts[position].sides[side, default: 0] += 1 }
    }
    return counts
  }

  /// Clips of the largest class for each clip of the smallest, counting readable ones; nil when a
  /// class has none.
  var imbalance: Double? {
    let counts = classes.map(\.readable)
    guard let most = counts.max(), let least = counts.min(), least > 0 else { return nil }
    return Double(most) / Double(least)
  }

  /// What to know about the classes and the split, a line each.
  var notes: [String] {
    guard let index = input.index else { return [] }
    var notes = index.warnings + (input.division?.warnings ?? [])
    for entry in classes where entry.readable == 0 {
      notes.append("class \"\(entry.name)\": none of its \(entry.clips) clips can be decoded")
    }
    let lost = classes.filter { entry in
      entry.readable > 0 && entry.sides[.validation] == nil
        && !(input.division?.validation.isEmpty ?? true)
        && input.division?.validation.contains { $0.label == entry.name } == true
    }
    for entry in lost {
      notes.append(
        "class \"\(entry.name)\": the clips held out for validation cannot be decoded; its score "
          + "says nothing about it")
    }
    if let imbalance, imbalance >= 1.5 {
      notes.append(
        String(format: "classes are uneven, %.1f : 1 from the largest to the smallest; ", imbalance)
          + "train weighs rare ones up (--class-weights none switches that off)")
    }
    return notes
  }

  // MARK: Speed

  var framesPerSecond: Double { Double(inspection.frames) / max(inspection.seconds, 1e-9) }
  var clipsPerSecond: Double { Double(clips.count) / max(inspection.seconds, 1e-9) }
  /// Seconds of video decoded in a second.
  var realTime: Double { inspection.footage / max(inspection.seconds, 1e-9) }
}
