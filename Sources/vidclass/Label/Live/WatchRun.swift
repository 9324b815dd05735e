import ArgumentParser
import FileStore
import Foundation
import Labelling
import ModelFiles
import VideoDecoding

/// One run of `label --watch`: it ends when it is told to.
struct WatchRun {
  let folder: MediaPath
  let options: LabelLiveOptions
  let model: Model
  let settings: LabelSettings
  let limits: DecodeLimits
  let plan: LabelOutputPlan
  let sorter: LabelSorter?
  let retriesFailed: Bool
  let threads: Int
  let console: Console

  /// - Throws: `Interrupted` after a signal, with everything finished written.
  func run() throws {
    guard plan.format == .jsonl else {
      throw ValidationError("--watch writes JSON Lines; vidclass merge makes any format of them.")
    }
    try sorter?.prepare()
    try requireSortingElsewhere()
    let journal = try openJournal()
    var done = journal?.done ?? DoneList()
    if done.unreadableLines > 0 {
      console.warn("\(done.unreadableLines) lines of the output are no records; passed over")
    }
    let watch = try FolderWatch(
      folder: folder, kinds: MediaNames(), settleSeconds: options.settle ?? 5,
      pollSeconds: options.poll ?? 10)
    console.note("watching \(folder.text); Ctrl-C ends it")
    var retried: Set<MediaPath> = []
    var tally = (ok: 0, failed: 0)
    let scorers = ModelScorerFactory(
      model: model, threads: threads, precision: settings.precision)
    let runner = runner(scorers)
    while let jobs = watch.next(
      isKnown: { job, identity in
        let state = done.state(
          of: job.path, identity: identity, model: model.hash, settings: settings.fingerprint)
        switch state {
        case .new: return false
        case .done: return true
        case .failed: return !retriesFailed || retried.contains(job.path)
        }
      }, shouldStop: { Interrupt.isRequested }, note: { console.note($0) })
    {
      retried.formUnion(jobs.map(\.path))
      _ = try runner.run(jobs) { _, record in
        guard let record = told(record) else { return }
        if let journal {
          try journal.append(record)
        } else {
          try StandardOutput.write(record.json.text + "\n")
        }
        done.add(record)
        if record.failure == nil { tally.ok += 1 } else { tally.failed += 1 }
        do { try sorter?.place(record) } catch { console.error(ErrorMessage.oneLine(for: error)) }
      }
    }
    throw Interrupted(
      signal: Interrupt.signal ?? SIGTERM,
      message: "stopped watching; \(tally.ok) movies labelled"
        + (tally.failed > 0 ? ", \(tally.failed) failed" : "")
        + (journal == nil ? "" : "; the same command goes on where this one ends"))
  }

  /// The record to be kept, with a word to the user; nil for a movie that is not what it was when it
  /// was found, which will be found again if it is still there.
  private func told(_ record: LabelRecord) -> LabelRecord? {
    switch record.status {
    case .error:
      let message = record.failure?.message ?? record.path.text
      if let code = record.failure?.code,
        [DecodeError.Code.changed, .notFound].map(\.rawValue).contains(code)
      {
        console.note(message)
        return nil
      }
      console.error(message)
    case .partial:
      let reason = record.warnings.last.map { ": " + $0 } ?? ""
      console.warn("\(record.path.text): partial\(reason)")
    case .ok:
      console.note(
        "\(record.path.text): \(record.label ?? "") \(String(format: "%.2f", record.score ?? 0))")
    }
    return record
  }

  private func openJournal() throws -> RecordJournal? {
    switch plan.place {
    case .standardOutput, .nowhere, .movies: nil
    case .file(let path): try RecordJournal(path: path)
    }
  }

  /// A movie that is sorted into the watched folder would be labelled there again.
  private func requireSortingElsewhere() throws {
    guard let sorter, var path = realpath(sorter.folder.text, nil).map(MediaPath.init(owned:)),
      let watched = FileIdentity(folder)
    else { return }
    while true {
      if let identity = FileIdentity(path), identity.device == watched.device,
        identity.inode == watched.inode
      {
        throw LabelError(
          .usage, "--sort-into \(sorter.folder.text) is inside the watched folder; choose another")
      }
      let parent = PathText.folder(of: path.text)
      if parent == path.text || path.text == "/" { return }
      path = MediaPath(parent)
    }
  }

  private func runner(_ scorers: ModelScorerFactory) -> BatchRunner {
    let (settings, limits, hash, threads) = (settings, limits, model.hash, threads)
    // Movies arrive one by one, as a rule: each has all threads of the network.
    return BatchRunner(workers: 1) {
      MovieLabeller(
        scorer: try scorers.make(), settings: settings, model: hash, decoderThreads: threads,
        limits: limits, shouldStop: { Interrupt.isRequested })
    }
  }
}

extension MediaPath {
  /// The path in memory that the C library has made, which is freed.
  fileprivate init(owned path: UnsafeMutablePointer<CChar>) {
    self.init(String(cString: path))
    free(path)
  }
}
