import Foundation
import Synchronization
import VideoDecoding

/// Decodes every file in full, in parallel, whatever is wrong with some of them.
public struct ClipInspector: Sendable {
  /// How far it has come.
  public struct Progress: Sendable {
    /// Files done.
    public let files: Int
    /// Files to do in all.
    public let totalFiles: Int
    /// Frames decoded so far.
    public let frames: Int
  }

  private let threads: Int
  private let limits: DecodeLimits

  /// - Parameters:
  ///   - threads: files decoded at once, each by one thread; when there are fewer files than threads,
  ///     their decoders share the rest.
  public init(threads: Int, limits: DecodeLimits = .standard) {
    precondition(threads > 0, "at least one thread")
    self.threads = threads
    self.limits = limits
  }

  /// Side of the grey pictures that frames are scaled to: small, so that decoding is what costs.
  private static let side = 32

  /// Decodes each file once, even where several clips are ranges of it.
  ///
  /// - Parameter progress: called on the calling thread a few times a second; false stops.
  public func run(_ clips: [Clip], progress: (Progress) -> Bool = { _ in true }) -> InspectionReport
  {
    let clock = ContinuousClock()
    let begin = clock.now
    var positions: [String: [Int]] = [:]
    var files: [String] = []
    for (position, clip) in clips.enumerated() {
      if positions[clip.file, default: []].isEmpty { files.append(clip.file) }
      positions[clip.file, default: []].append(position)
    }
    let workers = min(threads, files.count)
    let work = InspectionWork(
      files: files.map { file in
        (file, (positions[file] ?? []).map { (position: $0, clip: clips[$0]) })
      },
      decoderThreads: max(1, threads / max(1, files.count)), limits: limits)
    for _ in 0..<workers {
      let thread = Thread { work.run() }
      thread.name = "inspect"
      thread.stackSize = 4 << 20
      work.threadStarted()
      thread.start()
    }
    let isCancelled = work.wait(progress: progress)
    let results = work.results
    return InspectionReport(
      clips: clips.indices.compactMap { results[$0] }, files: work.filesDone,
      frames: work.framesDecoded, footage: work.footage,
      seconds: begin.duration(to: clock.now) / .seconds(1), isCancelled: isCancelled)
  }

  /// Decodes one file; nil when `isStopped` turned true before its end.
  fileprivate static func inspect(
    _ file: String, clips: [Clip], decoderThreads: Int, limits: DecodeLimits,
    decoded: () -> Void, isStopped: () -> Bool
  ) -> (file: FileInspection, clips: [ClipInspection])? {
    var info: VideoInfo?
    var times: [Double] = []
    let parts = clips.map { Part(clip: $0) }
    do {
      let reader = try ClipReader(path: file, threads: decoderThreads, limits: limits)
      info = reader.info
      var isCut = false
      let summary = try reader.forEachFrame(
        size: FrameSize(width: side, height: side), layout: .gray
      ) { frame in
        times.append(frame.time)
        for part in parts { part.show(frame) }
        decoded()
        isCut = isStopped()
        return !isCut
      }
      if isCut { return nil }
      info = reader.info
      let result = FileInspection(
        file: file, info: info, error: nil, frames: times.count, duration: summary.duration,
        timing: FrameTiming(times: times), isPartial: summary.isPartial,
        decodedUntil: summary.decodedUntil, warnings: summary.warnings)
      return (result, parts.map { $0.finish(result) })
    } catch {
      let failure =
        error as? DecodeError
        ?? DecodeError(code: .io, path: file, message: "cannot be decoded: \(error)")
      let result = FileInspection(
        file: file, info: info, error: failure, frames: 0, duration: 0,
        timing: FrameTiming(times: []), isPartial: false, decodedUntil: nil, warnings: [])
      return (
        result,
        clips.map {
          ClipInspection(
            clip: $0, file: result, error: failure, frames: 0, duration: 0, fingerprint: nil)
        }
      )
    }
  }

  /// One clip while its file is decoded.
  private final class Part {
    private let clip: Clip
    private let builder = FingerprintBuilder()
    private var frames = 0
    private var first = 0.0

    init(clip: Clip) { self.clip = clip }

    func show(_ frame: borrowing DecodedFrame) {
      // Times come from fractions; a frame at 1.9999999 belongs to what begins at 2.
      guard frame.time >= (clip.start ?? 0) - 1e-6, frame.time < (clip.end ?? .infinity) - 1e-6
      else { return }
      if frames == 0 { first = frame.time }
      frames += 1
      builder.add(
        frame.pixels, width: frame.width, height: frame.height, channels: frame.channels,
        time: frame.time)
    }

    func finish(_ file: FileInspection) -> ClipInspection {
      guard frames > 0 else {
        let error = DecodeError(
          code: .noFrames, path: clip.name,
          message: String(
            format: "no frame in this range, the file ends at %.2f s; correct start and end",
            file.duration))
        return ClipInspection(
          clip: clip, file: file, error: error, frames: 0, duration: 0, fingerprint: nil)
      }
      return ClipInspection(
        clip: clip, file: file, error: nil, frames: frames,
        duration: min(clip.end ?? .infinity, file.duration) - first, fingerprint: builder.finish())
    }
  }
}

/// The files several threads work through.
// @unchecked: the mutable properties are read and written under `condition` only.
private final class InspectionWork: @unchecked Sendable {
  private let files: [(file: String, clips: [(position: Int, clip: Clip)])]
  private let decoderThreads: Int
  private let limits: DecodeLimits
  private let frames = Atomic<Int>(0)
  private let isStopped = Atomic<Bool>(false)
  private let condition = NSCondition()
  private var following = 0
  private var running = 0
  private(set) var filesDone = 0
  private(set) var footage = 0.0
  private(set) var results: [Int: ClipInspection] = [:]

  init(
    files: [(file: String, clips: [(position: Int, clip: Clip)])], decoderThreads: Int,
    limits: DecodeLimits
  ) {
    self.files = files
    self.decoderThreads = decoderThreads
    self.limits = limits
  }

  var framesDecoded: Int { frames.load(ordering: .relaxed) }

  func threadStarted() { condition.withLock { running += 1 } }

  func run() {
    while let (file, clips) = claim() {
      let found = ClipInspector.inspect(
        file, clips: clips.map(\.clip), decoderThreads: decoderThreads, limits: limits,
        decoded: { frames.add(1, ordering: .relaxed) },
        isStopped: { isStopped.load(ordering: .relaxed) })
      guard let found else { break }
      condition.withLock {
        for (clip, result) in zip(clips, found.clips) { results[clip.position] = result }
        footage += found.file.duration
        filesDone += 1
        condition.signal()
      }
    }
    condition.withLock {
      running -= 1
      condition.signal()
    }
  }

  private func claim() -> (file: String, clips: [(position: Int, clip: Clip)])? {
    condition.withLock {
      guard !isStopped.load(ordering: .relaxed), following < files.count else { return nil }
      following += 1
      return files[following - 1]
    }
  }

  /// Returns whether `progress` stopped it.
  func wait(progress: (ClipInspector.Progress) -> Bool) -> Bool {
    var isCancelled = false
    while true {
      let (done, running) = condition.withLock {
        if self.running > 0 { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.2)) }
        return (filesDone, self.running)
      }
      let state = ClipInspector.Progress(
        files: done, totalFiles: files.count, frames: framesDecoded)
      if !progress(state), !isCancelled {
        isCancelled = true
        isStopped.store(true, ordering: .relaxed)
      }
      if running == 0 { return isCancelled }
    }
  }
}
