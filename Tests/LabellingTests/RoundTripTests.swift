import Datasets
import FileStore
import Foundation
import TestSupport
import Testing

@testable import Labelling

/// What `label` writes for other tools, corrected by hand there, is a manifest for `train`.
@Suite struct RoundTripTests {
  /// A movie of 43 frames, 30 a second.
  private static let movie = Repository.path + "/clips/left/scene01_left_01.mp4"

  private func record() -> LabelRecord {
    var record = LabelRecord(path: MediaPath("a b.mp4"), status: .ok)
    record.label = "walk"
    record.score = 0.9
    record.scores = [.init(label: "walk", score: 0.9), .init(label: "run", score: 0.1)]
    record.duration = 43.0 / 30
    record.framesPerSecond = 30
    record.frames = 43
    record.segments = [
      .init(start: 0, end: 0.5, label: "walk", score: 0.9),
      .init(start: 0.5, end: 43.0 / 30, label: "run", score: 0.8),
    ]
    return record
  }

  @Test(arguments: [
    (OutputFormat.boris, "events.tsv"), (.elan, "events.txt"), (.labelstudio, "tasks.json"),
    (.eaf, "document.eaf"),
  ])
  func labelledPartsComeBack(format: OutputFormat, name: String) throws {
    let folder = ScratchFolder()
    try FileManager.default.createSymbolicLink(
      atPath: folder("a b.mp4"), withDestinationPath: Self.movie)
    let text = format.render([record()]).replacingOccurrences(of: "run", with: "jump")
    try text.write(toFile: folder(name), atomically: false, encoding: .utf8)

    let index = try DatasetIndex.load(path: folder(name))
    #expect(index.clips.map(\.label) == ["walk", "jump"])
    #expect(index.clips.map { PathText.name(of: $0.path) } == ["a b.mp4", "a b.mp4"])
    let starts = index.clips.map { $0.start ?? -1 }
    let ends = index.clips.map { $0.end ?? -1 }
    #expect(abs(starts[0]) < 1e-3 && abs(starts[1] - 0.5) < 1e-3)
    #expect(abs(ends[0] - 0.5) < 1e-3 && abs(ends[1] - 43.0 / 30) < 1e-3)
    // Parts of one movie are never on two sides.
    #expect(index.groupRule.groupCount == 1)
  }
}
