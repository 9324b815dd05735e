internal import CFFmpeg
import ClipSampling

/// Where the pictures of a stream come from: a container, or bytes alone.
protocol LivePictures: AnyObject {
  var info: VideoInfo { get }
  /// Seconds a picture stands where nothing is said.
  var step: Double { get }
  var damage: Damage { get }
  var counters: DecodeCounters { get }
  /// Said at the end, a line each.
  var remarks: [String] { get }

  /// The next picture in display order, valid until the next call; nil at the end.
  func next(index: Int) throws(DecodeError) -> VisitedFrame?

  /// Leaves out so many seconds, undecoded, and as much more as it takes to begin again.
  func skip(seconds: Double) throws(DecodeError)

  /// Time that the caller spent on a picture is not the stream's fault.
  func extend(bySeconds seconds: Double)
}

/// Frames of a stream as they come, once, from where it is met to its end.
///
/// Memory does not grow with the stream: a picture is converted, shown and forgotten. One thread
/// decodes, since frames of a stream cannot be decoded a second time where threads met damage.
final class LiveSource {
  private let request: StreamRequest
  private let pictures: any LivePictures
  private let askedToSkip: () -> Double

  /// Waits for the stream's header.
  ///
  /// - Parameter askedToSkip: asked before each picture: seconds to leave out, 0 for none.
  init(
    _ request: StreamRequest, descriptor: Int32, goesOn: @escaping () -> Bool,
    askedToSkip: @escaping () -> Double
  ) throws(DecodeError) {
    self.request = request
    self.askedToSkip = askedToSkip
    let input = StreamInput(
      descriptor: descriptor, idleSeconds: request.idleSeconds, goesOn: goesOn)
    pictures =
      if let raw = request.raw {
        try RawPictures(raw, input: input, request: request)
      } else {
        try ContainerPictures(input, request: request)
      }
  }

  var info: VideoInfo { pictures.info }
  var counters: DecodeCounters { pictures.counters }

  /// A frame that waits to be shown until it is known how long it stands.
  private struct Held {
    var index = 0
    var time = 0.0
    var timestamp: Int64?
    var isKey = false
    var isDamaged = false
    var pixels: [UInt8]
  }

  /// Shows frames in order to `body`, until it returns false or the stream ends.
  func forEachFrame(_ body: (borrowing DecodedFrame) throws -> Bool) throws -> StreamSummary {
    guard var converter = FrameConverter(layout: request.layout) else {
      throw Demuxer.outOfMemory(request.name)
    }
    let (size, interval) = (request.size, request.minimumInterval)
    let count = size.width * size.height * request.layout.channels
    var held = Held(pixels: [UInt8](repeating: 0, count: count))
    var summary = StreamSummary()
    var seen = 0
    var goesOn = true
    func show(until end: Double) throws {
      guard
        interval.map({
          FramePicker.isShown(from: held.time, until: end, origin: 0, interval: $0)
        }) ?? true
      else { return }
      summary.frames += 1
      let started = Deadline.now()
      goesOn = try held.pixels.withUnsafeBufferPointer { pixels in
        try body(
          DecodedFrame(
            index: held.index, time: held.time, isKeyFrame: held.isKey,
            isDamaged: held.isDamaged, width: size.width, height: size.height,
            channels: request.layout.channels, pixels: pixels, timestamp: held.timestamp))
      }
      pictures.extend(bySeconds: Deadline.now() - started)
    }
    while goesOn {
      let skipped = askedToSkip()
      if skipped > 0 { try pictures.skip(seconds: skipped) }
      guard let picture = try pictures.next(index: seen) else { break }
      if interval != nil && seen > 0 { try show(until: picture.time) }
      guard goesOn else { break }
      let isConverted = held.pixels.withUnsafeMutableBufferPointer {
        converter.convert(picture.picture, picture.orientation, size: size, into: $0.baseAddress!)
      }
      guard isConverted else {
        throw DecodeError(
          code: .codec, path: request.name,
          message: "has pictures (\(info.pixelFormat)) that cannot be converted; send H.264")
      }
      (held.index, held.time, held.timestamp) = (picture.index, picture.time, picture.timestamp)
      (held.isKey, held.isDamaged) = (picture.isKey, picture.isDamaged)
      seen += 1
      if interval == nil { try show(until: held.time) }
    }
    guard seen > 0 else {
      throw DecodeError(
        code: .noFrames, path: request.name,
        message:
          "ended before a picture could be decoded: send Matroska, MPEG-TS or fragmented MP4 (a "
          + "plain MP4 has its index at the end)")
    }
    if goesOn, interval != nil { try show(until: held.time + pictures.step) }
    summary.totalFrames = seen
    summary.duration = held.time + (goesOn ? pictures.step : 0)
    summary.isPartial = pictures.damage.isAny
    summary.decodedUntil = summary.isPartial ? summary.duration : nil
    summary.warnings = info.warnings + Text.describe(pictures.damage) + pictures.remarks
    return summary
  }
}
