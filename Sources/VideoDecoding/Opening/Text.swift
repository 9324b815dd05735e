import Foundation

/// Words for numbers in messages.
enum Text {
  static func seconds(_ value: Double) -> String { String(format: "%.2f s", value) }

  /// One line for each kind of damage.
  static func describe(_ damage: Damage) -> [String] {
    var lines: [String] = []
    if damage.refusedAtStart > 0 {
      lines.append("\(packets(damage.refusedAtStart)) before the first key frame dropped")
    }
    if damage.refusedPackets > 0 {
      lines.append("\(packets(damage.refusedPackets)) could not be decoded")
    }
    if damage.corruptPackets > 0 {
      lines.append("\(packets(damage.corruptPackets)) marked as damaged")
    }
    if damage.damagedFrames > 0 {
      lines.append("\(frames(damage.damagedFrames)) damaged, holes concealed by the decoder")
    }
    if damage.hasFalseTimes {
      lines.append("its times and durations contradict each other; frames may be missing")
    }
    if let image = damage.firstImage.map(DecodeError.oneLine) {
      lines.append("the first such image is \(image)")
    }
    if damage.gaveUp { lines.append("decoding was given up after too many errors in a row") }
    return lines
  }

  static func frames(_ count: Int) -> String { count == 1 ? "1 frame" : "\(count) frames" }

  private static func packets(_ count: Int) -> String {
    count == 1 ? "1 packet" : "\(count) packets"
  }
}
