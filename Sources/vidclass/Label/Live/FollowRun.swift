import ArgumentParser
import Foundation
import Labelling
import ModelFiles
import VideoDecoding

/// One run of `label --follow`.
struct FollowRun {
  let source: String
  let options: LabelLiveOptions
  let model: Model
  let settings: LabelSettings
  let limits: DecodeLimits
  /// Of `-o`; nil for standard output.
  let output: String?
  let threads: Int
  let console: Console

  /// - Throws: `Interrupted` after a signal, with the last segment written.
  func run() throws {
    let feed = try feed()
    let output = try EventOutput(path: output)
    let runner = try runner()
    let scorer = try ModelScorer(
      model: model, batchSize: 4, threads: threads, precision: settings.precision)
    let carried = try CarriedModelScorer(
      model: model, threads: threads, precision: settings.precision)
    let labeller = try LiveLabeller(
      scorer: scorer, carried: carried, settings: settings, live: try liveSettings())
    console.note(
      "following \(feed.name): windows of \(number(settings.window)) s every "
        + "\(number(settings.hop)) s; Ctrl-C ends it")
    var report = Report(output: output, runner: runner, name: feed.name, run: self)
    let outcome = try labeller.follow(
      feed, shouldStop: { Interrupt.isRequested }, note: { [console] in console.warn($0) },
      emit: { try report.take($0) })
    runner?.finish()
    try finish(outcome, feed.name)
  }

  /// What becomes of each event: a line, a command, a word to the user.
  private struct Report {
    let output: EventOutput
    let runner: ActionRunner?
    let name: String
    let run: FollowRun
    var changes = LabelChanges()
    var warned: ContinuousClock.Instant?

    mutating func take(_ event: LiveEvent) throws {
      try output.write(event.json(topCount: run.settings.topCount, timing: run.options.timing).text)
      if let segment = changes.note(event), let runner, let action = try run.options.action {
        runner.run(action.arguments(ActionTemplate.values(of: segment, path: name)))
      }
      guard case .dropped(let dropped) = event else { return }
      let now = ContinuousClock().now
      if let warned, now - warned < .seconds(10) { return }
      warned = now
      run.console.warn(
        "\(name): labelling is \(run.number(dropped.lag)) s behind; \(dropped.total) windows were "
          + "left out so far (a longer --hop or a smaller network keeps up)")
    }
  }

  private func finish(_ outcome: LiveLabeller.Outcome, _ name: String) throws {
    let end = outcome.end
    if let signal = Interrupt.signal {
      throw Interrupted(
        signal: signal, message: "stopped; the last segment and the end are written")
    }
    // Of an address the reason says more: it is the child's.
    if let failure = outcome.failure, !AddressFeed.isAddress(source) {
      if end.frames == 0 { throw failure }
      console.error(ErrorMessage.oneLine(for: failure))
    }
    if end.frames == 0 {
      throw LabelError(.input, "\(name): no picture came (\(end.reason))")
    }
    console.note(
      "\(name): \(end.reason) after \(number(end.duration)) s: \(end.windows) windows"
        + (end.dropped > 0 ? ", \(end.dropped) left out" : "")
        + (end.gaps > 0 ? ", \(end.gaps) gaps" : ""))
    for warning in end.warnings { console.warn("\(name): \(warning)") }
    if outcome.failure != nil || end.dropped > 0 { throw ExitCode.partial }
  }

  private func feed() throws -> any LiveFeed {
    if source == "-" { return PipeFeed() }
    if AddressFeed.isAddress(source) {
      return try AddressFeed(
        address: source, searchPath: ProcessInfo.processInfo.environment["PATH"])
    }
    return FileFeed(path: RawArguments.path(source))
  }

  private func runner() throws -> ActionRunner? {
    guard let action = try options.action else { return nil }
    return try ActionRunner(
      action, searchPath: ProcessInfo.processInfo.environment["PATH"],
      secondsEach: options.execTimeout ?? 10, warn: { [console] in console.warn($0) })
  }

  private func liveSettings() throws -> LiveSettings {
    var live = LiveSettings()
    live.mostLag = options.maxLag ?? max(live.mostLag, 2 * settings.window)
    live.idleSeconds = options.idle ?? live.idleSeconds
    if let retries = options.retries {
      live.firstAttempts = retries
      live.laterAttempts = retries
    }
    live.raw = try options.raw
    live.limits = limits
    return live
  }

  private func number(_ seconds: Double) -> String { String(format: "%.4g", seconds) }
}
