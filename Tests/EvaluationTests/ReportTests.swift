import Datasets
import Evaluation
import FileStore
import Foundation
import TestSupport
import Testing

@Suite struct PredictionsFileTests {
  let folder = ScratchFolder()

  @Test func readsBackWhatItWrote() throws {
    var clips = ScoredClips(classes: ["a", "b, \"c\""])
    clips.append(scores: [0.25, 0.75], label: 1, name: "x,y.mp4")
    clips.append(scores: [0.9, 0.1], label: 0, name: "ü\nz.mp4")
    try PredictionsFile.write(clips, to: folder("p.csv"))
    let read = try PredictionsFile.read(folder("p.csv"))
    #expect(read.classes == clips.classes)
    #expect(read.scores == clips.scores)
    #expect(read.labels == clips.labels)
    #expect(read.names == clips.names)
  }

  @Test func votesBecomeProbabilities() throws {
    try AtomicFile.write("filepath,label,a,b\nx,a,3,1\n", to: folder("p.csv"))
    #expect(try PredictionsFile.read(folder("p.csv")).scores == [0.75, 0.25])
  }

  @Test(arguments: [
    ("", "holds no predictions"),
    ("filepath,label,a,b\n", "holds no predictions"),
    ("path,label,a\nx,a,1\n", "expected filepath,label,<class>…"),
    ("filepath,label\nx,a\n", "expected filepath,label,<class>…"),
    ("filepath,label,a,a\nx,a,1,0\n", "same name"),
    ("filepath,label,a,b\nx,a,1\n", "line 2: 3 columns where the first line has 4"),
    ("filepath,label,a,b\nx,a,1,0\nx,c,1,0\n", "line 3: the label \"c\" is not among"),
    ("filepath,label,a,b\nx,a,1,nan\n", "line 2: the score \"nan\" of b"),
    ("filepath,label,a,b\nx,a,inf,1\n", "line 2: the score \"inf\" of a is not a number from 0 to"),
    ("filepath,label,a,b\nx,a,3e38,3e38\n", "line 2: the score \"3e38\" of a"),
    ("filepath,label,a,b\nx,a,-1,2\n", "line 2: the score \"-1\" of a"),
    ("filepath,label,a,b\nx,a,0,0\n", "line 2: all scores are 0"),
  ]) func saysWhatIsWrong(text: String, finding: String) throws {
    try AtomicFile.write(text, to: folder("p.csv"))
    let error = #expect(throws: EvaluationError.self) { try PredictionsFile.read(folder("p.csv")) }
    #expect(error?.message.contains(finding) == true, "\(error?.message ?? "")")
    #expect(error?.message.hasPrefix(folder("p.csv") + ": ") == true)
  }
}

@Suite struct ReportTests {
  private func report(baselines: Bool = true) -> EvaluationReport {
    let scored = randomClips(count: 40, classes: 3, groups: 8, seed: 1)
    let other = randomClips(count: 40, classes: 3, groups: 8, seed: 2)
    return EvaluationReport(
      Evaluation(
        scored: scored, singleFrame: baselines ? other : nil,
        shuffledFrames: baselines ? other : nil, clipsPerSecond: baselines ? 12.5 : nil),
      skipped: [("bad<.mp4", "bad<.mp4: not a video")])
  }

  private func json(_ report: EvaluationReport) throws -> [String: Any] {
    let data = try JSONEncoder().encode(report)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func hasTheContractsKeys() throws {
    let json = try json(report())
    for key in [
      "top1", "topk", "balanced_accuracy", "macro_f1", "weighted_f1", "mean_average_precision",
      "auroc", "log_loss", "ece",
    ] {
      let figure = try #require(json[key] as? [String: Any], "\(key)")
      for part in ["value", "low", "high"] { #expect(figure[part] is Double, "\(key).\(part)") }
    }
    #expect(json["clips"] as? Int == 40)
    #expect(json["skipped"] as? Int == 1)
    #expect(json["classes"] as? [String] == ["a", "b", "c"])
    let confusion = try #require(json["confusion"] as? [[Int]])
    #expect(confusion.flatMap { $0 }.reduce(0, +) == 40)
    let classes = try #require(json["per_class"] as? [[String: Any]])
    #expect(classes.compactMap { $0["name"] as? String } == ["a", "b", "c"])
    for key in ["precision", "recall", "f1"] { #expect(classes[0][key] is Double) }
    #expect(classes.compactMap { $0["support"] as? Int }.reduce(0, +) == 40)
    let baselines = try #require(json["baselines"] as? [String: [String: Any]])
    #expect(Set(baselines.keys) == ["majority", "single_frame", "shuffled_frames"])
    for baseline in baselines.values {
      #expect(baseline["top1"] is Double && baseline["macro_f1"] is Double)
    }
    #expect(json["clips_per_second"] as? Double == 12.5)
  }

  @Test func figuresThatAreNotDefinedAreNull() throws {
    let one = scored(certain([0, 1], classes: 2), [0, 0])
    let json = try json(EvaluationReport(Evaluation(scored: one)))
    let auroc = try #require(json["auroc"] as? [String: Any])
    #expect(auroc["value"] is NSNull)
    #expect(json["clips_per_second"] is NSNull)
    #expect((json["baselines"] as? [String: Any])?.count == 1)
  }

  @Test func theMajorityIsTheBestConstantAnswer() throws {
    let clips = scored(certain([1, 1, 1, 0, 2], classes: 3), [0, 0, 1, 0, 2])
    let report = EvaluationReport(Evaluation(scored: clips))
    let majority = try #require(report.baselines.first)
    #expect(majority.key == "majority")
    #expect(majority.metrics[.top1] == 0.6)
    #expect(majority.metrics[.balancedAccuracy] == 1.0 / 3)
    #expect(report.confusions.map(\.count) == [2])
  }

  /// A perfect score has an interval without width, which would promise too much.
  @Test func aPerfectScoreIsNotAPromise() {
    let clips = scored(certain([0, 1, 0, 1, 0, 1], classes: 2), [0, 1, 0, 1, 0, 1])
    let report = EvaluationReport(Evaluation(scored: clips))
    #expect(
      report.intervalSentence.hasSuffix("no mistake in 6 clips still allows for 50 % of errors"))
    #expect(!self.report().intervalSentence.contains("mistake"))
  }

  @Test func theTableHasBaselinesBesideEveryScore() throws {
    let lines = report().lines(columns: 100)
    let header = try #require(lines.first)
    for title in ["model", "95 % interval", "majority", "single frame", "shuffled"] {
      #expect(header.contains(title))
    }
    #expect(lines[1].hasPrefix("top-1"))
    #expect(lines[2].hasPrefix("top-2"))
    #expect(lines[1].split(separator: "%").count >= 5)
    #expect(lines.contains { $0.hasPrefix("confusion") })
    #expect(lines.last?.contains("40 clips, 1 skipped, 12.5 clips a second") == true)
    #expect(!report().lines(columns: 10).contains { $0.hasPrefix("confusion") })
  }
}
