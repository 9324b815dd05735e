import ClipSampling
import Datasets
import FileStore
import Foundation
import ModelFiles

/// Which clips of a data set a model may fairly be scored on.
public struct HeldOutClips: Sendable {
  /// What the user asked for.
  public enum Request: Sendable, Hashable {
    /// Clips the model was not trained on, as far as can be known.
    case automatic
    /// All of them, those that were trained on included; a warning says so.
    case all
    /// Those of one side of the split, as far as that is known.
    case side(Split)
  }

  /// In the order of the index; with the groups that training used, where they are known.
  public let clips: [Clip]
  /// For people: which clips, why, and how to say otherwise.
  public let sentence: String
  /// Whether clips the model was trained on are among them, or may be.
  public let warning: String?
  /// Whether the model was validated on them, and then learned from them.
  public let wereRefitted: Bool

  /// - Parameters:
  ///   - modelPath: its run folder is looked for beside it.
  ///   - splitFile: a `split.csv` to go by instead; nil looks in the run folder.
  ///   - keepsGroups: the index's groups were asked for and are not to be replaced.
  /// - Throws: `EvaluationError` when nothing is left.
  public init(
    _ request: Request, of index: DatasetIndex, model: ModelMetadata, modelPath: String,
    splitFile: String? = nil, keepsGroups: Bool = false
  ) throws {
    let record = try SplitRecord.find(
      index: index, model: model, modelPath: modelPath, splitFile: splitFile)
    let isRefitted = model.training["refit_clips"] != nil
    let sides = index.clips.map { clip -> Split? in
      let side = record?.entry(of: clip)?.split ?? clip.split
      return isRefitted && request == .all && side == .validation ? .train : side
    }
    let source = record.map { " (\($0.source))" } ?? ""
    let choice: Choice
    switch request {
    case .all: choice = .all(sides, source)
    case .side(let side):
      choice = .side(side, of: sides, source)
      if choice.clips.isEmpty {
        throw EvaluationError(
          .empty, path: index.path,
          "no clip is known to be of the split \"\(side.rawValue)\"; give `splitFile` FILE, or "
            + "`split` all for all \(sides.count) clips")
      }
    case .automatic:
      choice = .automatic(sides, source, mayBeTrainedOn: model.datasetHash == index.fingerprint)
    }
    if choice.clips.isEmpty {
      throw EvaluationError(
        .empty, path: index.path,
        "all its clips were trained on; `split` all evaluates them all the same")
    }
    wereRefitted =
      isRefitted && request != .all && choice.clips.contains { sides[$0] == .validation }
    sentence = choice.sentence
    warning = choice.warning
    clips = choice.clips.map { position in
      let clip = index.clips[position]
      guard !keepsGroups, let group = record?.entry(of: clip)?.group, !group.isEmpty else {
        return clip
      }
      return Clip(
        path: clip.path, file: clip.file, start: clip.start, end: clip.end, label: clip.label,
        classIndex: clip.classIndex, group: group, split: clip.split)
    }
  }
}

/// Positions of clips to score, and what to say of them.
private struct Choice {
  let clips: [Int]
  let sentence: String
  var warning: String?

  static func all(_ sides: [Split?], _ source: String) -> Choice {
    let trained = sides.count { $0 == .train }
    return Choice(
      clips: Array(sides.indices), sentence: "evaluating all \(sides.count) clips",
      warning: trained == 0
        ? nil
        : "\(trained) of the \(sides.count) clips were trained on\(source), which flatters the scores"
    )
  }

  static func side(_ side: Split, of sides: [Split?], _ source: String) -> Choice {
    let chosen = sides.indices.filter { sides[$0] == side }
    return Choice(
      clips: chosen,
      sentence: "evaluating the \(chosen.count) of \(sides.count) clips of the split "
        + "\"\(side.rawValue)\"\(source)",
      warning: side == .train ? "scores on clips the model was trained on flatter it" : nil)
  }

  /// The test clips, else those that training held out, else those that it did not learn from.
  static func automatic(
    _ sides: [Split?], _ source: String, mayBeTrainedOn: Bool
  ) -> Choice {
    let total = sides.count
    let test = sides.indices.filter { sides[$0] == .test }
    if !test.isEmpty {
      return Choice(
        clips: test,
        sentence: "evaluating the \(test.count) test clips of \(total)\(source); "
          + "`split` all evaluates all")
    }
    let validation = sides.indices.filter { sides[$0] == .validation }
    if !validation.isEmpty {
      return Choice(
        clips: validation,
        sentence: "evaluating the \(validation.count) of \(total) clips that training held out"
          + "\(source); `split` all evaluates all")
    }
    let trained = sides.count { $0 == .train }
    if trained > 0 {
      return Choice(
        clips: sides.indices.filter { sides[$0] != .train },
        sentence: "leaving out \(trained) of \(total) clips that the model was trained on"
          + "\(source); `split` all evaluates all")
    }
    return Choice(
      clips: Array(sides.indices), sentence: "evaluating all \(total) clips",
      warning: mayBeTrainedOn
        ? "the model was trained on clips of this data set, and which ones is not known: "
          + "scores may flatter; give the run's split with `splitFile` FILE" : nil)
  }
}

/// Which clip was on which side of a training, from its `split.csv` or computed again.
struct SplitRecord: Sendable {
  struct Entry: Sendable {
    let split: Split
    let group: String
  }

  /// Where it is from, for people.
  let source: String
  private let entries: [String: Entry]

  func entry(of clip: Clip) -> Entry? { entries[SplitRecord.key(clip)] }

  /// The record given, or that of the model's run folder, or one computed as training did if its
  /// fingerprint is the model's; nil where there is none.
  static func find(
    index: DatasetIndex, model: ModelMetadata, modelPath: String, splitFile: String?
  ) throws -> SplitRecord? {
    if let splitFile { return try SplitRecord(reading: splitFile) }
    let beside = RunFolder(model: modelPath).split
    if RegularFile.exists(beside) { return try SplitRecord(reading: beside) }
    return recomputed(index: index, model: model)
  }

  /// A split depends on the clips, the seed and the share or the groups held out alone, all of
  /// which the model knows.
  private static func recomputed(index: DatasetIndex, model: ModelMetadata) -> SplitRecord? {
    struct Settings: Decodable {
      let seed: UInt64
      let validationFraction: Double
    }
    guard model.datasetHash == index.fingerprint, let text = model.training["settings"],
      let settings: Settings = try? BoundedJSON.decode(Array(text.utf8)),
      let split = try? Splitter.split(
        index,
        SplitOptions(
          validationFraction: settings.validationFraction, seed: settings.seed,
          holdOut: heldGroups(model))), split.fingerprint == model.splitHash
    else { return nil }
    return SplitRecord(split)
  }

  private static func heldGroups(_ model: ModelMetadata) -> [String] {
    guard let text = model.training["validation_groups"] else { return [] }
    return (try? BoundedJSON.decode(Array(text.utf8))) ?? []
  }

  private init(_ split: DatasetSplit) {
    source = "the split of its training, computed again"
    var entries: [String: Entry] = [:]
    for (side, clips) in [
      (Split.train, split.train), (.validation, split.validation), (.test, split.test),
    ] {
      for clip in clips {
        entries[SplitRecord.key(clip)] = Entry(split: side, group: clip.group)
      }
    }
    self.entries = entries
  }

  init(reading path: String) throws {
    source = "by \(PathText.display(path))"
    var entries: [String: Entry] = [:]
    var columns: [String: Int] = [:]
    try CSV.forEachRecord(path: path) { fields, line in
      if columns.isEmpty {
        columns = Dictionary(
          fields.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        for name in ["filepath", "label", "split"] where columns[name] == nil {
          throw EvaluationError(
            .format, path: path,
            "its first line lacks the column \(name); expected filepath,label,split,group")
        }
        return
      }
      func field(_ name: String) -> String {
        guard let column = columns[name], column < fields.count else { return "" }
        return fields[column]
      }
      guard let side = Split(name: field("split")) else {
        throw EvaluationError(
          .format, path: path,
          "line \(line): the split \"\(field("split"))\" is none of train, val, test")
      }
      func seconds(_ name: String) throws -> Double? {
        if field(name).isEmpty { return nil }
        guard let time = Double(field(name)).flatMap({ MovieTime($0) }) else {
          throw EvaluationError(
            .format, path: path,
            "line \(line): \(name) is \"\(field(name))\"; expected seconds up to "
              + "\(MovieTime.range.upperBound)")
        }
        return time.seconds
      }
      let clip = Clip(
        path: field("filepath"), file: "", start: try seconds("start"), end: try seconds("end"),
        label: field("label"))
      entries[SplitRecord.key(clip)] = Entry(split: side, group: field("group"))
    }
    if columns.isEmpty {
      throw EvaluationError(.format, path: path, "is empty; expected filepath,label,split,group")
    }
    self.entries = entries
  }

  /// Without the label: a clip that was corrected since was learned from all the same.
  private static func key(_ clip: Clip) -> String {
    let range = [clip.start, clip.end].map { $0.map { "\($0)" } ?? "" }
    return CSV.line([clip.path] + range)
  }
}
