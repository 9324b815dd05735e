import Datasets
import Foundation

/// `check --json`.
struct CheckSummary: Encodable {
  struct Entry: Encodable {
    struct Failure: Encodable {
      let code: String
      let message: String
    }

    let path: String
    let file: String
    let label: String?
    let split: String?
    let group: String?
    let start: Double?
    let end: Double?
    let status: String
    let error: Failure?
    let frames: Int
    let duration: Double
    let decodedUntil: Double?
    let fps: Double?
    let variableFrameRate: Bool
    let short: Bool
    let blank: Bool
    let still: Bool
    let width: Int?
    let height: Int?
    let rotation: Int?
    let mirrored: Bool?
    let container: String?
    let codec: String?
    let pixelFormat: String?
    let size: Int64?
    let warnings: [String]

    enum CodingKeys: String, CodingKey {
      case path, file, label, split, group, start, end, status, error, frames, duration, fps, short
      case blank, still, width, height, rotation, mirrored, container, codec, size, warnings
      case decodedUntil = "decoded_until"
      case variableFrameRate = "variable_frame_rate"
      case pixelFormat = "pixel_format"
    }
  }

  struct Copies: Encodable {
    let kind: String
    let likeness: Double
    /// On both sides of the split.
    let leak: Bool
    /// Under different labels.
    let conflict: Bool
    let clips: [String]
  }

  struct ClassEntry: Encodable {
    let name: String
    let clips: Int
    let readable: Int
    let train: Int
    let val: Int
    let test: Int
  }

  struct Groups: Encodable {
    let kind: String
    let count: Int
    let sentence: String
  }

  struct Sides: Encodable {
    let train: Int
    let val: Int
    let test: Int
    let sentence: String
  }

  struct Mirror: Encodable {
    let pairs: [[String]]
    let flip: Bool
    let sentence: String
  }

  struct Ignored: Encodable {
    let path: String
    let reason: String
  }

  struct Trait: Encodable {
    struct Usual: Encodable {
      let label: String
      let value: String
      let share: Double
    }

    let name: String
    let accuracy: Double
    let chance: Double
    let usual: [Usual]
  }

  struct Decoding: Encodable {
    let files: Int
    let frames: Int
    let footage: Double
    let seconds: Double
    let framesPerSecond: Double
    let clipsPerSecond: Double
    let realTime: Double
    let threads: Int

    enum CodingKeys: String, CodingKey {
      case files, frames, footage, seconds, threads
      case framesPerSecond = "frames_per_second"
      case clipsPerSecond = "clips_per_second"
      case realTime = "real_time"
    }
  }

  struct Training: Encodable {
    /// An estimate, for the whole training.
    let estimatedSeconds: Double?
    let secondsPerEpoch: Double?
    let epochs: Int?
    let batchSize: Int?
    let arch: String?
    /// Why training is not possible.
    let trouble: String?

    enum CodingKeys: String, CodingKey {
      case epochs, arch, trouble
      case estimatedSeconds = "estimated_seconds"
      case secondsPerEpoch = "seconds_per_epoch"
      case batchSize = "batch_size"
    }
  }

  let path: String
  let clips: Int
  let good: Int
  let unreadable: Int
  let partial: Int
  let classes: [ClassEntry]?
  let imbalance: Double?
  let groups: Groups?
  let split: Sides?
  let mirror: Mirror?
  let ignored: [Ignored]
  let notes: [String]
  let duplicates: [Copies]
  let duplicatesComplete: Bool
  let traits: [Trait]
  let traitScores: [String: Double]?
  let decoding: Decoding
  let training: Training?
  let results: [Entry]

  enum CodingKeys: String, CodingKey {
    case path, clips, good, unreadable, partial, classes, imbalance, groups, split, mirror, ignored
    case notes, duplicates, traits, decoding, training, results
    case traitScores = "trait_scores"
    case duplicatesComplete = "duplicates_complete"
  }

  init(_ report: CheckReport) {
    let input = report.input
    path = input.title
    clips = report.clips.count
    good = report.good.count
    unreadable = report.unreadable.count + input.missing.count
    partial = report.partial.count
    classes =
      input.index == nil
      ? nil
      : report.classes.map {
        ClassEntry(
          name: $0.name, clips: $0.clips, readable: $0.readable, train: $0.sides[.train] ?? 0,
          val: $0.sides[.validation] ?? 0, test: $0.sides[.test] ?? 0)
      }
    imbalance = report.imbalance
    groups = input.index.map {
      Groups(
        kind: $0.groupRule.kind.rawValue, count: $0.groupRule.groupCount,
        sentence: SettingNames.options(in: $0.groupRule.sentence))
    }
    split = input.division.map {
      Sides(
        train: $0.train.count, val: $0.validation.count, test: $0.test.count,
        sentence: SettingNames.options(in: $0.sentence))
    }
    mirror = input.index.map { index in
      let mirror = LabelMirror(classes: index.classes)
      return Mirror(
        pairs: mirror.pairs.map { $0.map { index.classes[$0] } }, flip: mirror.allowsFlip,
        sentence: SettingNames.options(in: mirror.sentence))
    }
    ignored = (input.index?.ignored ?? []).map {
      Ignored(path: $0.path, reason: $0.reason.rawValue)
    }
    notes = report.notes
    duplicates = report.duplicates.groups.map { group in
      Copies(
        kind: group.kind.rawValue, likeness: CheckSummary.rounded(group.likeness),
        leak: report.isLeak(group), conflict: report.isConflict(group),
        clips: group.members.map { report.clips[$0].clip.name })
    }
    duplicatesComplete = report.duplicates.isComplete
    traitScores = report.traitScores.map { scores in
      Dictionary(uniqueKeysWithValues: scores.scores.map { ($0.trait, $0.accuracy) })
        .merging(["chance": scores.chance]) { first, _ in first }
    }
    traits = report.traits.map { trait in
      Trait(
        name: trait.name, accuracy: trait.accuracy, chance: trait.chance,
        usual: trait.usual.map {
          Trait.Usual(label: $0.label, value: $0.value, share: $0.share)
        })
    }
    let inspection = report.inspection
    decoding = Decoding(
      files: inspection.files, frames: inspection.frames, footage: inspection.footage,
      seconds: inspection.seconds, framesPerSecond: report.framesPerSecond,
      clipsPerSecond: report.clipsPerSecond, realTime: report.realTime, threads: report.threads)
    training =
      input.index == nil
      ? nil
      : Training(
        estimatedSeconds: report.estimate?.seconds,
        secondsPerEpoch: report.estimate?.secondsPerEpoch, epochs: report.estimate?.epochs,
        batchSize: report.estimate?.batchSize, arch: report.estimate?.architecture,
        trouble: report.trouble)
    results =
      zip(report.clips, report.sides).map { CheckSummary.entry($0, side: $1, report) }
      + input.missing.map(CheckSummary.entry)
  }

  private static func entry(
    _ found: ClipInspection, side: Split?, _ report: CheckReport
  ) -> Entry {
    let (clip, file) = (found.clip, found.file)
    let hasClasses = report.input.index != nil
    return Entry(
      path: clip.path, file: clip.file, label: hasClasses ? clip.label : nil,
      split: side?.rawValue, group: hasClasses ? clip.group : nil, start: clip.start,
      end: clip.end, status: found.status.rawValue,
      error: found.error.map { Entry.Failure(code: $0.code.rawValue, message: $0.message) },
      frames: found.frames, duration: found.duration, decodedUntil: file.decodedUntil,
      fps: file.timing.framesPerSecond, variableFrameRate: file.timing.isVariable,
      short: report.isShort(found), blank: found.fingerprint?.isBlank ?? false,
      still: found.fingerprint?.isStill ?? false, width: file.info?.width,
      height: file.info?.height, rotation: file.info?.rotation, mirrored: file.info?.mirrored,
      container: file.info?.container, codec: file.info?.codec,
      pixelFormat: file.info?.pixelFormat, size: file.info?.fileSize, warnings: file.warnings)
  }

  private static func entry(_ missing: IgnoredFile) -> Entry {
    Entry(
      path: missing.path, file: missing.path, label: nil, split: nil, group: nil, start: nil,
      end: nil, status: ClipInspection.Status.error.rawValue,
      error: Entry.Failure(
        code: missing.reason.code,
        message: "\(missing.path): \(missing.reason.rawValue)"),
      frames: 0, duration: 0, decodedUntil: nil, fps: nil, variableFrameRate: false, short: false,
      blank: false, still: false, width: nil, height: nil, rotation: nil, mirrored: nil,
      container: nil, codec: nil, pixelFormat: nil, size: nil, warnings: [])
  }

  private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
