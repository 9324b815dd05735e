import ClipSampling
import Foundation
import Labelling
import ModelFiles
import VideoDecoding

/// One run of `label` over its movies.
struct LabelBatch {
  /// How the run went; `--json` prints it.
  struct Tally: Encodable {
    var movies = 0
    var ok = 0
    var partial = 0
    var failed = 0
    /// Labelled, but not put into the folder of the label.
    var unsorted = 0
    /// Labelled, but their own file could not be written.
    var unwritten = 0
    /// Of those, how many were known from an earlier run.
    var skipped = 0
    var seconds = 0.0
    var model = ""
  }

  let jobs: [LabelJob]
  let model: Model
  let settings: LabelSettings
  let output: LabelOutput
  let sorter: LabelSorter?
  let retriesFailed: Bool
  let limits: DecodeLimits
  let threads: Int
  let console: Console

  /// - Throws: `Interrupted` after a signal, with everything finished written.
  func run() throws -> Tally {
    let started = ContinuousClock().now
    try sorter?.prepare()
    var tally = Tally(movies: jobs.count, model: model.hash)
    let remaining = try skipDone(&tally)
    let workers = max(1, min(threads, remaining.count))
    let isSingle = remaining.count == 1
    let bar = ProgressBar(
      "labelling", total: isSingle ? nil : jobs.count, completed: tally.skipped,
      unit: isSingle ? "s of video" : "movies", console: console)
    let finished = try runner(workers: workers, bar: isSingle ? bar : nil)
      .run(remaining.map { jobs[$0] }) { index, record in
        try deliver(record, at: remaining[index], &tally)
        if !isSingle { bar.advance() }
      }
    bar.finish()
    if let signal = Interrupt.signal, !finished {
      try output.flush(console: console)
      throw Interrupted(signal: signal)
    }
    try output.finish(console: console)
    for error in output.refused { console.error(error.message) }
    tally.unwritten = output.refused.count
    tally.seconds = (ContinuousClock().now - started).inSeconds
    report(tally)
    return tally
  }

  /// Indices of the movies that no earlier run has answered.
  private func skipDone(_ tally: inout Tally) throws -> [Int] {
    let done = output.done
    if done.unreadableLines > 0 {
      console.warn("\(done.unreadableLines) lines of the output are no records; passed over")
    }
    var remaining: [Int] = []
    for (index, job) in jobs.enumerated() {
      let state = done.state(
        of: job.path, identity: FileIdentity(media: job.path), model: model.hash,
        settings: settings.fingerprint)
      switch state {
      case .failed where retriesFailed, .new: remaining.append(index)
      case .done(let record), .failed(let record):
        tally.skipped += 1
        count(record, &tally)
        sort(record, &tally)
      }
    }
    return remaining
  }

  private func runner(workers: Int, bar: ProgressBar?) -> BatchRunner {
    // Spare threads, of a batch smaller than the machine, go to each movie's decoder and network.
    let threadsEach = max(1, threads / workers)
    let (settings, limits, hash) = (settings, limits, model.hash)
    let scorers = ModelScorerFactory(
      model: model, threads: threadsEach, precision: settings.precision)
    return BatchRunner(workers: workers) {
      MovieLabeller(
        scorer: try scorers.make(), settings: settings, model: hash, decoderThreads: threadsEach,
        limits: limits, shouldStop: { Interrupt.isRequested },
        progress: { bar?.update(completed: Int(clamping: $0)) })
    }
  }

  private func deliver(_ record: LabelRecord, at index: Int, _ tally: inout Tally) throws {
    try output.add(record, at: index)
    count(record, &tally)
    sort(record, &tally)
  }

  /// A movie that cannot be moved or linked is told and stays; the others go on.
  private func sort(_ record: LabelRecord, _ tally: inout Tally) {
    do { try sorter?.place(record) } catch {
      tally.unsorted += 1
      console.error(error.message)
    }
  }

  private func count(_ record: LabelRecord, _ tally: inout Tally) {
    switch record.status {
    case .ok: tally.ok += 1
    case .partial:
      tally.partial += 1
      let until = record.decodedUntil.map { String(format: " until %.2f s", $0) } ?? ""
      let reason = record.warnings.last.map { ": " + $0 } ?? ""
      console.warn("\(record.path.text): partial, decoded\(until)\(reason)")
    case .error:
      tally.failed += 1
      console.error(record.failure?.message ?? record.path.text)
    }
  }

  private func report(_ tally: Tally) {
    guard tally.movies > 1 || tally.skipped > 0 else { return }
    var parts = ["\(tally.ok) of \(tally.movies) movies labelled"]
    if tally.partial > 0 { parts.append("\(tally.partial) in part") }
    if tally.failed > 0 { parts.append("\(tally.failed) failed") }
    if tally.unsorted > 0 { parts.append("\(tally.unsorted) not sorted") }
    if tally.skipped > 0 { parts.append("\(tally.skipped) of them in an earlier run") }
    console.note(parts.joined(separator: ", ") + String(format: " (%.1f s)", tally.seconds))
  }
}
