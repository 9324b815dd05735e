/// Reads frames of a movie file or of a folder of numbered images.
///
/// Times are seconds from the first shown frame; indices count frames in display order. Frames come
/// as they are shown (turned and mirrored as the file says), scaled by one swscale pass straight to
/// the size asked for, and equal those of the ffmpeg tool byte for byte.
///
/// Decoding happens in a process of its own where `DecoderProcesses` are in use (the command line
/// always does), otherwise in this one.
///
/// Not thread-safe: one reader per worker.
public final class ClipReader {
  private let clip: any ClipBacking

  /// Opens a clip; reads its header, and as much of the rest as it takes to know the streams.
  /// - Parameters:
  ///   - threads: Threads of the decoder; frames are the same for any number.
  ///   - processes: Where to decode; nil for this process.
  public init(
    path: String, threads: Int = 1, limits: DecodeLimits = .standard,
    processes: DecoderProcesses? = .current
  ) throws(DecodeError) {
    precondition(threads > 0)
    clip =
      if let processes {
        try RemoteClip(path: path, threads: threads, limits: limits, processes: processes)
      } else {
        try LocalClip(ClipFiles(path: path), path: path, threads: threads, limits: limits)
      }
  }

  /// What is known about the clip so far.
  public var info: VideoInfo { clip.info }

  /// How much work was done so far.
  public var counters: DecodeCounters { clip.counters }

  /// Times of all frames in seconds, ascending, from the packets alone where these can be believed,
  /// otherwise by decoding all of them.
  public func frameTimes() throws(DecodeError) -> [Double] { try clip.frameTimes() }

  /// Display indices of the frames at which decoding can begin, ascending: those shown soon after one
  /// of them are had quickly. Only the first where every frame needs all before it, all of them for
  /// images.
  public func entrances() throws(DecodeError) -> [Int] { try clip.entrances() }

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
    return try clip.select(.indices(indices), size: size, layout: layout)
  }

  /// The frames on show at these seconds.
  /// - Parameters:
  ///   - times: Ascending; moments of one frame give it again. Those at or after the end are left
  ///     out, and the result is partial.
  ///   - size: Nil for the size of the first of them.
  public func frames(
    atTimes times: [Double], size: FrameSize?, layout: PixelLayout
  ) throws(DecodeError) -> DecodedFrames {
    precondition(times.allSatisfy { $0 >= 0 }, "times count from the first frame")
    precondition(zip(times.dropFirst(), times).allSatisfy(>=), "times ascend")
    return try clip.select(.times(times), size: size, layout: layout)
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
    return try clip.select(
      .even(limit: limit, start: start, end: end), size: size, layout: layout)
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
    return try clip.select(
      .paced(rate: rate, count: count, start: start, end: end), size: size, layout: layout)
  }

  /// Decodes the whole clip and tells `body` of every frame, until it returns false.
  public func forEachRecord(_ body: (FrameRecord) throws -> Bool) throws -> StreamSummary {
    try clip.forEachRecord(body)
  }

  /// Shows frames in order to `body`, until it returns false.
  /// - Parameters:
  ///   - size: Nil for each frame's own size.
  ///   - minimumInterval: When given, only the frames on show at each multiple of that many seconds
  ///     from the start of the range.
  public func forEachFrame(
    start: Double? = nil, end: Double? = nil, size: FrameSize?, layout: PixelLayout,
    minimumInterval: Double? = nil, _ body: (borrowing DecodedFrame) throws -> Bool
  ) throws -> StreamSummary {
    try clip.forEachFrame(
      start: start, end: end, size: size, layout: layout, minimumInterval: minimumInterval, body)
  }
}

/// What stands behind a `ClipReader`, whose functions these are.
protocol ClipBacking: AnyObject {
  var info: VideoInfo { get }
  var counters: DecodeCounters { get }
  func frameTimes() throws(DecodeError) -> [Double]
  func entrances() throws(DecodeError) -> [Int]
  func select(
    _ selection: FrameSelection, size: FrameSize?, layout: PixelLayout
  ) throws(DecodeError) -> DecodedFrames
  func forEachRecord(_ body: (FrameRecord) throws -> Bool) throws -> StreamSummary
  func forEachFrame(
    start: Double?, end: Double?, size: FrameSize?, layout: PixelLayout, minimumInterval: Double?,
    _ body: (borrowing DecodedFrame) throws -> Bool
  ) throws -> StreamSummary
}
