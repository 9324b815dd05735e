/// Reads times as lists have them: `1.5` seconds, `m:ss.fff` or `h:mm:ss.fff`.
enum ClockTime {
  /// Seconds, or nil when the text is no time.
  ///
  /// - Parameter decimalComma: `1,5` is one and a half; between colons, as in subtitles, it always is.
  static func seconds(_ text: String, decimalComma: Bool) -> Double? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let last = parts.last, (1...3).contains(parts.count) else { return nil }
    var number = String(last)
    if decimalComma || parts.count > 1, !number.contains(".") {
      number = String(number.map { $0 == "," ? "." : $0 })
    }
    guard var seconds = Double(number), seconds.isFinite, seconds >= 0 else { return nil }
    if parts.count > 1 {
      // Two digits before the point, and nothing but digits: "1:1e1" is no time.
      guard seconds < 60, number.prefix(2).allSatisfy({ $0.isASCII && $0.isNumber }) else {
        return nil
      }
    }
    var unit = 60.0
    for (position, part) in parts.dropLast().reversed().enumerated() {
      guard let value = Int(part), value >= 0, value < 1_000_000,
        position + 2 == parts.count || value < 60
      else { return nil }
      seconds += Double(value) * unit
      unit *= 60
    }
    return seconds
  }
}
