import ArgumentParser
import Foundation
import Labelling
import ModelFiles
import VideoDecoding

/// `vidclass label`: what happens in movies, and when.
struct LabelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label",
    abstract: "Labels movies and image folders: what happens in each, and when.",
    discussion: """
      Every movie gets an answer for the whole and a timeline of segments in seconds. With -o \
      FILE.jsonl a record is appended as each movie is finished, and the same command run again \
      goes on where it stopped.

      EXAMPLES:
        vidclass label movie.mp4                       # a table on the terminal
        vidclass label videos/ -o labels.jsonl         # run again to continue
        vidclass label movie.mp4 -f vtt -o movie.vtt   # subtitles
        vidclass label videos/ -o labels.jsonl --report review.html --doubtful 50
        vidclass label videos/ -f eaf --beside         # for ELAN, beside movies
        find . -name '*.mp4' -print0 | vidclass label --files-from0 - -o all.csv
        vidclass label --follow rtsp://camera/stream   # as it comes
        vidclass label --watch incoming/ -o labels.jsonl
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var sandbox: SandboxOption
  @OptionGroup var summary: JSONOption
  @OptionGroup(title: "Inputs") var inputs: LabelInputOptions
  @OptionGroup(title: "How movies are labelled") var method: LabelMethodOptions
  @OptionGroup(title: "Results") var results: LabelResultOptions
  @OptionGroup(title: "Streams and watched folders") var live: LabelLiveOptions

  func validate() throws {
    try inputs.validate()
    try method.validate()
    try results.validate()
    try results.review.validate(output: results.output, format: results.format)
    try live.validate()
    if live.isOn {
      try live.validate(
        inputs: inputs, method: method, results: results, wantsJSON: summary.json)
    } else if inputs.isEmpty {
      throw ValidationError("Name a movie, a folder, - or --files-from.")
    }
    if summary.json, results.output == nil, let format = results.format, format != .json {
      throw ValidationError(
        "--json needs -o when -f is not json: both would go to standard output.")
    }
  }

  func run() throws {
    Interrupt.install()
    let console = global.console
    try sandbox.prepare(console)
    if live.isOn { return try runLive(console: console) }
    let jobs = try inputs.jobs(console: console)
    try checkOutputs()
    let model = try loadModel(console: console)
    var settings = try method.settings(for: model.metadata, model: model.hash, console)
    let review = try results.review.collector(
      for: model, output: results.output, format: results.format)
    settings.tellsDoubt = review != nil
    let output = try LabelOutput(
      plan: results.plan(jobs: jobs, shard: inputs.foundShard, wantsJSON: summary.json),
      jobs: jobs, classNames: model.metadata.classes)
    let batch = LabelBatch(
      jobs: jobs, model: model, settings: settings, output: output, review: review,
      sorter: results.sorter,
      retriesFailed: results.retryFailed, limits: method.limits, threads: global.threadCount,
      console: console)
    let tally = try batch.run()
    if summary.json && results.output != nil { try StandardOutput.writeJSON(tally) }
    if tally.failed + tally.partial + tally.unsorted + tally.unwritten > 0 {
      throw ExitCode.partial
    }
  }

  /// Before anything is labelled.
  private func checkOutputs() throws {
    let isPage = results.format == nil && LabelReviewOptions.isPage(results.output)
    let outputs: [(String?, OutputFile.Kind)] = [
      (results.output, isPage ? .page : .text), (results.review.report, .page),
    ]
    for case (let path?, let kind) in outputs where path != "-" {
      try OutputFile.requireReplaceable(
        path, kind,
        reads: [method.thresholds, method.model, inputs.filesFrom, inputs.filesFrom0])
    }
  }

  func loadModel(console: Console) throws -> Model {
    if let path = method.model { return try Model.load(path: path) }
    let path = try LatestModel.find()
    console.note("model: \(path) (the newest in models/; choose another with -m)")
    return try Model.load(path: path)
  }
}
