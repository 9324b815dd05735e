import Foundation
import Testing

@testable import Labelling

@Suite struct DoubtTests {
  private func window(_ start: Double, _ end: Double, _ scores: [Float]) -> ScoredWindow {
    ScoredWindow(start: start, end: end, scores: scores)
  }

  private func segment(_ start: Double, _ end: Double) -> LabelRecord.Segment {
    .init(start: start, end: end, label: "a", score: 0.5)
  }

  @Test func certaintyIsNoDoubtAndEvenSharesAreAllOfIt() {
    #expect(Doubt.of([window(0, 1, [1, 0]), window(1, 2, [1, 0])]) == 0)
    #expect(abs(Doubt.of([window(0, 1, [0.5, 0.5])]) - 1) < 1e-12)
    #expect(abs(Doubt.of(shares: [0.25, 0.25, 0.25, 0.25]) - 1) < 1e-12)
    #expect(Doubt.of(shares: [1]) == 0 && Doubt.of(shares: []) == 0)
    #expect(Doubt.of(score: 1, classes: 3) == 0)
    #expect(abs(Doubt.of(score: 1.0 / 3, classes: 3) - 1) < 1e-12)
  }

  @Test func disagreementCountsMoreThanWavering() {
    // The same mean; here each window is sure of something else.
    let contradicting = Doubt.of([
      window(0, 1, [0.9, 0.1, 0, 0]), window(0, 1, [0.5, 0.5, 0, 0]),
    ])
    let wavering = Doubt.of([window(0, 1, [0.7, 0.3, 0, 0]), window(0, 1, [0.7, 0.3, 0, 0])])
    #expect(contradicting > wavering)
  }

  @Test func aSegmentIsJudgedByTheWindowsOverIt() {
    let windows = [window(0, 2, [1, 0]), window(1, 3, [1, 0]), window(2, 4, [0.5, 0.5])]
    let doubts = Doubt.of(
      [segment(0, 1), segment(1, 2), segment(2, 4), segment(4, 5)], windows: windows)
    #expect(doubts[0] == 0 && doubts[1] == 0)
    #expect(doubts[2] > 0.5 && doubts[2] <= 1)
    // Where no window is, nothing can be said.
    #expect(doubts[3] == 0)
  }

  @Test func aRecordWithoutDoubtsIsJudgedByItsScores() {
    var record = LabelRecord(path: MediaPath("a.mp4"), status: .ok)
    record.scores = [.init(label: "a", score: 0.5), .init(label: "b", score: 0.5)]
    #expect(record.doubts == [1])
    record.segments = [segment(0, 1), .init(start: 1, end: 2, label: "b", score: 1, doubt: 0.25)]
    #expect(record.doubts == [1, 0.25])
    #expect(LabelRecord(path: MediaPath("a.mp4"), status: .error).doubts.isEmpty)
  }

  @Test func doubtsComeBackFromRecords() throws {
    var record = LabelRecord(path: MediaPath("a.mp4"), status: .ok)
    record.label = "a"
    record.score = 1
    record.doubt = 0.125
    record.segments = [.init(start: 0, end: 1, label: "a", score: 1, doubt: 0.5), segment(1, 2)]
    let back = try LabelRecord(json: record.json)
    #expect(back == record)
    #expect(back.segments.map(\.doubt) == [0.5, nil])
    let wrong = record.json.text.replacingOccurrences(of: "\"doubt\":0.5", with: "\"doubt\":1e300")
    #expect(throws: LabelError.self) { try LabelRecord(parsing: Array(wrong.utf8)) }
  }

  @Test func theMostTellingPartsAreSpreadOverGroups() {
    func part(_ movie: Int, _ doubt: Double, _ group: String) -> ReviewPart {
      ReviewPart(movie: movie, segment: 0, doubt: doubt, group: group)
    }
    let parts = [
      part(0, 0.9, "a"), part(1, 0.8, "a"), part(2, 0.7, "a"), part(3, 0.6, "b"), part(4, 0.1, "c"),
    ]
    #expect(ReviewPart.mostTelling(parts, count: 3).map(\.movie) == [0, 3, 1])
    #expect(ReviewPart.mostTelling(parts, count: 9).map(\.movie).sorted() == [0, 1, 2, 3, 4])
    // The order of listing does not matter.
    #expect(ReviewPart.mostTelling(parts.reversed(), count: 3).map(\.movie) == [0, 3, 1])
    #expect(ReviewPart.mostTelling([], count: 3).isEmpty)
  }
}
