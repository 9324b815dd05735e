import Datasets
import Evaluation

// What the page of `--report` shows besides scores.
extension EvalCommand {
  /// - Parameter store: has the frames of the clips, as far as they went into memory.
  func details(
    of scored: ScoredClips, _ clips: [Clip], store: ClipStore,
    hashes: [(name: String, value: String)]
  ) -> ReportDetails {
    var details = ReportDetails()
    let strips = ClipStrips(of: scored, clips: clips, store: store, threads: global.threadCount)
    details.strips = strips
    details.copies = strips.copies(of: scored, clips: clips)
    details.origin = origin(hashes: hashes)
    return details
  }

  func origin(hashes: [(name: String, value: String)] = []) -> [(name: String, value: String)] {
    ReportOrigin.facts(
      version: ProgramVersion.current, threads: global.threadCount, hashes: hashes)
  }
}
