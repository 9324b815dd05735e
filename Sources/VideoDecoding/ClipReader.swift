import ClipSampling

/// Reads frames of a movie file or of a folder of numbered images.
///
/// Times are seconds from the first shown frame; indices count frames in display order. Frames come
/// as they are shown (turned and mirrored as the file says), scaled by one swscale pass straight to
/// the size asked for, and equal those of the ffmpeg tool byte for byte.
///
/// Not thread-safe: one reader per worker.
public final class ClipReader {
  private let source: any FrameSource
  private let path: String
  private let limits: DecodeLimits
  private var converted = 0

  /// Opens a clip; reads its header, and as much of the rest as it takes to know the streams.
  /// - Parameters:
  ///   - threads: Threads of the decoder; frames of an undamaged file are the same for any number
  ///     (what a decoder puts in the place of damage depends on it).
  public init(
    path: String, threads: Int = 1, limits: DecodeLimits = .standard
  ) throws(DecodeError) {
    precondition(threads > 0)
    self.path = path
    self.limits = limits
    if SourceFile.isDirectory(path) {
      source = try ImageSource(path: path, limits: limits)
    } else {
      source = try MovieSource(path: path, threads: threads, limits: limits)
    }
  }

  /// What is known about the clip so far.
  public var info: VideoInfo { source.info }

  /// How much work was done so far.
  public var counters: DecodeCounters {
    var counters = source.counters
    counters.converted = converted
    return counters
  }

  /// Times of all frames in seconds, ascending, from the packets alone where these can be believed,
  /// otherwise by decoding all of them.
  public func frameTimes() throws(DecodeError) -> [Double] {
    let index = try source.index()
    try source.checkUnchanged()
    try requireFrames(index.count)
    return index.times
  }

  /// The frames at these display indices.
  /// - Parameters:
  ///   - indices: Ascending; repeated ones give repeated frames. Those beyond the end are left out,
  ///     and the result is partial.
  ///   - size: Nil for the size of the first of them.
  public func frames(
    at indices: [Int], size: FrameSize?, layout: PixelLayout
  ) throws(DecodeError) -> DecodedFrames {
    precondition(indices.allSatisfy { $0 >= 0 }, "frame indices count from 0")
    precondition(zip(indices.dropFirst(), indices).allSatisfy(>=), "frame indices ascend")
    return try collect(start: nil, end: nil, size: size, layout: layout) { _ in indices }
  }

  /// At most `limit` frames spread evenly over a part of the clip: the middles of equal parts, by
  /// count where the frame rate is constant, by time where it varies. All frames, each once, when
  /// there are no more than `limit`.
  ///
  /// A clip that turns out shorter than its header promises, or damaged, gives what there is, and
  /// the result says that it is partial.
  /// - Parameters:
  ///   - start: Seconds; nil for the start of the clip.
  ///   - end: Seconds; the frames that appear before it. Nil for the end of the clip.
  public func evenFrames(
    limit: Int, start: Double? = nil, end: Double? = nil, size: FrameSize?, layout: PixelLayout
  ) throws(DecodeError) -> DecodedFrames {
    precondition(limit > 0)
    return try collect(start: start, end: end, size: size, layout: layout) { index in
      let range = index.range(start: start, end: end)
      guard range.count > limit, index.isVariable else {
        return FramePicker.atMost(limit, of: range.count).map { $0 + range.lowerBound }
      }
      let chosen = FramePicker.uniform(
        count: limit, times: Array(index.times[range]),
        end: index.disappearance(of: range.upperBound - 1))
      return Set(chosen).sorted().map { $0 + range.lowerBound }
    }
  }

  /// Frames of a part of the clip at a given pace.
  /// - Parameters:
  ///   - rate: Frames a second; nil for every frame.
  ///   - count: When given, so many frames, centred in the part, repeated where it is too short;
  ///     otherwise as many as there are, each once.
  public func pacedFrames(
    rate: Double?, count: Int? = nil, start: Double? = nil, end: Double? = nil, size: FrameSize?,
    layout: PixelLayout
  ) throws(DecodeError) -> DecodedFrames {
    precondition(rate ?? 1 > 0 && count ?? 1 > 0)
    return try collect(start: start, end: end, size: size, layout: layout) { index in
      let range = index.range(start: start, end: end)
      guard !range.isEmpty else { return [] }
      let times = Array(index.times[range])
      let last = index.disappearance(of: range.upperBound - 1)
      let chosen =
        switch (rate, count) {
        case (let rate?, let count?):
          FramePicker.rate(rate, count: count, times: times, end: last)
        case (let rate?, nil):
          FramePicker.thinned(times: times, start: start ?? 0, end: last, interval: 1 / rate)
        case (nil, let count?): FramePicker.stride(1, count: count, of: times.count)
        case (nil, nil): Array(times.indices)
        }
      return chosen.map { $0 + range.lowerBound }
    }
  }

  /// Decodes the whole clip and tells `body` of every frame, until it returns false.
  public func forEachRecord(_ body: (FrameRecord) throws -> Bool) throws -> StreamSummary {
    var failure: (any Error)?
    var summary = StreamSummary()
    var isStopped = false
    let outcome = try source.visit(nil, of: nil) { visited in
      do {
        let goesOn = try body(
          FrameRecord(
            index: visited.index, timestamp: visited.timestamp, time: visited.time,
            isKeyFrame: visited.isKey, isDamaged: visited.isDamaged, width: visited.size.width,
            height: visited.size.height))
        isStopped = !goesOn
        return goesOn
      } catch {
        failure = error
        return false
      }
    }
    try source.checkUnchanged()
    if let failure { throw failure }
    try requireFrames(outcome.seen)
    report(outcome, index: nil, isStopped: isStopped, end: nil, into: &summary)
    summary.frames = outcome.seen
    summary.totalFrames = outcome.seen
    summary.duration = outcome.end
    return summary
  }

  /// Shows frames in order to `body`, until it returns false.
  /// - Parameters:
  ///   - size: Nil for each frame's own size.
  ///   - minimumInterval: When given, only the frames on show at each multiple of that many seconds
  ///     from the start of the range.
  public func forEachFrame(
    start: Double? = nil, end: Double? = nil, size: FrameSize?, layout: PixelLayout,
    minimumInterval: Double? = nil, _ body: (DecodedFrame) throws -> Bool
  ) throws -> StreamSummary {
    guard var converter = FrameConverter(layout: layout) else { throw Demuxer.outOfMemory(path) }
    var failure: (any Error)?
    var summary = StreamSummary()
    var pixels: [UInt8] = []
    var isStopped = false
    var firstTime: Double?

    var index: FrameIndex?
    var wanted: [Int]?
    if minimumInterval != nil || (start ?? 0) > 0 {
      let found = try source.index()
      let range = found.range(start: start, end: end)
      index = found
      wanted = Array(range)
      if let minimumInterval {
        wanted = FramePicker.thinned(
          times: Array(found.times[range]), start: start ?? 0,
          end: range.isEmpty ? 0 : found.disappearance(of: range.upperBound - 1),
          interval: minimumInterval
        ).map { $0 + range.lowerBound }
      }
    }
    let outcome = try source.visit(wanted, of: index) { visited in
      if let end, visited.time >= end - 0.0005 { return false }
      firstTime = firstTime ?? visited.time
      let size = size ?? visited.size
      let count = size.width * size.height * layout.channels
      if pixels.count != count { pixels = [UInt8](repeating: 0, count: count) }
      do {
        let goesOn = try pixels.withUnsafeMutableBufferPointer { buffer in
          guard
            converter.convert(
              visited.picture, visited.orientation, size: size, into: buffer.baseAddress!)
          else { throw conversionError(visited) }
          converted += 1
          return try body(
            DecodedFrame(
              index: visited.index, time: visited.time, isKeyFrame: visited.isKey,
              isDamaged: visited.isDamaged, width: size.width, height: size.height,
              channels: layout.channels, pixels: UnsafeBufferPointer(buffer),
              timestamp: visited.timestamp))
        }
        summary.frames += 1
        isStopped = !goesOn
        return goesOn
      } catch {
        failure = error
        return false
      }
    }
    try source.checkUnchanged()
    if let failure { throw failure }
    if outcome.seen == 0 { try requireFrames(index?.range(start: start, end: end).count ?? 0) }
    report(outcome, index: index, isStopped: isStopped, end: end, into: &summary)
    if let index, let wanted, !isStopped {
      let range = index.range(start: start, end: end)
      summary.totalFrames = range.count - outcome.missing
      if let first = wanted.first {
        summary.duration = index.disappearance(of: range.upperBound - 1) - index.times[first]
      }
    } else {
      summary.totalFrames = summary.frames
      summary.duration = max(0, min(outcome.end, end ?? outcome.end) - (firstTime ?? 0))
    }
    return summary
  }

  // MARK: Parts

  private func collect(
    start: Double?, end: Double?, size: FrameSize?, layout: PixelLayout,
    choose: (FrameIndex) -> [Int]
  ) throws(DecodeError) -> DecodedFrames {
    var index = try source.index()
    var stack = StackBuilder(size: size, layout: layout)
    var outcome = try fill(&stack, choose(index), of: index)
    if index.isFromPackets && (outcome.missing > 0 || outcome.damage.refusedPackets > 0) {
      // The packets promised frames that cannot be decoded: choose again among those that can.
      index = try source.decodedIndex()
      stack = StackBuilder(size: size, layout: layout)
      outcome = try fill(&stack, choose(index), of: index)
    }
    try source.checkUnchanged()
    let range = index.range(start: start, end: end)
    if stack.count == 0 {
      try requireFrames(index.count)
      throw DecodeError(
        code: .noFrames, path: path,
        message: "has no frame in the part asked for; it lasts \(Text.seconds(index.end))")
    }
    var summary = StreamSummary()
    report(outcome, index: index, isStopped: false, end: end, into: &summary)
    let indices = stack.indices
    return DecodedFrames(
      stack: stack.finish(), indices: indices, totalFrames: range.count,
      duration: range.isEmpty
        ? 0 : index.disappearance(of: range.upperBound - 1) - index.times[range.lowerBound],
      isPartial: summary.isPartial, decodedUntil: summary.decodedUntil, warnings: summary.warnings)
  }

  /// Converts the frames at `indices` (ascending, repeats allowed) into `stack`.
  private func fill(
    _ stack: inout StackBuilder, _ indices: [Int], of index: FrameIndex
  ) throws(DecodeError) -> VisitOutcome {
    guard var converter = FrameConverter(layout: stack.layout) else {
      throw Demuxer.outOfMemory(path)
    }
    let within = indices.prefix { $0 < index.count }
    var distinct: [Int] = []
    for number in within where distinct.last != number { distinct.append(number) }
    var failure: DecodeError?
    var position = 0
    var outcome = try source.visit(distinct, of: index) { visited in
      while position < within.count && within[position] < visited.index { position += 1 }
      var copies = 0
      while position < within.count && within[position] == visited.index {
        position += 1
        copies += 1
      }
      guard stack.append(visited, copies: copies, converter: &converter) else {
        failure = conversionError(visited)
        return false
      }
      converted += 1
      return true
    }
    if let failure { throw failure }
    outcome.missing += indices.count - within.count
    return outcome
  }

  private func report(
    _ outcome: VisitOutcome, index: FrameIndex?, isStopped: Bool, end: Double?,
    into summary: inout StreamSummary
  ) {
    // Damage that the index met is part of it; a pass by chosen frames sees only its own.
    var damage = outcome.damage
    if let index {
      if !index.isFromPackets { damage = index.damage }
      damage.hasFalseTimes = index.damage.hasFalseTimes
    }
    let decodedEnd = index?.end ?? outcome.end
    // A missing end is of no concern to a part that ends before it.
    let isCut =
      (index?.isCutShort ?? outcome.isCutShort) && !isStopped && (end ?? .infinity) > decodedEnd
    summary.warnings = source.info.warnings
    if isCut {
      summary.warnings.append(
        "cut short: ends after \(Text.seconds(decodedEnd)), before the video is complete")
    }
    summary.warnings += Text.describe(damage)
    if outcome.missing > 0 {
      summary.warnings.append("\(Text.frames(outcome.missing)) asked for could not be decoded")
    }
    summary.isPartial = isCut || damage.isAny || outcome.missing > 0
    if summary.isPartial { summary.decodedUntil = decodedEnd }
  }

  private func requireFrames(_ count: Int) throws(DecodeError) {
    guard count == 0 else { return }
    if source.info.width * source.info.height > limits.maxPixels {
      throw Demuxer.tooLarge(
        path, width: source.info.width, height: source.info.height, limits: limits)
    }
    throw DecodeError(
      code: .noFrames, path: path,
      message: "holds no frame that can be decoded; it is damaged or incomplete, export it again")
  }

  private func conversionError(_ visited: VisitedFrame) -> DecodeError {
    DecodeError(
      code: .codec, path: path,
      message: "has pictures (\(source.info.pixelFormat)) that cannot be converted; "
        + "convert it to H.264")
  }
}
