import Foundation

/// Waits for movies to arrive in a folder and below it.
///
/// Looking is the truth: the folder is searched every few seconds, and whatever the system tells in
/// between only makes that happen sooner. So nothing is missed on a network drive, by a queue of events
/// that overflowed, or while a batch was at work.
public final class FolderWatch {
  private let folder: MediaPath
  private let kinds: any MediaClassifying
  private let pollSeconds: Double
  private var settling: SettleList
  private let events = FolderEvents()
  private var wasThere = true
  private var told: Set<String> = []

  /// - Parameters:
  ///   - settleSeconds: that a file must have stayed as it is to be complete.
  ///   - pollSeconds: from one look to the next, if nothing happens.
  /// - Throws: `LabelError` with code `input` when there is no such folder.
  public init(
    folder: MediaPath, kinds: any MediaClassifying, settleSeconds: Double, pollSeconds: Double
  ) throws(LabelError) {
    guard FileIdentity(folder)?.kind == .folder else {
      throw LabelError(
        .input, "\(folder.text): is no folder and cannot be watched; create it first")
    }
    precondition(pollSeconds > 0)
    self.folder = folder
    self.kinds = ArrivingMedia(kinds: kinds)
    self.pollSeconds = pollSeconds
    settling = SettleList(seconds: settleSeconds)
  }

  /// Waits until movies are complete that are not known yet.
  ///
  /// - Parameters:
  ///   - isKnown: whether a movie in this state needs no labelling.
  ///   - shouldStop: asked several times a second.
  ///   - note: told of what went away and what cannot be read.
  /// - Returns: at least one movie; nil when it was to stop.
  public func next(
    isKnown: (LabelJob, FileIdentity) -> Bool, shouldStop: () -> Bool, note: (String) -> Void
  ) -> [LabelJob]? {
    while !shouldStop() {
      let found = look(note).compactMap { job -> (job: LabelJob, identity: FileIdentity)? in
        guard let identity = FileIdentity(media: job.path), !isKnown(job, identity) else {
          return nil
        }
        return (job, identity)
      }
      let now = LiveClock.now()
      let (complete, gone) = settling.update(found, now: now)
      for path in gone { note("\(path.text): went away before it was labelled") }
      if !complete.isEmpty {
        for job in complete { settling.forget(job.path) }
        return complete
      }
      // Not more often than a few times a second, however much happens.
      let pause = max(0.1, min(pollSeconds, settling.wait(now: now) ?? pollSeconds))
      events.wait(seconds: pause, shouldStop: shouldStop)
      if !shouldStop() { usleep(50_000) }
    }
    return nil
  }

  private func look(_ note: (String) -> Void) -> [LabelJob] {
    guard FileIdentity(folder)?.kind == .folder else {
      if wasThere { note("\(folder.text): the folder is gone; waiting for it to come back") }
      wasThere = false
      return []
    }
    wasThere = true
    var finder = MediaFinder(kinds: kinds)
    finder.add(folder)
    events.watch(finder.folders)
    for path in finder.unreadableFolders where told.insert(path.text).inserted {
      note("\(path.text): the folder cannot be read; check its permissions")
    }
    return finder.jobs
  }
}

/// Media by their names, without those that downloads and copies bear while they go on.
struct ArrivingMedia: MediaClassifying {
  let kinds: any MediaClassifying

  private static let partial: Set<String> = [
    "crdownload", "download", "filepart", "part", "partial", "temp", "tmp",
  ]

  func isVideo(name: MediaPath) -> Bool { !isPartial(name) && kinds.isVideo(name: name) }
  func isImage(name: MediaPath) -> Bool { !isPartial(name) && kinds.isImage(name: name) }

  /// `a.mp4.part` is no movie anyway; `a.part.mp4` would be one.
  private func isPartial(_ name: MediaPath) -> Bool {
    name.text.lowercased().split(separator: ".").dropFirst().contains {
      ArrivingMedia.partial.contains(String($0))
    }
  }
}
