import ClipSampling
import Foundation
import Labelling
import ModelFiles
import Networks
import Tensors
import VideoDecoding

/// Times labelling from disk to scores: 16 frames of each movie in one view, through a workload's
/// network with random weights.
public struct LabelBenchmark: Sendable {
  /// Movies to label.
  public var jobs: [LabelJob]
  /// Whose network scores.
  public var workload: Workload
  /// Movies at a time.
  public var threads: Int
  /// Times that all movies are gone through.
  public var rounds: Int
  /// The arithmetic of the network.
  public var precision: Precision

  /// - Precondition: at least one movie, thread and round.
  public init(
    jobs: [LabelJob], workload: Workload, threads: Int, rounds: Int,
    precision: Precision = .auto
  ) {
    precondition(!jobs.isEmpty && threads > 0 && rounds > 0)
    self.jobs = jobs
    self.workload = workload
    self.threads = threads
    self.rounds = rounds
    self.precision = precision
  }

  /// What was measured.
  public struct Result: Codable, Sendable {
    /// The program that is timed, `vidclass`.
    public let peer: String
    /// `label`.
    public let task: String
    /// Whose network scored.
    public let workload: Workload
    /// The arithmetic that was used, never `auto`.
    public let precision: Precision
    /// Movies given.
    public let files: Int
    /// Movies without an answer.
    public let failed: Int
    /// Why, a line for each movie that failed.
    public let errors: [String]
    /// Movies at a time.
    public let threads: Int
    /// Once through all movies.
    public let seconds: BenchmarkSeconds
    /// By the median round.
    public let videosPerSecond: Double
    /// Seconds of all workers in the rounds that count, by what they were spent on.
    public let spent: LabelTimes
    /// Seconds that writing the records took in these rounds, on a thread of its own.
    public let writing: Double
    /// Highest resident memory of this process; decoders have theirs.
    public let peakMiB: Double

    enum CodingKeys: String, CodingKey {
      case peer, task, workload, precision, files, failed, errors, threads, seconds, spent, writing
      case videosPerSecond = "videos_per_second"
      case peakMiB = "peak_mib"
    }
  }

  /// One round to warm up, then those that count.
  public func run() throws -> Result {
    let model = try model()
    let preprocessing = model.metadata.preprocessing
    // A window longer than any movie: one view spread over all of it.
    let settings = LabelSettings(
      preprocessing: preprocessing, window: 86_400, views: 1, precision: precision)
    let workers = min(threads, jobs.count)
    let each = max(1, threads / workers)
    let scorers = ModelScorerFactory(
      model: model, threads: each, precision: settings.precision)
    var errors: [String] = []
    var seconds: [Double] = []
    var writing = 0.0
    let meter = LabelMeter()
    let clock = ContinuousClock()
    let folder = NSTemporaryDirectory() + "vidclass-bench-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for round in 0...rounds {
      errors = []
      let runner = BatchRunner(workers: workers) {
        MovieLabeller(
          scorer: try scorers.make(), settings: settings, model: "benchmark", decoderThreads: each,
          meter: round > 0 ? meter : nil)
      }
      let journal = try RecordJournal(path: folder + "/\(round).jsonl")
      let start = clock.now
      _ = try runner.run(jobs) { _, record in
        if record.status == .error { errors.append(record.failure?.message ?? record.path.text) }
        let began = clock.now
        try journal.append(record)
        if round > 0 { writing += (clock.now - began) / .seconds(1) }
      }
      if round > 0 { seconds.append((clock.now - start) / .seconds(1)) }
    }
    let times = BenchmarkSeconds(seconds)
    return Result(
      peer: "vidclass", task: "label", workload: workload, precision: settings.precision,
      files: jobs.count,
      failed: errors.count, errors: errors.sorted(), threads: threads, seconds: times,
      videosPerSecond: Double(jobs.count) / times.median, spent: meter.times, writing: writing,
      peakMiB: BenchmarkMemory.peakMiB)
  }

  private func model() throws -> Model {
    let architecture = try workload.architecture()
    let input = Workload.input
    return Model(
      metadata: ModelMetadata(
        architecture: architecture, classes: (1...Workload.classes).map { "class \($0)" },
        preprocessing: Preprocessing(
          frames: input.frames, height: input.height, width: input.width,
          resizeHeight: input.height, resizeWidth: input.width, color: .rgb, motion: .none,
          choice: .uniform)),
      network: try Network(architecture: architecture, seed: 0))
  }
}
