import Foundation

/// Moments as documents write them.
enum UTCDate {
  /// From the year 1 to the year 9999, in seconds since 1970; beyond it documents have no dates.
  private static let known = -62_135_596_800.0...253_402_300_799.0

  /// `2025-10-09T08:53:20Z`.
  static func text(_ seconds: Double) -> String {
    let whole = known.contains(seconds) ? seconds.rounded(.down) : 0
    return Date(timeIntervalSince1970: whole).formatted(.iso8601)
  }

  /// `2025-10-09T08:53:20`: without a zone, where a program knows none.
  static func plain(_ seconds: Double) -> String { String(text(seconds).dropLast()) }
}
