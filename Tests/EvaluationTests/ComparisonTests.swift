import FileStore
import Foundation
import Testing

@testable import Evaluation

@Suite struct ComparisonTests {
  /// Sixty clips in ten groups; the second model is right wherever the first is, and on some more.
  private func evaluations(better: Int = 9) -> [(name: String, evaluation: Evaluation)] {
    let labels = (0..<60).map { $0 % 3 }
    let groups = (0..<60).map { "g\($0 % 10)" }
    let first = labels.enumerated().map { $0 % 4 == 0 ? ($1 + 1) % 3 : $1 }
    var second = first
    for index in (0..<60).filter({ $0 % 4 == 0 }).prefix(better) { second[index] = labels[index] }
    return [("models/old.safetensors", first), ("models/new.safetensors", second)].map {
      ($0, Evaluation(scored: scored(certain($1, classes: 3), labels, groups: groups)))
    }
  }

  @Test func aBetterModelIsShownToBeSo() throws {
    let comparison = try ModelComparison(evaluations(better: 13))
    #expect(comparison.pairs.count == 1)
    let pair = comparison.pairs[0]
    #expect(pair.mcNemar == McNemarTest(onlyFirst: 0, onlySecond: 13))
    #expect(isClose(pair.headline.interval.value, 13.0 / 60))
    #expect(pair.headline.isShown && pair.headline.interval.low > 0)
    let sentence = comparison.sentence(pair)
    #expect(sentence.hasPrefix("B is better by 21.7 points of top-1, interval "))
    #expect(sentence.hasSuffix(": shown"))
    #expect(comparison.differingClips.count == 13)
    #expect(comparison.differingClips[0].rightCount == 1)
    #expect(comparison.models.map(\.report.metrics[.top1]) == [0.75, 0.75 + 13.0 / 60])
  }

  @Test func whatMayBeChanceIsSaidToBeNotShown() throws {
    let comparison = try ModelComparison(evaluations(better: 1).reversed())
    let sentence = comparison.sentence(comparison.pairs[0])
    // The worse one comes second here; the sentence is about the better one all the same.
    #expect(sentence.hasPrefix("A is better by 1.7 points of top-1, interval -"), "\(sentence)")
    #expect(sentence.hasSuffix(": not shown"))
  }

  @Test func aModelIsAsGoodAsItself() throws {
    let one = evaluations()[0]
    let comparison = try ModelComparison([one, one])
    let pair = comparison.pairs[0]
    #expect(pair.mcNemar.pValue == 1 && pair.adjustedMcNemar == 1)
    for difference in pair.differences {
      #expect(difference.interval == Interval(value: 0, low: 0, high: 0))
      #expect(difference.pValue == 1 && !difference.isShown)
    }
    #expect(comparison.differingClips.isEmpty)
    #expect(comparison.sentence(pair).hasSuffix("no difference"))
  }

  @Test func severalModelsAreComparedInPairsOrWithOne() throws {
    let three = evaluations() + [evaluations(better: 3)[1]]
    let all = try ModelComparison(three)
    #expect(all.pairs.map { [$0.first, $0.second] } == [[0, 1], [0, 2], [1, 2]])
    let one = try ModelComparison(three, reference: 2)
    #expect(one.pairs.map { [$0.first, $0.second] } == [[2, 0], [2, 1]])
    for pair in all.pairs { #expect(pair.adjustedMcNemar >= pair.mcNemar.pValue) }
    #expect(all.methodSentence.hasSuffix("p corrected for 3 pairs (Holm)"))
  }

  /// By hand: the smallest of four is multiplied by 4, the next by 3, and none falls below another.
  @Test func holmsCorrection() {
    #expect(
      Holm.adjusted([0.01, 0.04, 0.03, 0.005]).map { ($0 * 1e9).rounded() / 1e9 } == [
        0.03, 0.06, 0.06, 0.02,
      ])
    #expect(Holm.adjusted([0.6, 0.7]) == [1, 1])
    let some = Holm.adjusted([.nan, 0.02])
    #expect(some[0].isNaN && some[1] == 0.02)
    #expect(Holm.adjusted([]).isEmpty)
  }

  /// Clips in another order, with classes in another order and one of its own; one clip is missing
  /// and one has another label.
  @Test func clipsAndClassesAreMatchedByName() throws {
    var first = ScoredClips(classes: ["a", "b"])
    for (name, label) in [("1", 0), ("2", 1), ("3", 0), ("4", 1)] {
      first.append(scores: [0.75, 0.25], label: label, name: name, group: "g" + name)
    }
    var second = ScoredClips(classes: ["c", "b", "a"])
    for (name, label) in [("4", 2), ("2", 1), ("1", 2)] {
      second.append(scores: [0, 0.25, 0.75], label: label, name: name)
    }
    let comparison = try ModelComparison([
      ("x.csv", Evaluation(scored: first)), ("y.csv", Evaluation(scored: second)),
    ])
    let common = comparison.models.map(\.report.scored)
    for clips in common {
      #expect(clips.classes == ["a", "b", "c"])
      #expect(clips.names == ["1", "2"])
      #expect(clips.groups == ["g1", "g2"])
    }
    #expect(common[0].scores == common[1].scores)
    #expect(comparison.leftOut == ["3", "4"])
    #expect(comparison.differingClips.isEmpty)
  }

  @Test func nothingInCommonIsAnError() throws {
    var (first, second) = (ScoredClips(classes: ["a"]), ScoredClips(classes: ["a"]))
    first.append(scores: [1], label: 0, name: "1")
    second.append(scores: [1], label: 0, name: "2")
    let error = #expect(throws: EvaluationError.self) {
      try ModelComparison([
        ("x.csv", Evaluation(scored: first)), ("y.csv", Evaluation(scored: second)),
      ])
    }
    #expect(error?.message == "y.csv: has no clip in common, by name and label, with x.csv")
  }

  @Test(arguments: [2, 3, 7]) func linesFitTheTerminal(models: Int) throws {
    let long = String(repeating: "folder/", count: 20)
    let labels = (0..<40).map { $0 % 2 }
    let all = (0..<models).map { model in
      var clips = ScoredClips(classes: [long + "a", "日本語のとても長い名前"])
      for (index, label) in labels.enumerated() {
        let answer = (index + model) % 5 == 0 ? 1 - label : label
        clips.append(
          scores: answer == 0 ? [1, 0] : [0, 1], label: label, name: "\(long)clip\(index).mp4",
          group: "g\(index % 8)")
      }
      return (name: "\(long)\(model).safetensors", evaluation: Evaluation(scored: clips))
    }
    let comparison = try ModelComparison(all, reference: models == 3 ? 1 : nil)
    let lines = comparison.lines(columns: 80)
    for line in lines { #expect(line.count <= 80, "\(line)") }
    #expect(lines.contains { $0.hasPrefix("B against A: ") || $0.hasPrefix("A against B: ") })
    #expect(lines.contains { $0.contains("clip") && $0.contains("label") })
  }

  @Test func jsonHasModelsPairsAndClips() throws {
    let data = try JSONEncoder().encode(try ModelComparison(evaluations()))
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let models = try #require(json["models"] as? [[String: Any]])
    #expect(models.compactMap { $0["letter"] as? String } == ["A", "B"])
    #expect((models[0]["evaluation"] as? [String: Any])?["top1"] is [String: Any])
    let pairs = try #require(json["pairs"] as? [[String: Any]])
    let differences = try #require(pairs[0]["differences"] as? [String: [String: Any]])
    #expect(Set(differences.keys) == ["top1", "balanced_accuracy", "macro_f1", "log_loss"])
    for key in ["value", "low", "high", "p", "p_holm"] {
      #expect(differences["top1"]?[key] is Double, "\(key)")
    }
    #expect((json["differing_clips"] as? [Any])?.count == 9)
    #expect(json["clips"] as? Int == 60)
  }

  @Test func thePageNeedsNothingElseAndNothingRuns() throws {
    var first = ScoredClips(classes: ["<script>alert(1)</script>", "\"b' & \u{202E}عربى 🙂"])
    var second = first
    for index in 0..<12 {
      let name = "</td><script>\n\(index)\".mp4"
      first.append(scores: [0.75, 0.25], label: index % 2, name: name, group: "g\(index / 2)")
      second.append(scores: [0.25, 0.75], label: index % 2, name: name, group: "g\(index / 2)")
    }
    let comparison = try ModelComparison([
      ("<a>.safetensors", Evaluation(scored: first)),
      ("b\"&.safetensors", Evaluation(scored: second)),
    ])
    let plots = Plots(comparison.models.map { .init(name: $0.name, report: $0.report) })
    let html = ComparisonPage(comparison, title: "of <x>", plots: plots).text
    #expect(html.hasPrefix("<!DOCTYPE html>"))
    #expect(html.contains("<h1>of &lt;x&gt;</h1>"))
    for address in ["http:", "https:", "src=", "href=", "<script", "@import", "url(", "<a>"] {
      let rest = html.replacing("xmlns=\"http://www.w3.org/2000/svg\"", with: "")
      #expect(!rest.contains(address), "\(address)")
    }
    #expect(!html.contains("nan"))
    #expect(html.contains("12 of 12 clips."))
  }
}
