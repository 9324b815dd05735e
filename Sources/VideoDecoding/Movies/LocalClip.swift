import ClipSampling

/// A clip decoded in this process.
final class LocalClip: ClipBacking {
  private let source: any FrameSource
  private let path: String
  private let limits: DecodeLimits
  private var converted = 0
  private var convertingSeconds = 0.0

  init(
    _ files: consuming ClipFiles, path: String, threads: Int, limits: DecodeLimits
  ) throws(DecodeError) {
    self.path = path
    self.limits = limits
    source =
      switch consume files {
      case .movie(let file): try MovieSource(file, threads: threads, limits: limits)
      case .images(let images): try ImageSource(images, limits: limits)
      }
  }

  var info: VideoInfo { source.info }

  var counters: DecodeCounters {
    var counters = source.counters
    counters.converted = converted
    counters.convertingSeconds = convertingSeconds
    return counters
  }

  func frameTimes() throws(DecodeError) -> [Double] {
    let index = try source.index()
    try source.checkUnchanged()
    try requireFrames(index.count)
    return index.times
  }

  func entrances() throws(DecodeError) -> [Int] {
    let index = try source.index()
    try source.checkUnchanged()
    if source.info.isImageFolder { return Array(index.times.indices) }
    let found = index.entrances.map(\.frame)
    return found.first == 0 ? found : [0] + found
  }

  func select(
    _ selection: FrameSelection, size: FrameSize?, layout: PixelLayout
  ) throws(DecodeError) -> DecodedFrames {
    var index = try source.index()
    var stack = StackBuilder(size: size, layout: layout)
    var outcome = try fill(&stack, selection.indices(in: index), of: index)
    let isWrong =
      outcome.missing > 0 || outcome.damage.refusedPackets > 0 || outcome.isDisordered
    if index.isFromPackets && isWrong {
      // The packets promised other frames than can be decoded: choose again among those that can.
      index = try source.decodedIndex()
      stack = StackBuilder(size: size, layout: layout)
      outcome = try fill(&stack, selection.indices(in: index), of: index)
    }
    try source.checkUnchanged()
    let range = index.range(start: selection.start, end: selection.end)
    if stack.count == 0 {
      try requireFrames(index.count)
      throw DecodeError(
        code: .noFrames, path: path,
        message: "has no frame in the part asked for; it lasts \(Text.seconds(index.end))")
    }
    var summary = StreamSummary()
    report(
      outcome, index: index, isStopped: false, end: selection.end, into: &summary)
    let (indices, areDamaged) = (stack.indices, stack.areDamaged)
    return DecodedFrames(
      stack: stack.finish(), indices: indices, areDamaged: areDamaged, totalFrames: range.count,
      duration: range.isEmpty
        ? 0 : index.disappearance(of: range.upperBound - 1) - index.times[range.lowerBound],
      isPartial: summary.isPartial, decodedUntil: summary.decodedUntil, warnings: summary.warnings)
  }

  func forEachRecord(_ body: (FrameRecord) throws -> Bool) throws -> StreamSummary {
    var failure: (any Error)?
    var summary = StreamSummary()
    var isStopped = false
    var lastTime = 0.0
    let outcome = try source.visit(nil, of: nil) { visited in
      lastTime = visited.time
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
    summary.duration = isStopped ? lastTime : outcome.end
    return summary
  }

  func forEachFrame(
    start: Double?, end: Double?, size: FrameSize?, layout: PixelLayout, minimumInterval: Double?,
    _ body: (borrowing DecodedFrame) throws -> Bool
  ) throws -> StreamSummary {
    guard var converter = FrameConverter(layout: layout) else { throw Demuxer.outOfMemory(path) }
    var failure: (any Error)?
    var summary = StreamSummary()
    var pixels: [UInt8] = []
    var isStopped = false
    var firstTime: Double?
    var lastTime = 0.0

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
      lastTime = visited.time
      let size = size ?? visited.size
      let count = size.width * size.height * layout.channels
      if pixels.count != count { pixels = [UInt8](repeating: 0, count: count) }
      do {
        let goesOn = try pixels.withUnsafeMutableBufferPointer { buffer in
          let began = Deadline.now()
          guard
            converter.convert(
              visited.picture, visited.orientation, size: size, into: buffer.baseAddress!)
          else { throw conversionError(visited) }
          converted += 1
          convertingSeconds += Deadline.now() - began
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
      let last = isStopped ? lastTime : min(outcome.end, end ?? outcome.end)
      summary.duration = max(0, last - (firstTime ?? 0))
    }
    return summary
  }

  // MARK: Parts

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
      guard stack.reserve(within.count, like: visited, limit: limits.maxMemoryBytes / 2) else {
        failure = tooMuch(within.count, stack.size ?? visited.size, stack.layout)
        return false
      }
      while position < within.count && within[position] < visited.index { position += 1 }
      var copies = 0
      while position < within.count && within[position] == visited.index {
        position += 1
        copies += 1
      }
      let began = Deadline.now()
      guard stack.append(visited, copies: copies, converter: &converter) else {
        failure = conversionError(visited)
        return false
      }
      converted += 1
      convertingSeconds += Deadline.now() - began
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
      // Of images nothing is known until they are decoded.
      if !index.isFromPackets && !source.info.isImageFolder { damage = index.damage }
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
      throw Demuxer.tooLarge(path, (source.info.width, source.info.height), limits: limits)
    }
    throw DecodeError(
      code: .noFrames, path: path,
      message: "holds no frame that can be decoded; it is damaged or incomplete, export it again")
  }

  private func tooMuch(_ count: Int, _ size: FrameSize, _ layout: PixelLayout) -> DecodeError {
    DecodeError(
      code: .tooLarge, path: path,
      message: "\(count) frames of \(size.width)x\(size.height) at once are more than the "
        + "\(limits.maxMemoryBytes >> 21) MB allowed for them; ask for fewer or smaller ones, or "
        + "for all of them one after the other")
  }

  private func conversionError(_ visited: VisitedFrame) -> DecodeError {
    DecodeError(
      code: .codec, path: path,
      message: "has pictures (\(source.info.pixelFormat)) that cannot be converted; "
        + "convert it to H.264")
  }
}
