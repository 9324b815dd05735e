/// Which of the files that arrive in a folder are complete: those that have not changed for a while.
///
/// Time is told from outside, so that tests need no patience.
public struct SettleList {
  private let seconds: Double
  private var known: [MediaPath: Entry] = [:]

  private struct Entry {
    var identity: FileIdentity
    /// When it was first seen like this.
    var since: Double
  }

  /// - Parameter seconds: that a file must have stayed as it is.
  public init(seconds: Double) {
    precondition(seconds >= 0)
    self.seconds = seconds
  }

  /// Takes what is in the folder now.
  ///
  /// - Parameters:
  ///   - found: files and folders of images that are not labelled yet.
  ///   - now: seconds of a clock that never jumps.
  /// - Returns: what is complete, in the order given, and what has gone before it was.
  public mutating func update(
    _ found: [(job: LabelJob, identity: FileIdentity)], now: Double
  ) -> (complete: [LabelJob], gone: [MediaPath]) {
    var next: [MediaPath: Entry] = [:]
    var complete: [LabelJob] = []
    for (job, identity) in found {
      var entry = known[job.path] ?? Entry(identity: identity, since: now)
      if entry.identity != identity { entry = Entry(identity: identity, since: now) }
      next[job.path] = entry
      if now - entry.since >= seconds { complete.append(job) }
    }
    let gone = known.keys.filter { next[$0] == nil }
    known = next
    return (complete, gone.sorted(by: MediaPath.precedes))
  }

  /// What was taken to be labelled is no longer waited for.
  public mutating func forget(_ path: MediaPath) { known[path] = nil }

  /// Seconds from `now` until the next one can be complete; nil when none is waited for.
  public func wait(now: Double) -> Double? {
    known.values.map { max(0, $0.since + seconds - now) }.min()
  }
}
