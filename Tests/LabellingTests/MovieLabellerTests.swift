import ClipSampling
import Foundation
import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing
import VideoDecoding

@testable import Labelling

/// Calls windows dark or bright by the mean of their pixels.
private final class BrightnessScorer: WindowScorer {
  let classNames = ["bright", "dark"]
  let batchSize = 3
  var windows = 0

  func scores(of stacks: [FrameStack]) -> [[Float]] {
    windows += stacks.count
    return stacks.map { stack in
      let mean = Float(stack.pixels.reduce(0) { $0 + Int($1) }) / Float(stack.pixels.count)
      return [mean / 255, 1 - mean / 255]
    }
  }
}

@Suite struct MovieLabellerTests {
  let folder = TemporaryFolder()

  private func settings(threshold: Double = 0, views: Int? = nil) -> LabelSettings {
    let preprocessing = Preprocessing(frames: 4, height: 8, width: 8, color: .gray)
    return LabelSettings(
      preprocessing: preprocessing, window: 0.4, threshold: threshold, views: views)
  }

  private func label(
    _ path: MediaPath, _ settings: LabelSettings? = nil, stop: Bool = false
  ) throws -> LabelRecord? {
    let labeller = MovieLabeller(
      scorer: BrightnessScorer(), settings: settings ?? self.settings(), model: "sha256:m",
      shouldStop: { stop })
    return try labeller.label(LabelJob(path: path, relativePath: path))
  }

  private func darkThenBright() -> MediaPath {
    let values = [UInt8](repeating: 20, count: 40) + [UInt8](repeating: 230, count: 20)
    return MediaPath(PictureFolder.make(folder, "movie", brightness: values))
  }

  @Test func aMovieHasAnAnswerAndATimeline() throws {
    let path = darkThenBright()
    let record = try #require(try label(path))
    let duration = try #require(record.duration)
    #expect(record.status == .ok && record.label == "dark" && record.frames == 60)
    #expect(record.segments.map(\.label) == ["dark", "bright"])
    #expect(record.segments.first?.start == 0 && record.segments.last?.end == duration)
    #expect(abs(record.segments[0].end - duration * 2 / 3) < 0.1)
    #expect(abs(record.scores.reduce(0) { $0 + $1.score } - 1) < 1e-6)
    #expect(record.model == "sha256:m" && record.settings == settings().fingerprint)
    #expect(record.size == FileIdentity(media: path)?.size && record.size > 0)
  }

  @Test func aShortMovieIsLabelledAsAWhole() throws {
    let path = PictureFolder.make(folder, "short", brightness: [250, 250, 250])
    let record = try #require(try label(MediaPath(path)))
    #expect(record.label == "bright" && record.segments.count == 1)
    #expect(record.segments[0].end == record.duration)
  }

  @Test func viewsGiveAnAnswerWithoutATimeline() throws {
    let record = try #require(try label(darkThenBright(), settings(views: 6)))
    #expect(record.status == .ok && record.label == "dark" && record.segments.isEmpty)
    let whole = try #require(try label(darkThenBright()))
    #expect(record.frames == 60 && record.duration == whole.duration)
    #expect(record.settings != settings().fingerprint)
  }

  @Test func unsureAnswersAreUnknown() throws {
    let path = PictureFolder.make(
      folder, "grey", brightness: [UInt8](repeating: 120, count: 30))
    let record = try #require(try label(MediaPath(path), settings(threshold: 0.9)))
    #expect(record.label == "unknown" && record.segments.map(\.label) == ["unknown"])
    #expect(record.score == record.scores.map(\.score).max())
  }

  /// The dark part has to be surer than it is, the bright part not; both ways of labelling say so.
  @Test func eachClassHasItsOwnThreshold() throws {
    var strict = settings()
    strict.classThresholds = [0.2, .infinity]
    let record = try #require(try label(darkThenBright(), strict))
    #expect(record.label == "unknown" && record.segments.map(\.label) == ["unknown", "bright"])
    #expect(record.score == record.scores.map(\.score).max())
    strict.views = 6
    #expect(try #require(try label(darkThenBright(), strict)).label == "unknown")
    strict.classThresholds = [.infinity, 0.2]
    #expect(try #require(try label(darkThenBright(), strict)).label == "dark")

    var other = strict
    other.classThresholds = [0.3, 0.2]
    var all = strict
    all.classThresholds = nil
    #expect(Set([strict, other, all].map(\.fingerprint)).count == 3)
  }

  @Test func stillPicturesAreScoredOnce() throws {
    let scorer = BrightnessScorer()
    let path = MediaPath(PictureFolder.make(folder, "one", brightness: [9]))
    let labeller = MovieLabeller(scorer: scorer, settings: settings(), model: "")
    _ = try labeller.label(LabelJob(path: path, relativePath: path))
    #expect(scorer.windows == 1)
  }

  @Test func whatCannotBeReadIsARecord() throws {
    let text = folder.add("text.mp4", "not a movie at all")
    let expected = [(text, "FORMAT"), (folder.path + "/nothing.mp4", "NOT_FOUND")]
    for (path, code) in expected {
      let record = try #require(try label(MediaPath(path)))
      #expect(record.status == .error && record.failure?.code == code && record.label == nil)
      #expect(record.failure?.message.hasPrefix(path) == true)
      #expect(record.settings != nil && record.model == "sha256:m")
    }
  }

  @Test func aStoppedMovieLeavesNoRecord() throws {
    #expect(try label(darkThenBright(), stop: true) == nil)
  }

  @Test func namesThatAreNoTextAreOpened() throws {
    let path = darkThenBright()
    let odd = MediaPath(folder.path).appending([0x66, 0xFF])
    #expect(path.withCPath { from in odd.withCPath { rename(from, $0) } } == 0)
    let record = try #require(try label(odd))
    #expect(record.label == "dark" && record.path.bytes == odd.bytes)

    let missing = odd.appending([0xFE])
    let failure = try #require(try label(missing)?.failure)
    #expect(failure.code == "NOT_FOUND" && failure.message.hasPrefix(missing.text))
  }

  @Test func aBatchIsContinued() throws {
    for (name, value) in [("a", 10), ("b", 240), ("c", 10)] {
      _ = PictureFolder.make(folder, "set/" + name, brightness: [UInt8(value), UInt8(value)])
    }
    folder.add("set/text.mp4", "no movie")
    var finder = MediaFinder(kinds: ExtensionKinds())
    finder.add(MediaPath(folder.path + "/set"))
    let output = folder.path + "/labels.jsonl"
    let settings = settings()

    /// Labels what is not done yet, at most `limit`; returns how many that were.
    func run(limit: Int) throws -> Int {
      let journal = try RecordJournal(path: output)
      let open = finder.jobs.filter {
        journal.done.state(
          of: $0.path, identity: FileIdentity(media: $0.path), model: "sha256:m",
          settings: settings.fingerprint) == .new
      }
      let runner = BatchRunner(workers: 2) {
        MovieLabeller(scorer: BrightnessScorer(), settings: settings, model: "sha256:m")
      }
      var count = 0
      _ = try runner.run(Array(open.prefix(limit))) { _, record in
        try journal.append(record)
        count += 1
      }
      return count
    }
    #expect(try run(limit: 1) == 1)
    #expect(try run(limit: 10) == 3)
    #expect(try run(limit: 10) == 0)
    let merged = MergedRecords(try RecordFile.read(output).records)
    #expect(merged.records.map(\.label) == ["dark", "bright", "dark", nil])
    #expect(merged.duplicateCount == 0)
  }
}

@Suite struct ModelScorerTests {
  @Test func theBatchChangesNoScore() throws {
    let preprocessing = Preprocessing(
      frames: 4, height: 16, width: 16, resizeHeight: 18, resizeWidth: 18, color: .gray)
    let architecture = try Architecture.preset(
      "seed", input: InputShape(frames: 4, height: 16, width: 16, channels: 1), classes: 3,
      dropout: 0)
    let metadata = ModelMetadata(
      architecture: architecture, classes: ["a", "b", "c"], preprocessing: preprocessing)
    let model = Model(
      metadata: metadata, network: try Network(architecture: architecture, seed: 7))
    let stacks = (0..<3).map { clip in
      FrameStack(
        count: 5, height: 18, width: 18, channels: 1,
        pixels: (0..<5 * 18 * 18).map { UInt8(truncatingIfNeeded: $0 * (clip + 3)) },
        times: (0..<5).map(Double.init))
    }
    let scorer = try ModelScorer(model: model, batchSize: 3)
    let together = try scorer.scores(of: stacks)
    #expect(together.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-5 })
    #expect(Set(together).count == 3)
    for (index, stack) in stacks.enumerated() {
      let alone = try scorer.scores(of: [stack])[0]
      #expect(relativeError(alone, together[index]) < 1e-5)
    }
  }

  /// Scores of another arithmetic are other scores: a batch is not done by them.
  @Test func precisionIsPartOfTheSettings() {
    let prints = [Precision.fp32, .bf16, .auto].map {
      LabelSettings(
        preprocessing: Preprocessing(frames: 4, height: 8, width: 8, color: .gray), window: 0.4,
        precision: $0
      ).fingerprint
    }
    #expect(prints[0] != prints[1])
    #expect(prints[2] == prints[InstructionSet.multipliesBF16 ? 1 : 0])
  }
}
