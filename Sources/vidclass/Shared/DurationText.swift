import ClipSampling
import Foundation

extension Duration {
  /// `0.4 s`, `38 s`, `12 min`, `3 h 20 min`.
  static func text(seconds: Double) -> String {
    if seconds < 9.95 { return String(format: "%.1f s", seconds) }
    if seconds < 119.5 { return String(format: "%.0f s", seconds) }
    let minutes = Int(clamping: (seconds / 60).rounded())
    return minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }
}
