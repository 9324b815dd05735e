import ClipSampling
import VideoDecoding

/// Which frames of a clip its source stack holds: enough to vary them in training, few enough to
/// keep, and such that evaluation shows the very frames it would pick from the whole clip.
public enum SourceFrames {
  /// The most frames a source stack holds: `2 * frames - 1`.
  ///
  /// Evenly spread at `k / (2 * frames)` of the clip for `k` from 1: the odd ones are the middles of
  /// `frames` equal parts, which evaluation shows; the even ones lie between them.
  public static func limit(_ preprocessing: Preprocessing) -> Int { 2 * preprocessing.frames - 1 }

  /// Bytes of the largest source stack's pixels.
  public static func stackBytes(_ preprocessing: Preprocessing) -> Int {
    limit(preprocessing) * preprocessing.resizeHeight * preprocessing.resizeWidth
      * preprocessing.colorChannels
  }

  /// Indices into `times`, ascending.
  ///
  /// - Parameters:
  ///   - times: seconds of the clip's frames in display order, at least one.
  ///   - end: seconds at which the last frame disappears.
  ///   - isVariable: spread evenly by time, not by count; frames that stand long repeat.
  ///   - isDense: false leaves out what only training uses.
  public static func indices(
    times: [Double], end: Double, preprocessing: Preprocessing, isVariable: Bool = false,
    isDense: Bool = true
  ) -> [Int] {
    precondition(!times.isEmpty, "a clip has at least one frame")
    let count = times.count
    let wanted = preprocessing.frames
    let most = isDense ? limit(preprocessing) : wanted
    switch preprocessing.choice {
    case .uniform:
      if isVariable, count > wanted, end > times[0] {
        let steps = isDense ? Array(1...most) : (0..<wanted).map { 2 * $0 + 1 }
        return steps.map { step in
          let share = Double(step) / Double(2 * wanted)
          return FramePicker.shown(at: times[0] + share * (end - times[0]), times: times)
        }
      }
      if count <= most { return Array(times.indices) }
      if isDense { return (1...most).map { $0 * count / (2 * wanted) } }
      return FramePicker.uniform(count: wanted, of: count)
    case .stride(let step):
      precondition(step > 0, "stride must be positive")
      let taken = matchingParity(min(most, (count - 1) / step + 1), wanted)
      let first = (count - 1 - (taken - 1) * step) / 2
      return (0..<taken).map { first + $0 * step }
    case .rate(let framesPerSecond):
      precondition(framesPerSecond > 0, "rate must be positive")
      let start = times[0]
      let possible = max(1, Int(clamping: ((end - start) * framesPerSecond).rounded(.down)))
      let taken = matchingParity(min(most, possible), wanted)
      let middle = (start + end) / 2
      // Footage slower than the rate repeats frames: the stack keeps the rhythm.
      return (0..<taken).map { position in
        let time = middle + (Double(position) - Double(taken - 1) / 2) / framesPerSecond
        return FramePicker.shown(at: time, times: times)
      }
    }
  }

  /// One fewer where needed, so that the middle `wanted` frames are those of a stack without the rest.
  private static func matchingParity(_ count: Int, _ wanted: Int) -> Int {
    count > wanted && (count - wanted) % 2 == 1 ? count - 1 : count
  }

  /// Reads a clip's source stack.
  ///
  /// - Parameters:
  ///   - start: seconds from the first frame; nil means from the beginning.
  ///   - end: seconds; nil means to the end.
  ///   - isDense: false reads only the frames that evaluation shows.
  public static func read(
    _ reader: ClipReader, start: Double? = nil, end: Double? = nil, preprocessing: Preprocessing,
    isDense: Bool = true
  ) throws(DecodeError) -> DecodedFrames {
    while true {
      let times = try reader.frameTimes()
      let (range, end) = try part(of: times, start: start, end: end, path: reader.info.path)
      let inside = Array(times[range])
      let indices = SourceFrames.indices(
        times: inside, end: end, preprocessing: preprocessing,
        isVariable: reader.info.isVariableFrameRate, isDense: isDense)
      var frames = try reader.frames(
        at: indices.map { $0 + range.lowerBound },
        size: FrameSize(width: preprocessing.resizeWidth, height: preprocessing.resizeHeight),
        layout: preprocessing.color == .rgb ? .rgb : .gray)
      // A damaged file holds fewer frames than its packets promised; the reader knows that now, and
      // the frames are chosen again among those that are there.
      if frames.stack.count < indices.count, try reader.frameTimes().count != times.count {
        continue
      }
      // Nothing is learned from what a decoder made up.
      frames.removeDamaged()
      frames.totalFrames = range.count
      frames.duration = end - inside[0]
      return frames
    }
  }

  /// The frames of a range of seconds, and when the last of them disappears.
  private static func part(
    of times: [Double], start: Double?, end: Double?, path: String
  ) throws(DecodeError) -> (range: Range<Int>, end: Double) {
    // Times come from fractions; a frame at 1.9999999 belongs to what begins at 2.
    let first = start.map { start in times.firstIndex { $0 >= start - 1e-6 } ?? times.count } ?? 0
    guard first < times.count else {
      throw DecodeError(
        code: .noFrames, path: path,
        message:
          "no frame at or after \(start ?? 0) s, the last is at \(times.last ?? 0) s; correct start and end"
      )
    }
    let cut = end.map { end in times.firstIndex { $0 >= end - 1e-6 } ?? times.count }
    let range = first..<max(first + 1, cut ?? times.count)
    if range.upperBound < times.count { return (range, times[range.upperBound]) }
    // The last frame lasts as long as the others on average.
    let average =
      times.count > 1 ? (times[times.count - 1] - times[0]) / Double(times.count - 1) : 0
    return (range, times[times.count - 1] + average)
  }
}
