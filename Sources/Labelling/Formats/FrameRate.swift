import ClipSampling

/// Frames a second as editors know them: a whole number, or 1000/1001 of one.
struct FrameRate: Sendable, Hashable {
  /// Frames in `denominator` seconds.
  let numerator: Int
  let denominator: Int

  /// What is taken where a movie does not say.
  static let usual = FrameRate(25)

  /// The rate that is meant by a figure which files round or average: 29.97 is 30000/1001.
  init(_ perSecond: Double) {
    let whole = max(1, Int(clamping: perSecond.rounded()))
    let tolerance = 0.005
    if abs(perSecond - Double(whole)) <= tolerance {
      (numerator, denominator) = (whole, 1)
      return
    }
    let television = max(1, Int(clamping: (perSecond * 1.001).rounded()))
    if abs(perSecond - Double(television) / 1.001) <= tolerance {
      (numerator, denominator) = (television * 1000, 1001)
      return
    }
    let thousandths = max(1, Int(clamping: (perSecond * 1000).rounded()))
    let divisor = FrameRate.greatestCommonDivisor(thousandths, 1000)
    (numerator, denominator) = (thousandths / divisor, 1000 / divisor)
  }

  /// The rate of a movie.
  init(of record: LabelRecord) {
    self = record.usableFrameRate.map { FrameRate($0) } ?? .usual
  }

  /// Frames in a second of timecode.
  var base: Int { max(1, Int(clamping: perSecond.rounded())) }

  private var perSecond: Double { Double(numerator) / Double(denominator) }

  /// Frame numbers that drop-frame timecode leaves out each minute but the tenth; 0 where a rate has
  /// no such timecode.
  var dropped: Int { denominator == 1001 && [30, 60, 120].contains(base) ? base / 15 : 0 }

  /// The frame that begins at a time, or next to it.
  func frame(at seconds: Double) -> Int {
    // More than any timecode counts, and far from where products overflow.
    min(max(0, Int(clamping: (seconds * perSecond).rounded())), 1 << 40)
  }

  /// When a frame begins, exactly, as FCPXML writes times: `1001/30000s`.
  func time(of frame: Int) -> String {
    let divisor = FrameRate.greatestCommonDivisor(frame * denominator, numerator)
    let (seconds, parts) = (frame * denominator / divisor, numerator / divisor)
    return parts == 1 ? "\(seconds)s" : "\(seconds)/\(parts)s"
  }

  private static func greatestCommonDivisor(_ one: Int, _ other: Int) -> Int {
    var (one, other) = (one, other)
    while other != 0 { (one, other) = (other, one % other) }
    return max(1, one)
  }
}

extension FrameRate {
  /// The frames of a segment, without the end; nil where it is shorter than half a frame.
  func frames(of segment: LabelRecord.Segment) -> Range<Int>? {
    let (start, end) = (frame(at: segment.start), frame(at: segment.end))
    return start < end ? start..<end : nil
  }
}
