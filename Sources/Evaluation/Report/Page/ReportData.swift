import Foundation
import WebPages

/// What the page's scripts are given of a report; the names are those of report.js.
struct ReportData: Encodable {
  struct Summary: Encodable {
    struct Row: Encodable {
      let key: String
      let title: String
      let explanation: String
      let isScore: Bool
      let value: Double?
      let low: Double?
      let high: Double?
      let baselines: [Double?]
    }

    struct Column: Encodable {
      let title: String
      let explanation: String
    }

    struct Videos: Encodable {
      let videos: Int
      let top1: Double?
      let macroF1: Double?
    }

    let metrics: [Row]
    let baselines: [Column]
    let intervals: String
    let perVideo: Videos?
    let ensemble: String?
    let clipsPerSecond: Double?
  }

  struct PerClass: Encodable {
    /// Value and both ends of the interval.
    let precision: [[Double?]]
    let recall: [[Double?]]
    let f1: [[Double?]]
    let support: [Int]
  }

  struct Clips: Encodable {
    let names: [String]
    let labels: [Int]
    /// Positions in `groupNames`.
    let groups: [Int]
    let groupNames: [String]
    /// Share of an ensemble's networks that say otherwise; nil for a single one.
    let disagreement: [Double]?
  }

  struct Thresholds: Encodable {
    struct Row: Encodable {
      let name: String
      /// Nil where the class is never given.
      let threshold: Double?
      /// Nil at an end where the class would never be given.
      let low: Double?
      let high: Double?
      let isReached: Bool
      /// Value and both ends of the interval.
      let precision: [Double?]
      let recall: [Double?]
      let given: Int
      let unknown: Int
    }

    let goal: String
    let rows: [Row]
    let sentences: [String]
  }

  struct Skipped: Encodable {
    let total: Int
    let clips: [[String]]
  }

  let classes: [String]
  /// Wrong answers as sure as this make the label doubtful.
  let doubtfulFrom = ReportDetails.Doubt.leastScore
  let summary: Summary
  let perClass: PerClass
  let thresholds: Thresholds?
  let clips: Clips
  let scores: PackedScores
  let facts: [[String]]
  let skipped: Skipped
  let doubts: [ReportDetails.Doubt]
  let copies: ReportDetails.Copies?
  let training: ReportDetails.Training?
  let split: ReportDetails.Split?
  let origin: [[String]]

  private static let mostSkipped = 500

  init(_ report: EvaluationReport) {
    let scored = report.scored
    classes = scored.classes
    summary = Summary(report)
    perClass = PerClass(report)
    thresholds = report.thresholds.map(Thresholds.init)
    clips = Clips(report)
    scores = PackedScores(scored)
    facts = report.facts.map { [$0.name, $0.value] }
    skipped = Skipped(
      total: report.skipped.count,
      clips: report.skipped.prefix(ReportData.mostSkipped).map { [$0.path, $0.reason] })
    let details = report.details
    doubts = details.doubts
    copies = details.copies
    training = details.training
    split = details.split
    origin = details.origin.map { [$0.name, $0.value] }
  }
}

extension ReportData.Summary {
  init(_ report: EvaluationReport) {
    metrics = Metric.allCases.map { metric in
      let interval = report.bootstrap[metric]
      return Row(
        key: metric.rawValue, title: report.title(metric), explanation: metric.explanation,
        isScore: metric.isScore, value: PageData.figure(interval.value),
        low: PageData.figure(interval.low), high: PageData.figure(interval.high),
        baselines: report.baselines.map { PageData.figure($0.metrics[metric]) })
    }
    baselines = report.baselines.map { Column(title: $0.title, explanation: $0.explanation) }
    intervals = report.intervalSentence
    perVideo = report.perVideo.map {
      Videos(
        videos: $0.count, top1: PageData.figure($0.metrics[.top1]),
        macroF1: PageData.figure($0.metrics[.macroF1]))
    }
    ensemble = report.disagreement?.sentence
    clipsPerSecond = report.clipsPerSecond.flatMap(PageData.figure)
  }
}

extension ReportData.PerClass {
  init(_ report: EvaluationReport) {
    precision = report.bootstrap.perClass.map { $0.precision.figures }
    recall = report.bootstrap.perClass.map { $0.recall.figures }
    f1 = report.bootstrap.perClass.map { $0.f1.figures }
    support = report.metrics.confusion.map { $0.reduce(0, +) }
  }
}

extension ReportData.Thresholds {
  init(_ choice: ThresholdChoice) {
    goal = choice.goal.description
    rows = choice.classes.map { own in
      Row(
        name: own.name, threshold: own.threshold.flatMap(PageData.figure),
        low: PageData.figure(own.interval.low), high: PageData.figure(own.interval.high),
        isReached: own.isReached, precision: own.precision.figures, recall: own.recall.figures,
        given: own.kept, unknown: own.unknown)
    }
    sentences = choice.sentences
  }
}

extension Interval {
  /// Value and both ends, as the page's scripts take them.
  fileprivate var figures: [Double?] { [value, low, high].map(PageData.figure) }
}

extension ReportData.Clips {
  init(_ report: EvaluationReport) {
    let scored = report.scored
    names = scored.names
    labels = scored.labels
    var positions: [String: Int] = [:]
    var order: [String] = []
    groups = scored.groups.map { group in
      if let known = positions[group] { return known }
      positions[group] = order.count
      order.append(group)
      return order.count - 1
    }
    groupNames = order
    disagreement = report.disagreement.map { votes in
      let shares = Dictionary(
        votes.clips.map { ($0.path, $0.disagreement) }, uniquingKeysWith: { first, _ in first })
      return scored.names.map { shares[$0] ?? 0 }
    }
  }
}

/// All scores as Base64 of little-endian numbers; the highest of each clip where all are too many.
struct PackedScores: Encodable {
  /// 32-bit floats, `[clips, classes]`.
  private(set) var all: String?
  /// Of each clip the positions of its `count` best classes, as 32-bit numbers.
  private(set) var classes: String?
  /// Their scores, the highest first, and the score of each clip's label.
  private(set) var values: String?
  private(set) var own: String?
  private(set) var count: Int?

  /// So many scores take 1.6 MB in the page.
  private static let most = 300_000
  private static let mostOfAClip = 5

  init(_ scored: ScoredClips) {
    if scored.scores.count <= PackedScores.most {
      all = PackedScores.packed(scored.scores.map(\.bitPattern))
      return
    }
    let count = min(PackedScores.mostOfAClip, scored.classes.count)
    var classes: [UInt32] = []
    var values: [UInt32] = []
    var own: [UInt32] = []
    for index in 0..<scored.count {
      let row = Array(scored.row(index))
      let best = row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count)
      classes += best.map { UInt32($0) }
      values += best.map { row[$0].bitPattern }
      own.append(row[scored.labels[index]].bitPattern)
    }
    self.count = count
    self.classes = PackedScores.packed(classes)
    self.values = PackedScores.packed(values)
    self.own = PackedScores.packed(own)
  }

  private static func packed(_ values: [UInt32]) -> String {
    values.map(\.littleEndian).withUnsafeBytes { Data($0).base64EncodedString() }
  }
}

/// The pictures, in a block of their own: the page shows its figures before it reads them.
struct StripData: Encodable {
  struct Item: Encodable {
    let clip: Int
    let width: Int
    let height: Int
    let times: [Double]
    /// Base64.
    let jpeg: String
  }

  let items: [Item]
  let note: String?

  init(_ strips: ClipStrips, of count: Int) {
    items = strips.order.compactMap { position in
      guard let strip = strips.strips[position] else { return nil }
      return Item(
        clip: position, width: strip.count * strip.frameWidth, height: strip.height,
        times: strip.times.map { ($0 * 100).rounded() / 100 },
        jpeg: Data(strip.jpeg).base64EncodedString())
    }
    note =
      items.count == count
      ? nil
      : "Frames are kept of \(items.count) of \(count) clips: the worst mistakes, then the least "
        + "sure answers."
  }
}
