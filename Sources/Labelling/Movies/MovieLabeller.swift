import ClipSampling
import VideoDecoding

/// Labels movies one after another; belongs to one worker.
public protocol MovieLabelling {
  /// The movie's record; nil when the run is to stop and the movie was abandoned. A movie that
  /// cannot be read is a record too.
  ///
  /// - Throws: only what makes going on pointless.
  func label(_ job: LabelJob) throws -> LabelRecord?
}

/// Decodes a movie once from start to end, or at sampled places, and says what happens in it.
public final class MovieLabeller: MovieLabelling {
  let scorer: any WindowScorer
  let settings: LabelSettings
  let shouldStop: () -> Bool
  let progress: (Double) -> Void
  let meter: LabelMeter?
  private let model: String
  private let decoderThreads: Int
  private let limits: DecodeLimits

  /// More windows than this are no movie but a mistake in its timestamps.
  static let maximumWindows = 1_000_000

  /// - Parameters:
  ///   - model: hash of the model file, for the records.
  ///   - meter: told where the time went.
  ///   - shouldStop: asked before every frame.
  ///   - progress: told the time in the movie, in seconds, with every frame.
  public init(
    scorer: any WindowScorer, settings: LabelSettings, model: String, decoderThreads: Int = 1,
    limits: DecodeLimits = .standard, meter: LabelMeter? = nil,
    shouldStop: @escaping () -> Bool = { false },
    progress: @escaping (Double) -> Void = { _ in }
  ) {
    self.scorer = scorer
    self.settings = settings
    self.model = model
    self.decoderThreads = decoderThreads
    self.limits = limits
    self.meter = meter
    self.shouldStop = shouldStop
    self.progress = progress
  }

  /// Opens and decodes the movie; what is wrong with it becomes the record's failure.
  public func label(_ job: LabelJob) throws -> LabelRecord? {
    if shouldStop() { return nil }
    let began = ContinuousClock.now
    defer { meter?.add(all: (ContinuousClock.now - began) / .seconds(1)) }
    let identity = FileIdentity(media: job.path)
    var record = LabelRecord(path: job.path, status: .error)
    do {
      guard let labelled = try job.path.withOpenableString({ try label(job.path, openAs: $0) })
      else { return nil }
      record = labelled
    } catch let error as DecodeError {
      var message = error.message
      if !job.path.isText && message.hasPrefix(error.path) {
        message = job.path.text + message.dropFirst(error.path.count)
      }
      record.failure = .init(code: error.code.rawValue, message: message)
    }
    record.model = model
    record.settings = settings.fingerprint
    record.size = identity?.size ?? 0
    record.modified = identity?.modified ?? 0
    return record
  }

  private func label(_ path: MediaPath, openAs text: String) throws -> LabelRecord? {
    let reader = try ClipReader(path: text, threads: decoderThreads, limits: limits)
    defer { meter?.add(reader.counters) }
    if settings.views != nil { return try labelViews(path, reader) }
    return settings.scan == nil
      ? try labelTimeline(path, reader) : try labelScan(path, reader)
  }

  var size: FrameSize {
    FrameSize(
      width: settings.preprocessing.resizeWidth, height: settings.preprocessing.resizeHeight)
  }

  var layout: PixelLayout { settings.preprocessing.color == .rgb ? .rgb : .gray }

  // MARK: All of the movie

  func labelTimeline(_ path: MediaPath, _ reader: ClipReader) throws -> LabelRecord? {
    let sampler = WindowSampler(settings.preprocessing)
    var collector = WindowCollector(
      window: settings.window, hop: settings.hop, sampler: sampler, width: size.width,
      height: size.height, channels: layout.channels)
    let queue = ScoringQueue(scorer, meter: meter)
    func score(_ window: MovieWindow) throws {
      try queue.add(window)
      if queue.count > MovieLabeller.maximumWindows {
        throw DecodeError(
          code: .tooLarge, path: path.text,
          message: "has more than \(MovieLabeller.maximumWindows) windows; give a longer hop")
      }
    }
    var isAbandoned = false
    let summary = try reader.forEachFrame(
      start: nil, end: nil, size: size, layout: layout,
      minimumInterval: sampler.usefulInterval(window: settings.window)
    ) { frame in
      if shouldStop() {
        isAbandoned = true
        return false
      }
      // A decoder that conceals damage makes pixels up: those are never labelled.
      if !frame.isDamaged {
        try collector.push(time: frame.time, pixels: Array(frame.pixels), emit: score)
      }
      progress(frame.time)
      return true
    }
    if isAbandoned { return nil }
    try collector.finish(duration: summary.duration, emit: score)
    let windows = try queue.finish()
    guard let last = windows.last else { throw noUndamagedFrame(path) }
    var record = answer(path, windows, reader.info)
    record.duration = max(summary.duration, last.end > 0 && summary.duration <= 0 ? last.end : 0)
    record.frames = summary.totalFrames
    complete(
      &record, isPartial: summary.isPartial, until: summary.decodedUntil, summary.warnings)
    addSegments(&record, of: windows)
    return record
  }

  func addSegments(_ record: inout LabelRecord, of windows: [ScoredWindow]) {
    guard let duration = record.duration, duration > 0 else { return }
    let timeline = Timeline(windows: windows, duration: duration, settings: settings.timeline)
    record.segments = timeline.segments(classNames: scorer.classNames)
  }

  // MARK: Views

  private func labelViews(_ path: MediaPath, _ reader: ClipReader) throws -> LabelRecord? {
    let times = try reader.frameTimes()
    let interval = times.count > 1 ? times[times.count - 1] / Double(times.count - 1) : 0
    let duration = max(reader.info.duration ?? 0, (times.last ?? 0) + interval)
    let plan = ViewPlan(
      count: settings.views ?? 1, window: settings.window, hop: settings.hop, duration: duration)
    let sampler = WindowSampler(settings.preprocessing)
    let wanted = plan.ranges.map { range in
      let within = ViewPlan.frames(of: times, in: range)
      return sampler.indices(times: Array(times[within]), end: range.upperBound)
        .map { within.lowerBound + $0 }
    }
    var decoded = try reader.frames(
      at: Set(wanted.joined()).sorted(), size: size, layout: layout)
    decoded.removeDamaged()
    if shouldStop() { return nil }

    let queue = ScoringQueue(scorer, meter: meter)
    for view in decoded.windows(plan.ranges, frames: wanted) { try queue.add(view) }
    let windows = try queue.finish()
    guard !windows.isEmpty else { throw noUndamagedFrame(path) }
    var record = answer(path, windows, reader.info)
    record.duration = duration
    record.frames = times.count
    complete(
      &record, isPartial: decoded.isPartial, until: decoded.decodedUntil, decoded.warnings)
    return record
  }

  func noUndamagedFrame(_ path: MediaPath) -> DecodeError {
    DecodeError(
      code: .noFrames, path: path.text,
      message: "holds no undamaged frame; it is damaged or incomplete, export it again")
  }

  // MARK: Record

  func answer(_ path: MediaPath, _ windows: [ScoredWindow], _ info: VideoInfo)
    -> LabelRecord
  {
    let means = ScoredWindow.mean(of: windows)
    var record = LabelRecord(path: path, status: .ok)
    record.scores = zip(scorer.classNames, means).map { .init(label: $0, score: $1) }
    let best = record.best(1)[0]
    record.label = best.score < settings.threshold ? LabelRecord.unknown : best.label
    record.score = best.score
    record.topCount = settings.topCount
    record.framesPerSecond = info.framesPerSecond
    record.timecode = info.timecode.flatMap { Timecode($0) }?.text
    return record
  }

  func complete(
    _ record: inout LabelRecord, isPartial: Bool, until: Double?, _ warnings: [String]
  ) {
    record.warnings = warnings
    if isPartial {
      record.status = .partial
      record.decodedUntil = until ?? record.duration
    }
  }
}
