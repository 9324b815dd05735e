import ClipSampling
import Foundation

/// The one gate for what decoder processes say.
///
/// Such a process has read a file that nobody trusts, and may say whatever that file made it say.
/// Each answer is therefore held against what was asked for and what a movie can be, before anything
/// is made of it; one that does not pass ends its process and fails its clip.
struct AnswerGate {
  let path: String
  let limits: DecodeLimits

  private static let largestSide = 1 << 24
  private static let mostWarnings = 1 << 10
  /// Bytes of a warning or message, the names in it included.
  private static let longestText = 1 << 14
  /// Frames a second; more is no rate of pictures.
  static let framesPerSecond = 0...1e6
  /// Seconds since 1970, in the time from the year -29719 to the year 33658.
  private static let modified = -1e12...1e12

  // MARK: What is known of a clip

  func admits(_ state: Message.State) -> Bool {
    let info = state.info
    let counters = state.counters
    let counts = [
      counters.opens, counters.packets, counters.skippable, counters.decoded, counters.converted,
      counters.seeks,
    ]
    return info.path == path && sides.contains(info.width) && sides.contains(info.height)
      && [0, 90, 180, 270].contains(info.rotation) && info.streamIndex >= 0
      && info.framesPerSecond.map(AnswerGate.framesPerSecond.contains) ?? true
      && isLength(info.duration) && isCount(info.frameCount)
      && info.fileSize >= 0 && AnswerGate.modified.contains(info.modified)
      && info.recorded.map(AnswerGate.modified.contains) ?? true
      && [
        info.container, info.codec, info.pixelFormat, info.colorSpace, info.colorRange,
        info.camera ?? "", info.timecode ?? "",
      ].allSatisfy(isText)
      && [counters.readingSeconds, counters.decodingSeconds, counters.convertingSeconds]
        .allSatisfy { MovieTime($0) != nil && $0 >= 0 }
      && areTexts(info.warnings) && info.streams.count <= limits.maxStreams
      && info.streams.allSatisfy(admits) && counts.allSatisfy { $0 >= 0 }
  }

  private func admits(_ stream: VideoStreamInfo) -> Bool {
    stream.index >= 0 && isText(stream.codec) && sides.contains(stream.width)
      && sides.contains(stream.height) && isCount(stream.frameCount) && isLength(stream.duration)
  }

  /// Of an image folder an error may name an image in it.
  func admits(_ error: DecodeError) -> Bool {
    error.path.hasPrefix(path) && isText(error.message)
      && error.message.hasPrefix("\(DecodeError.oneLine(error.path)): ")
  }

  // MARK: Times and frames

  /// The times in a payload; nil unless each is one, and later than that before it.
  func times(_ bytes: [UInt8]) -> [Double]? {
    let times = bytes.withUnsafeBytes { raw in
      (0..<bytes.count / 8).map {
        raw.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self)
      }
    }
    guard times.allSatisfy({ MovieTime($0) != nil }),
      zip(times.dropFirst(), times).allSatisfy({ $0 > $1 })
    else { return nil }
    return times
  }

  /// The indices of frames in a payload; nil unless they ascend and no clip is longer.
  func entrances(_ bytes: [UInt8]) -> [Int]? {
    let frames = bytes.withUnsafeBytes { raw in
      (0..<bytes.count / 8).map { Int(raw.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
    }
    guard frames.first == 0, frames[frames.count - 1] < limits.maxPackets,
      zip(frames.dropFirst(), frames).allSatisfy({ $0 > $1 })
    else { return nil }
    return frames
  }

  /// Whether a payload of so many bytes may be as many times as a clip can have frames.
  func admitsTimes(payload: Int) -> Bool { payload % 8 == 0 && payload / 8 <= limits.maxPackets }

  func admits(
    _ stack: Message.Stack, payload: Int, for request: Message.Select
  ) -> Bool {
    guard stack.count > 0, stack.count <= min(limits.maxPackets, request.selection.most),
      stack.channels == request.layout.channels,
      [stack.indices.count, stack.times.count, stack.areDamaged.count]
        .allSatisfy({ $0 == stack.count }),
      isSize(stack.width, stack.height, asked: request.size),
      payload == stack.count * stack.height * stack.width * stack.channels
    else { return false }
    let frames = Array(zip(stack.indices, stack.times))
    return frames[0].0 >= 0
      && zip(frames.dropFirst(), frames).allSatisfy {
        // A frame that is asked for twice comes twice, with the same time.
        $0.0 == $1.0 ? $0.1 == $1.1 : $0.0 > $1.0 && $0.1 > $1.1
      }
      && (0...limits.maxPackets).contains(stack.totalFrames) && stack.duration.seconds >= 0
      && areTexts(stack.warnings) && admits(stack.state)
  }

  /// - Parameters:
  ///   - previous: the picture before it.
  ///   - size: what was asked for; nil for each picture's own.
  ///   - channels: what was asked for; 0 for no pixels.
  func admits(
    _ picture: Message.Picture, after previous: Message.Picture?, payload: Int, size: FrameSize?,
    channels: Int
  ) -> Bool {
    guard isSize(picture.width, picture.height, asked: size), picture.channels == channels,
      payload == picture.width * picture.height * channels
    else { return false }
    return (0..<limits.maxPackets).contains(picture.index)
      && previous.map { picture.index > $0.index && picture.time > $0.time } ?? true
  }

  /// - Parameter shown: pictures that came before it; nil where the process had been told to stop.
  func admits(_ finished: Message.Finished, shown: Int?) -> Bool {
    let summary = finished.summary
    return isCount(summary.frames) && isCount(summary.totalFrames) && isLength(summary.duration)
      && summary.decodedUntil.map { MovieTime($0) != nil } ?? true
      && summary.frames == shown ?? summary.frames
      && areTexts(summary.warnings) && admits(finished.state)
  }

  // MARK: Parts

  /// 0 where a header says nothing of sizes.
  private var sides: ClosedRange<Int> { 0...AnswerGate.largestSide }

  private func isSize(_ width: Int, _ height: Int, asked: FrameSize?) -> Bool {
    let possible = 1...AnswerGate.largestSide
    guard possible.contains(width), possible.contains(height) else { return false }
    guard let asked else { return width * height <= limits.maxPixels }
    return asked.width == width && asked.height == height
  }

  private func isCount(_ count: Int?) -> Bool { count ?? 0 >= 0 }

  private func isLength(_ seconds: Double?) -> Bool {
    seconds.map { $0 >= 0 && MovieTime($0) != nil } ?? true
  }

  private func areTexts(_ texts: [String]) -> Bool {
    texts.count <= AnswerGate.mostWarnings && texts.allSatisfy(isText)
  }

  /// Whether a text is one line of bounded length.
  private func isText(_ text: String) -> Bool {
    text.utf8.count <= AnswerGate.longestText
      && !text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
  }
}

extension FrameSelection {
  /// Frames that it chooses at most.
  fileprivate var most: Int {
    switch self {
    case .indices(let indices): indices.count
    case .times(let times): times.count
    case .even(let limit, _, _): limit
    case .paced(_, let count, _, _): count ?? .max
    }
  }
}
