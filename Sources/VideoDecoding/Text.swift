import Foundation

/// Words for numbers in messages.
enum Text {
  static func seconds(_ value: Double) -> String { String(format: "%.2f s", value) }

  /// One line for each kind of damage.
  static func describe(_ damage: Damage) -> [String] {
    var lines: [String] = []
    if damage.refusedAtStart > 0 {
      lines.append("\(damage.refusedAtStart) packets before the first key frame were dropped")
    }
    if damage.refusedPackets > 0 {
      lines.append("\(damage.refusedPackets) packets could not be decoded")
    }
    if damage.corruptPackets > 0 {
      lines.append("\(damage.corruptPackets) packets are marked as damaged")
    }
    if damage.damagedFrames > 0 {
      lines.append("\(damage.damagedFrames) frames are damaged and were concealed")
    }
    if damage.gaveUp { lines.append("decoding was given up after too many errors in a row") }
    return lines
  }
}
