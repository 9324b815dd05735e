/// The number of a frame as editors read it: `01:00:00:00`, or `01:00:00;00` where frame numbers are
/// dropped to keep up with the clock.
public struct Timecode: Sendable, Hashable {
  /// As it was written.
  public let text: String
  /// Whether the frames stand behind a semicolon or a full stop.
  public let isDropFrame: Bool
  private let hours, minutes, seconds, frames: Int

  /// Reads `hh:mm:ss:ff`; nil where it is none.
  public init?(_ text: String) {
    guard (8...12).contains(text.utf8.count),
      let last = text.utf8.lastIndex(where: { !(0x30...0x39).contains($0) }),
      let mark = text[last...].first, ":;.".contains(mark)
    else { return nil }
    let clock = text[..<last].split(separator: ":", omittingEmptySubsequences: false)
    guard clock.count == 3, clock.allSatisfy({ (1...2).contains($0.utf8.count) }),
      let hours = Int(clock[0]), let minutes = Int(clock[1]), let seconds = Int(clock[2]),
      let frames = Int(text[text.index(after: last)...]),
      (0..<24).contains(hours), (0..<60).contains(minutes), (0..<60).contains(seconds), frames >= 0
    else { return nil }
    (self.hours, self.minutes, self.seconds, self.frames) = (hours, minutes, seconds, frames)
    self.text = text
    isDropFrame = mark != ":"
  }

  /// Which frame this is, counted from midnight.
  func frame(at rate: FrameRate) -> Int {
    let minutes = hours * 60 + minutes
    let number = (minutes * 60 + seconds) * rate.base + min(frames, rate.base - 1)
    guard isDropFrame else { return number }
    return max(0, number - rate.dropped * (minutes - minutes / 10))
  }

  /// `hh:mm:ss:ff` of a frame counted from midnight; another day begins at zero.
  static func text(_ frame: Int, at rate: FrameRate, drops: Bool) -> String {
    let base = rate.base
    let dropped = drops ? rate.dropped : 0
    let inTenMinutes = 600 * base - 9 * dropped
    var number = frame % (144 * inTenMinutes)
    let rest = number % inTenMinutes
    number += number / inTenMinutes * 9 * dropped
    // The first of ten minutes drops nothing.
    if rest >= 60 * base { number += dropped * ((rest - 60 * base) / (60 * base - dropped) + 1) }
    let parts = [
      number / base / 3600, number / base / 60 % 60, number / base % 60, number % base,
    ]
    return parts.map { $0 < 10 ? "0\($0)" : String($0) }.joined(separator: ":")
  }
}

/// Where a movie's frames are counted from, and where an editor's timeline begins.
struct MovieClock {
  let rate: FrameRate
  /// Whether frame numbers are dropped.
  let drops: Bool
  /// Of the movie's first frame.
  let source: Int
  /// Of the timeline's.
  let timeline: Int

  /// - Parameter start: of the timeline; nil for the movie's own.
  init(of record: LabelRecord, start: Timecode?) {
    rate = FrameRate(of: record)
    let own = record.timecode.flatMap { Timecode($0) }
    source = own?.frame(at: rate) ?? 0
    timeline = start?.frame(at: rate) ?? source
    drops = rate.dropped > 0 && (start ?? own)?.isDropFrame ?? true
  }

  /// The timecode of a frame.
  func text(_ frame: Int) -> String { Timecode.text(frame, at: rate, drops: drops) }
}
