import Evaluation
import Foundation
import Tensors
import Testing

/// Scored clips of classes from rows and labels; the first 26 have one-letter names.
func scored(_ rows: [[Float]], _ labels: [Int], groups: [String]? = nil) -> ScoredClips {
  let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
  let names = (0..<(rows.first?.count ?? 1)).map { $0 < 26 ? letters[$0] : "class\($0)" }
  var clips = ScoredClips(classes: names)
  for (index, row) in rows.enumerated() {
    clips.append(
      scores: row, label: labels[index], name: "clip\(index).mp4", group: groups?[index])
  }
  return clips
}

/// Rows that put all weight on these predictions.
func certain(_ predictions: [Int], classes: Int) -> [[Float]] {
  predictions.map { prediction in (0..<classes).map { $0 == prediction ? 1 : 0 } }
}

/// Random rows with many ties and a lean towards the label.
func randomClips(count: Int, classes: Int, groups: Int, seed: UInt64) -> ScoredClips {
  var random = RandomStream(seed: seed, purpose: .test)
  var rows: [[Float]] = []
  var labels: [Int] = []
  var names: [String] = []
  for _ in 0..<count {
    let label = random.integer(below: classes)
    var row = (0..<classes).map { _ in Float(1 + random.integer(below: 6)) }
    row[label] += Float(random.integer(below: 4))
    let sum = row.reduce(0, +)
    rows.append(row.map { $0 / sum })
    labels.append(label)
    names.append("g\(random.integer(below: groups))")
  }
  return scored(rows, labels, groups: names)
}

func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
  abs(a - b) <= tolerance
}

@Suite struct MetricsTests {
  /// The examples of scikit-learn's documentation.
  @Test func equalsScikitLearnsExamples() {
    let f1 = Metrics(scored(certain([0, 2, 1, 0, 0, 1], classes: 3), [0, 1, 2, 0, 1, 2]))
    #expect(isClose(f1[.macroF1], 0.8 / 3))
    #expect(isClose(f1[.weightedF1], 0.8 / 3))
    #expect(isClose(f1[.top1], 1.0 / 3))
    #expect(f1.perClass[0] == ClassMetrics(precision: 2.0 / 3, recall: 1, f1: 0.8, support: 2))

    let balanced = Metrics(scored(certain([0, 1, 0, 0, 0, 1], classes: 2), [0, 1, 0, 0, 1, 0]))
    #expect(isClose(balanced[.balancedAccuracy], 0.625))

    let rows: [[Float]] = [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]]
    #expect(isClose(Metrics(scored(rows, [1, 0, 0, 1]))[.logLoss], 0.21616, 1e-5))

    let ranked: [[Float]] = [
      [0.5, 0.2, 0.2], [0.3, 0.4, 0.2], [0.2, 0.4, 0.3], [0.7, 0.2, 0.1],
    ]
    #expect(Metrics(scored(ranked, [0, 1, 2, 2]), k: 2)[.topK] == 0.75)

    // roc_auc_score 0.75, average_precision_score 0.8333 for the positive class.
    let binary: [[Float]] = [0.1, 0.4, 0.35, 0.8].map { [1 - $0, $0] }
    let curves = Metrics(scored(binary, [0, 0, 1, 1]))
    #expect(isClose(curves[.auroc], 0.75))
    #expect(isClose(curves[.meanAveragePrecision], 5.0 / 6))
  }

  @Test func perfectScoresArePerfect() {
    let metrics = Metrics(scored(certain([0, 1, 2, 2], classes: 3), [0, 1, 2, 2]))
    for metric in Metric.allCases { #expect(metrics[metric] == (metric.isScore ? 1 : 0)) }
    #expect(metrics.confusion == [[1, 0, 0], [0, 1, 0], [0, 0, 2]])
    #expect(metrics.k == 2)
  }

  @Test func confusionRowsAreTheTruth() {
    let metrics = Metrics(scored(certain([1, 1, 0], classes: 2), [0, 1, 1]))
    #expect(metrics.confusion == [[0, 1], [1, 1]])
  }

  /// Some classes have no clips, of which one is predicted.
  @Test func absentClassesDoNotCount() {
    let metrics = Metrics(scored(certain([0, 0, 1], classes: 4), [0, 0, 0]))
    #expect(isClose(metrics[.balancedAccuracy], 2.0 / 3))
    #expect(isClose(metrics[.macroF1], (0.8 + 0) / 2), "b was predicted, c and d neither")
    #expect(metrics[.auroc].isNaN, "nothing to tell the only class from")
    #expect(metrics.perClass[3] == ClassMetrics(precision: 0, recall: 0, f1: 0, support: 0))
  }

  @Test func aCertainMistakeCostsMuchButNotInfinitely() {
    let loss = Metrics(scored(certain([0], classes: 2), [1]))[.logLoss]
    #expect(isClose(loss, 36.04, 0.01))
  }

  @Test func calibrationErrorByHand() {
    // Confidence 0.95 twice, right once: |0.95 - 0.5|; confidence 0.55 twice, right twice: 0.45.
    let rows: [[Float]] = [[0.95, 0.05], [0.95, 0.05], [0.55, 0.45], [0.45, 0.55]]
    let metrics = Metrics(scored(rows, [0, 1, 0, 1]))
    #expect(isClose(metrics[.calibrationError], 0.45, 1e-6))
    #expect(metrics.calibration.count == 15)
    #expect(metrics.calibration[14].count == 2)
    #expect(metrics.calibration[14].accuracy == 0.5)
    #expect(isClose(metrics.calibration[8].confidence, 0.55, 1e-6))
  }

  /// The area under the ROC curve is the share of pairs in the right order, ties half; average
  /// precision sums over thresholds. Both recomputed by their definitions.
  @Test(arguments: 1...6 as ClosedRange<UInt64>) func curvesEqualTheirDefinitions(seed: UInt64) {
    let clips = randomClips(count: 60, classes: 3, groups: 5, seed: seed)
    var areas: [Double] = []
    var precisions: [Double] = []
    for classIndex in 0..<3 {
      let scores = (0..<clips.count).map { clips.scores[$0 * 3 + classIndex] }
      let positive = scores.indices.filter { clips.labels[$0] == classIndex }
      let negative = scores.indices.filter { clips.labels[$0] != classIndex }
      var ordered = 0.0
      for a in positive {
        for b in negative {
          ordered += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0
        }
      }
      areas.append(ordered / Double(positive.count * negative.count))
      var recall = 0.0
      var precision = 0.0
      for threshold in Set(scores).sorted(by: >) {
        let hits = Double(positive.filter { scores[$0] >= threshold }.count)
        let chosen = Double(scores.filter { $0 >= threshold }.count)
        precision += (hits / Double(positive.count) - recall) * hits / chosen
        recall = hits / Double(positive.count)
      }
      precisions.append(precision)
    }
    let metrics = Metrics(clips)
    #expect(isClose(metrics[.auroc], areas.reduce(0, +) / 3))
    #expect(isClose(metrics[.meanAveragePrecision], precisions.reduce(0, +) / 3))
  }

  @Test func videosAreTheMeanOfTheirClips() {
    var clips = ScoredClips(classes: ["a", "b"])
    clips.append(scores: [0.9, 0.1], label: 0, name: "v1 [0–1 s]", group: "g", video: "v1")
    clips.append(scores: [0.4, 0.6], label: 0, name: "v1 [1–2 s]", group: "g", video: "v1")
    clips.append(scores: [0.4, 0.6], label: 1, name: "v1 [2–3 s]", group: "g", video: "v1")
    clips.append(scores: [0.2, 0.8], label: 1, name: "v2", group: "h")
    let videos = clips.perVideo
    #expect(videos.names == ["v1", "v1", "v2"])
    #expect(videos.labels == [0, 1, 1])
    #expect(isClose(Double(videos.row(0).first ?? 0), 0.65, 1e-6))
    #expect(videos.groups == ["g", "g", "h"])
  }
}
