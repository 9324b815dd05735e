import ArgumentParser
import Labelling

extension LabelCommand {
  /// `--follow` and `--watch`.
  func runLive(console: Console) throws {
    // What cannot work is said before a model is read.
    if let source = live.follow {
      if let format = results.format, format != .jsonl {
        throw ValidationError("--follow writes JSON Lines; leave out -f \(format.rawValue).")
      }
      if results.sortInto != nil { throw ValidationError("--sort-into is for movies.") }
      let model = try loadModel(console: console)
      try FollowRun(
        source: source, options: live, model: model,
        settings: try method.settings(for: model.metadata, model: model.hash, console),
        limits: method.limits, output: results.output, threads: global.threadCount,
        console: console
      ).run()
    }
    if let folder = live.watch {
      let model = try loadModel(console: console)
      var plan = try results.plan(jobs: [], shard: .all, wantsJSON: false)
      // A table needs to know what comes.
      if results.format == nil, case .standardOutput = plan.place { plan.format = .jsonl }
      try WatchRun(
        folder: RawArguments.path(folder), options: live, model: model,
        settings: try method.settings(for: model.metadata, model: model.hash, console),
        limits: method.limits, plan: plan,
        sorter: results.sorter, retriesFailed: results.retryFailed, threads: global.threadCount,
        console: console
      ).run()
    }
  }
}
