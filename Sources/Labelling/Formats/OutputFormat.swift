import FileStore

/// The ways labels are written.
public enum OutputFormat: String, Sendable, CaseIterable {
  /// What `-f` takes. Those for programs are told in the file of each.
  case table, jsonl, json, csv, vtt, srt, megadetector, labelstudio, elan, eaf, boris
  /// A project, besides the table for BORIS above.
  case borisProject = "boris-project"
  /// For editors of films.
  case edl, fcpxml

  /// Of a file in this format, without the dot.
  public var fileExtension: String {
    switch self {
    case .table: "txt"
    case .jsonl: "jsonl"
    case .json, .megadetector, .labelstudio: "json"
    case .csv: "csv"
    case .vtt: "vtt"
    case .srt: "srt"
    case .elan, .boris: "tsv"
    case .eaf: "eaf"
    case .borisProject: "boris"
    case .edl: "edl"
    case .fcpxml: "fcpxml"
    }
  }

  /// The format of a file by its extension, where that tells.
  public static func named(_ fileExtension: String) -> OutputFormat? {
    let telling: [OutputFormat] = [
      .jsonl, .json, .csv, .vtt, .srt, .eaf, .borisProject, .edl, .fcpxml,
    ]
    return telling.first { $0.fileExtension == fileExtension }
  }

  /// Whether a file holds one movie: subtitles belong to a film.
  public var isPerMovie: Bool { [.vtt, .srt, .eaf, .edl].contains(self) }

  /// Whether people go on working in the file itself, so that it must not be written over.
  public var isSealed: Bool { [.eaf, .borisProject, .edl, .fcpxml].contains(self) }

  /// The whole text of a file with these records, in their order.
  ///
  /// - Parameter settings: for formats that say where movies are.
  public func render(_ records: [LabelRecord], _ settings: RenderSettings = RenderSettings())
    -> String
  {
    switch self {
    case .table:
      let table = TableFormat(records: records)
      return records.map { table.render($0) }.joined()
    case .jsonl: return records.map { $0.json.text + "\n" }.joined()
    case .json: return JSONLayout.list(records.map(\.json))
    case .csv: return CSVFormat.render(records)
    case .vtt: return SubtitleFormat.webVTT(records)
    case .srt: return SubtitleFormat.subRip(records)
    case .megadetector: return MegaDetectorFormat.render(records)
    case .labelstudio: return LabelStudioFormat.render(records, settings)
    case .elan: return BehaviourTables.elan(records)
    case .boris: return BehaviourTables.boris(records)
    case .borisProject: return BorisProject.render(records, settings)
    case .fcpxml: return FinalCutFormat.render(records, settings)
    case .eaf: return records.map { ElanFormat.render($0, settings) }.joined()
    case .edl: return records.map { EditDecisionList.render($0, settings) }.joined()
    }
  }
}

/// JSON documents with a line for every element of a list.
enum JSONLayout {
  static func list(_ values: [JSONValue]) -> String {
    values.isEmpty ? "[]\n" : "[\n" + values.map(\.text).joined(separator: ",\n") + "\n]\n"
  }
}

extension LabelRecord {
  /// The segments; of a movie labelled as a whole, one that lasts as long as it does.
  var shownSegments: [Segment] {
    if !segments.isEmpty { return segments }
    guard let label, let duration, duration > 0 else { return [] }
    return [Segment(start: 0, end: duration, label: label, score: score ?? 0)]
  }

  /// Frames a second, by count and duration where the file does not say.
  var usableFrameRate: Double? {
    if let framesPerSecond, framesPerSecond > 0 { return framesPerSecond }
    guard let frames, let duration, frames > 0, duration > 0 else { return nil }
    return Double(frames) / duration
  }

  /// Every class of these records, and behind them what else segments are called, such as `unknown`.
  static func labels(in records: [LabelRecord]) -> [String] {
    var labels = classNames(in: records)
    var known = Set(labels)
    for segment in records.lazy.flatMap(\.shownSegments)
    where known.insert(segment.label).inserted {
      labels.append(segment.label)
    }
    return labels
  }

  /// Every class of these records, in order of first appearance.
  static func classNames(in records: [LabelRecord]) -> [String] {
    var names: [String] = []
    var known: Set<String> = []
    for record in records {
      for entry in record.scores where known.insert(entry.label).inserted {
        names.append(entry.label)
      }
    }
    return names
  }
}
