import ClipSampling
import Datasets
import Evaluation
import FileStore
import Foundation
import ModelFiles
import Networks
import Tensors
import TestSupport
import Testing
import VideoDecoding

private let preprocessing = Preprocessing(
  frames: 4, height: 8, width: 8, resizeHeight: 8, resizeWidth: 12, color: .gray,
  normalization: .fixed(mean: [0.5], std: [0.25]))

private func model() throws -> Model {
  let architecture = try Architecture.preset(
    "seed", input: InputShape(frames: 4, height: 8, width: 8, channels: 1), classes: 2)
  return Model(
    metadata: ModelMetadata(
      architecture: architecture, classes: ["a", "b"], preprocessing: preprocessing,
      temperature: 2), network: try Network(architecture: architecture, seed: 7))
}

/// Noise for each clip, an error for those called bad.
private final class NoiseSource: ClipSource {
  struct Unreadable: Error {}
  let frames: Int

  init(frames: Int) { self.frames = frames }

  func stack(for clip: Clip) throws -> FrameStack {
    if clip.path.contains("bad") { throw Unreadable() }
    var random = RandomStream(seed: 0, purpose: .test, clip.identity)
    let count = frames * 8 * 12
    return FrameStack(
      count: frames, height: 8, width: 12, channels: 1,
      pixels: (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) },
      times: (0..<frames).map { Double($0) })
  }
}

private func clips(_ count: Int) -> [Clip] {
  (0..<count).map {
    Clip(path: "c\($0).mp4", file: "", label: $0 % 3 == 0 ? "b" : "a", group: "g\($0 / 2)")
  }
}

@Suite struct EvaluatorTests {
  @Test func scoresDoNotDependOnTheBatchOrUnreadableNeighbours() throws {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let model = try model()
    let source = NoiseSource(frames: 7)
    let clips = clips(7)
    let bad = Clip(path: "bad.mp4", file: "", label: "a")
    let small = try Evaluator(model: model, batchSize: 1, pool: pool)
      .evaluate(clips, source: source)
    var calls: [(Int, Int)] = []
    let large = try Evaluator(model: model, batchSize: 4, pool: pool).evaluate(
      [clips[0], bad] + clips[1...], source: source, progress: { calls.append(($0, $1)) })
    #expect(small.scored.labels == clips.map { $0.label == "b" ? 1 : 0 })
    #expect(large.scored.names == clips.map(\.path))
    #expect(large.scored.groups == clips.map(\.group))
    for (a, b) in zip(small.scored.scores, large.scored.scores) { #expect(abs(a - b) < 1e-5) }
    for (a, b) in zip(small.shuffledFrames?.scores ?? [], large.shuffledFrames?.scores ?? []) {
      #expect(abs(a - b) < 1e-5)
    }
    #expect(large.failures.map(\.clip.path) == ["bad.mp4"])
    #expect(large.singleFrame?.count == 7)
    #expect(large.shuffledFrames?.scores != large.scored.scores)
    #expect(large.singleFrame?.scores != large.scored.scores)
    #expect(calls.last?.0 == 21 && calls.last?.1 == 24)
  }

  /// Views are averaged after the softmax: the mean over views of one each.
  @Test func viewsAreAveraged() throws {
    let pool = WorkerPool(threads: 1)
    defer { pool.shutDown() }
    let evaluator = try Evaluator(model: try model(), batchSize: 4, pool: pool)
    let one = try evaluator.evaluate(clips(2), baselines: false, source: NoiseSource(frames: 15))
    let views = try #require(EvaluationViews("2x3"))
    let many = try evaluator.evaluate(
      clips(2), views: views, baselines: false, source: NoiseSource(frames: 15))
    #expect(many.scored.scores != one.scored.scores)
    for row in 0..<2 { #expect(abs(many.scored.row(row).reduce(0, +) - 1) < 1e-5) }
    #expect(many.singleFrame == nil)
  }

  @Test func refusesLabelsTheModelDoesNotKnowAndNothingReadable() throws {
    let pool = WorkerPool(threads: 1)
    defer { pool.shutDown() }
    let evaluator = try Evaluator(model: try model(), batchSize: 2, pool: pool)
    let stranger = #expect(throws: EvaluationError.self) {
      try evaluator.evaluate(
        [Clip(path: "x.mp4", file: "", label: "z")], source: NoiseSource(frames: 7))
    }
    #expect(stranger?.message.contains("\"z\" is not a class of the model") == true)
    let empty = #expect(throws: EvaluationError.self) {
      try evaluator.evaluate(
        [Clip(path: "bad.mp4", file: "", label: "a")], source: NoiseSource(frames: 7))
    }
    #expect(empty?.code == .empty)
  }

  @Test(arguments: [
    ("1", 1, 1), ("10x3", 10, 3), ("4x1", 4, 1), ("0", 0, 0), ("2x2", 0, 0), ("x3", 0, 0),
    ("3x", 0, 0), ("1x3x1", 0, 0), ("-1", 0, 0), ("101", 0, 0), ("", 0, 0),
  ]) func readsViews(text: String, temporal: Int, spatial: Int) {
    let views = EvaluationViews(text)
    #expect(views?.temporal == (temporal == 0 ? nil : temporal))
    #expect(views?.spatial == (spatial == 0 ? nil : spatial))
  }
}

@Suite struct HeldOutClipsTests {
  let folder = ScratchFolder()

  private func index() throws -> DatasetIndex {
    try DatasetIndex(
      path: "clips",
      clips: clips(12).map {
        Clip(path: "\($0.label)/\($0.group)_\($0.path)", file: "", label: $0.label)
      })
  }

  private func metadata(_ index: DatasetIndex) throws -> ModelMetadata {
    var metadata = try model().metadata
    metadata.datasetHash = index.fingerprint
    return metadata
  }

  private func held(
    _ request: HeldOutClips.Request, _ index: DatasetIndex, _ metadata: ModelMetadata
  ) throws -> HeldOutClips {
    try HeldOutClips(request, of: index, model: metadata, modelPath: folder("m.safetensors"))
  }

  @Test func usesTheSplitOfTheRunFolder() throws {
    let index = try index()
    let split = try Splitter.split(index, validationFraction: 0.3, seed: 1)
    try Folder.create(folder("m.run"))
    try AtomicFile.write(
      split.csvLines.joined(separator: "\n") + "\n", to: folder("m.run/split.csv"))
    let metadata = try metadata(index)
    let automatic = try held(.automatic, index, metadata)
    #expect(automatic.clips.map(\.path) == split.validation.map(\.path))
    #expect(automatic.sentence.contains("m.run/split.csv"))
    #expect(automatic.sentence.contains("`split` all"))
    #expect(automatic.warning == nil)
    let all = try held(.all, index, metadata)
    #expect(all.clips.count == 12)
    #expect(all.warning?.contains("flatters") == true)
    #expect(try held(.side(.train), index, metadata).clips.count == split.train.count)
    #expect(throws: EvaluationError.self) { try held(.side(.test), index, metadata) }
  }

  /// Clips that came after the training are no reason to score on those it saw.
  @Test func newClipsAreEvaluatedAndOldOnesLeftOut() throws {
    let index = try index()
    try Folder.create(folder("m.run"))
    let lines = index.clips.prefix(5).map { "\($0.path),\($0.label),train,g" }
    try AtomicFile.write(
      (["filepath,label,split,group"] + lines).joined(separator: "\n"),
      to: folder("m.run/split.csv"))
    var metadata = try metadata(index)
    metadata.datasetHash = "another"
    let held = try held(.automatic, index, metadata)
    #expect(held.clips.map(\.path) == index.clips.dropFirst(5).map(\.path))
    #expect(held.sentence.contains("leaving out 5 of 12"))
  }

  @Test func computesTheSplitAgainFromTheModelsSettings() throws {
    let index = try index()
    let split = try Splitter.split(index, validationFraction: 0.3, seed: 4)
    var metadata = try metadata(index)
    metadata.splitHash = split.fingerprint
    metadata.training["settings"] = #"{"seed":4,"validationFraction":0.3,"epochs":1}"#
    let found = try held(.automatic, index, metadata)
    #expect(found.clips.map(\.path) == split.validation.map(\.path))
    #expect(found.clips.map(\.group) == split.validation.map(\.group))
    metadata.splitHash = "another"
    let unknown = try held(.automatic, index, metadata)
    #expect(unknown.clips.count == 12)
    #expect(unknown.warning?.contains("scores may flatter") == true)
  }

  @Test func aStrangersDataSetIsEvaluatedInFull() throws {
    let index = try index()
    let held = try held(.automatic, index, try model().metadata)
    #expect(held.clips.count == 12)
    #expect(held.warning == nil)
  }

  @Test(arguments: [
    ("", "is empty"), ("a,b\n", "lacks the column filepath"),
    ("filepath,label,split\nx,a,other\n", "line 2: the split \"other\""),
  ]) func saysWhatIsWrongWithASplitFile(text: String, finding: String) throws {
    try AtomicFile.write(text, to: folder("s.csv"))
    let index = try index()
    let metadata = try metadata(index)
    let error = #expect(throws: EvaluationError.self) {
      try HeldOutClips(
        .automatic, of: index, model: metadata, modelPath: "m", splitFile: folder("s.csv"))
    }
    #expect(error?.message.contains(finding) == true, "\(error?.message ?? "")")
  }
}
