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
        vidclass label videos/ -f eaf --beside         # for ELAN, beside movies
        find . -name '*.mp4' -print0 | vidclass label --files-from0 - -o all.csv
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var sandbox: SandboxOption
  @OptionGroup var summary: JSONOption
  @OptionGroup(title: "Inputs") var inputs: LabelInputOptions
  @OptionGroup(title: "How movies are labelled") var method: LabelMethodOptions
  @OptionGroup(title: "Results") var results: LabelResultOptions

  func validate() throws {
    try inputs.validate()
    try method.validate()
    try results.validate()
    if summary.json, results.output == nil, let format = results.format, format != .json {
      throw ValidationError(
        "--json needs -o when -f is not json: both would go to standard output.")
    }
  }

  func run() throws {
    Interrupt.install()
    let console = global.console
    try sandbox.prepare(console)
    let jobs = try inputs.jobs(console: console)
    let model = try loadModel(console: console)
    let settings = method.settings(for: model.metadata)
    let output = try LabelOutput(
      plan: results.plan(jobs: jobs, shard: inputs.foundShard, wantsJSON: summary.json),
      jobs: jobs, classNames: model.metadata.classes)
    let batch = LabelBatch(
      jobs: jobs, model: model, settings: settings, output: output, sorter: results.sorter,
      retriesFailed: results.retryFailed, limits: method.limits, threads: global.threadCount,
      console: console)
    let tally = try batch.run()
    if summary.json && results.output != nil { try StandardOutput.writeJSON(tally) }
    if tally.failed + tally.partial + tally.unsorted + tally.unwritten > 0 {
      throw ExitCode.partial
    }
  }

  private func loadModel(console: Console) throws -> Model {
    if let path = method.model { return try Model.load(path: path) }
    let path = try LatestModel.find()
    console.note("model: \(path) (the newest in models/; choose another with -m)")
    return try Model.load(path: path)
  }
}
