internal import CFFmpeg

/// A decoded picture on its way to the converter; valid until the visitor returns.
struct VisitedFrame {
  /// Position in display order.
  let index: Int
  /// Seconds from the first shown frame.
  let time: Double
  let isKey: Bool
  let isDamaged: Bool
  let timestamp: Int64?
  let picture: UnsafeMutablePointer<AVFrame>
  let orientation: Orientation

  /// Width and height as shown.
  var size: FrameSize {
    let width = Int(picture.pointee.width)
    let height = Int(picture.pointee.height)
    return orientation.swapsSides
      ? FrameSize(width: height, height: width) : FrameSize(width: width, height: height)
  }
}

/// How a visit to frames ended.
struct VisitOutcome {
  var damage = Damage()
  /// Set when the end was reached and the header had promised more.
  var isCutShort = false
  /// Frames of the index that did not come although they were wanted.
  var missing = 0
  /// Frames came in another order than the index has them: the packets' times are false.
  var isDisordered = false
  /// Whether the visit got to the end of the clip (or of what was wanted).
  var isComplete = false
  /// Frames seen.
  var seen = 0
  /// Seconds at which the last frame seen disappears.
  var end = 0.0
}

/// Where frames come from: a movie or a folder of images.
protocol FrameSource: AnyObject {
  var info: VideoInfo { get }
  var counters: DecodeCounters { get }

  /// All frames in display order; kept once found.
  func index() throws(DecodeError) -> FrameIndex

  /// As `index()`, but found by decoding every frame.
  func decodedIndex() throws(DecodeError) -> FrameIndex

  /// Shows frames in display order to `body` until it returns false.
  /// - Parameters:
  ///   - wanted: Display indices of `index`, ascending; nil for all frames, as they come.
  ///   - index: The index that `wanted` refers to.
  func visit(
    _ wanted: [Int]?, of index: FrameIndex?, _ body: (VisitedFrame) -> Bool
  ) throws(DecodeError) -> VisitOutcome

  /// Throws `CHANGED` when what was read is not what was opened.
  func checkUnchanged() throws(DecodeError)
}
