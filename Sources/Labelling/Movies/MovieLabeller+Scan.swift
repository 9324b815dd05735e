import ClipSampling
import VideoDecoding

// A timeline of which only some windows are looked at.
extension MovieLabeller {
  /// What a movie with a few places to begin decoding needs to be looked at by parts.
  private struct Movie {
    let reader: ClipReader
    /// Seconds and display index of each frame that a window may show.
    let times: [Double]
    let indices: [Int]
    let grid: WindowGrid
    let sampler: WindowSampler

    init(_ reader: ClipReader, settings: LabelSettings) throws {
      self.reader = reader
      let times = try reader.frameTimes()
      let duration = max(reader.info.duration ?? 0, times.last ?? 0)
      sampler = WindowSampler(settings.preprocessing)
      grid = WindowGrid(window: settings.window, hop: settings.hop, duration: duration)
      indices =
        sampler.usefulInterval(window: settings.window).map {
          FramePicker.thinned(times: times, start: 0, end: duration, interval: $0)
        } ?? Array(times.indices)
      self.times = indices.map { times[$0] }
    }

    /// Display indices of the frames that a window shows, ascending.
    func frames(of window: Int) -> [Int] {
      let range = grid.ranges[window]
      let within = ViewPlan.frames(of: times, in: range)
      return sampler.indices(times: Array(times[within]), end: range.upperBound)
        .map { indices[within.lowerBound + $0] }
    }

    /// One window of each `spacing` seconds, each where the fewest frames have to be decoded; nil
    /// where that saves nothing.
    func plan(spacing: Double, hop: Double) throws -> ScanPlan? {
      let stride = Int(clamping: min(1e6, (spacing / hop).rounded()))
      guard stride > 1, grid.ranges.count > 2 * stride else { return nil }
      let entrances = try reader.entrances()
      // Without places to begin at, all of it is decoded in any case.
      guard entrances.count > grid.ranges.count / (4 * stride) else { return nil }
      var place = 0
      let costs = grid.ranges.indices.map { window in
        let frames = frames(of: window)
        guard let first = frames.first, let last = frames.last else { return Int.max }
        while place + 1 < entrances.count, entrances[place + 1] <= first { place += 1 }
        return last - entrances[place]
      }
      return ScanPlan(count: grid.ranges.count, stride: stride) { costs[$0] }
    }
  }

  /// As `labelTimeline`, but of windows between two that clearly have one label, nothing is decoded.
  /// A movie with damage is gone through from its start, as are those where scanning saves nothing.
  func labelScan(_ path: MediaPath, _ reader: ClipReader) throws -> LabelRecord? {
    let movie = try Movie(reader, settings: settings)
    guard movie.grid.ranges.count <= MovieLabeller.maximumWindows,
      let plan = try movie.plan(
        spacing: settings.scan ?? settings.hop, hop: settings.hop)
    else { return try labelTimeline(path, reader) }
    var scores: [Int: [Float]] = [:]
    var shown = StripFrames(width: size.width, height: size.height, channels: layout.channels)
    for pass in 0..<2 {
      let windows = pass == 0 ? plan.first : plan.unsettled(scores)
      switch try look(at: windows, of: movie, &scores, &shown) {
      case .seen: break
      case .stopped: return nil
      case .damaged: return try labelTimeline(path, reader)
      }
    }
    guard !scores.isEmpty else { throw noUndamagedFrame(path) }
    let windows = plan.filled(scores, ranges: movie.grid.ranges)
    var record = answer(path, windows, reader.info)
    record.duration = reader.info.duration
    record.frames = reader.info.frameCount
    complete(&record, isPartial: false, until: nil, reader.info.warnings)
    addSegments(&record, of: windows)
    if strips != nil, let duration = record.duration {
      strip = shown.stack(duration: duration).flatMap { MovieStrip($0, info: reader.info) }
    }
    return record
  }

  private enum Look { case seen, damaged, stopped }

  /// Frames held at a time, in bytes.
  private static let heldBytes = 32 << 20

  /// Decodes and scores windows, some at a time.
  private func look(
    at windows: [Int], of movie: Movie, _ scores: inout [Int: [Float]],
    _ shown: inout StripFrames
  ) throws -> Look {
    let frameBytes = size.width * size.height * layout.channels
    var rest = windows[...]
    while !rest.isEmpty {
      if shouldStop() { return .stopped }
      var chosen: [(number: Int, frames: [Int])] = []
      var held = 0
      while let number = rest.first, chosen.isEmpty || held < MovieLabeller.heldBytes {
        let frames = movie.frames(of: number)
        held += frames.count * frameBytes
        chosen.append((number, frames))
        rest = rest.dropFirst()
      }
      let decoded = try movie.reader.frames(
        at: Set(chosen.flatMap(\.frames)).sorted(), size: size, layout: layout)
      if decoded.isPartial || decoded.areDamaged.contains(true) { return .damaged }
      if strips != nil { shown.keep(decoded.stack) }
      let queue = ScoringQueue(scorer, meter: meter)
      for window in decoded.windows(
        chosen.map { movie.grid.ranges[$0.number] }, frames: chosen.map(\.frames))
      { try queue.add(window) }
      let scored = try queue.finish()
      guard scored.count == chosen.count else { return .damaged }
      for (window, score) in zip(chosen, scored) { scores[window.number] = score.scores }
      progress(movie.grid.ranges[chosen[chosen.count - 1].number].upperBound)
    }
    return .seen
  }
}

extension DecodedFrames {
  /// The frames as windows; one of which nothing could be decoded is left out.
  ///
  /// - Parameter frames: display indices of each window's.
  func windows(_ ranges: [Range<Double>], frames: [[Int]]) -> [MovieWindow] {
    let places = Dictionary(uniqueKeysWithValues: zip(indices, indices.indices))
    return zip(ranges, frames).compactMap { range, frames in
      let chosen = frames.compactMap { places[$0] }
      if chosen.isEmpty { return nil }
      var pixels: [UInt8] = []
      pixels.reserveCapacity(chosen.count * stack.frameSize)
      for index in chosen {
        pixels += stack.pixels[index * stack.frameSize..<(index + 1) * stack.frameSize]
      }
      return MovieWindow(
        start: range.lowerBound, end: range.upperBound,
        stack: FrameStack(
          count: chosen.count, height: stack.height, width: stack.width,
          channels: stack.channels, pixels: pixels, times: chosen.map { stack.times[$0] }))
    }
  }
}
