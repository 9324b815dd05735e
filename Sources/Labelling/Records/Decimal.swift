import ClipSampling

/// Numbers as text in a fixed form, the same on every machine and in every locale.
enum Decimal {
  /// `value` rounded to `places` decimals, half away from zero; stays a `Double` whose shortest
  /// text has no more decimals than that.
  static func rounded(_ value: Double, _ places: Int) -> Double {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (value * scale).rounded()
    return scaled.isFinite ? scaled / scale : value
  }

  /// `value` with exactly `places` decimals: `fixed(0.5, 2)` is `0.50`.
  static func fixed(_ value: Double, _ places: Int) -> String {
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let units = (value.magnitude * Double(scale)).rounded()
    guard let whole = Int(exactly: units) else { return value.description }
    let sign = value < 0 && whole != 0 ? "-" : ""
    if places == 0 { return sign + String(whole) }
    let fraction = String(whole % scale)
    let zeros = String(repeating: "0", count: places - fraction.utf8.count)
    return sign + String(whole / scale) + "." + zeros + fraction
  }

  /// `hh:mm:ss.mmm`, or with another separator before the milliseconds.
  static func clock(_ seconds: Double, separator: String = ".") -> String {
    let milliseconds = Int(clamping: (max(0, seconds) * 1000).rounded())
    func padded(_ number: Int, _ width: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    let hours = padded(milliseconds / 3_600_000, 2)
    let minutes = padded(milliseconds / 60_000 % 60, 2)
    let rest = padded(milliseconds / 1000 % 60, 2)
    return "\(hours):\(minutes):\(rest)\(separator)\(padded(milliseconds % 1000, 3))"
  }
}
