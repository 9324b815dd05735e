import FileStore

/// What the numbers of a record can mean; anything else is refused where it comes in.
enum RecordRange {
  /// Seconds: 10^7 hours to either side.
  static let seconds = -3.6e10...3.6e10
  static let duration = 0...3.6e10
  static let framesPerSecond = 0...1e6
  /// Shares are rounded to six digits.
  static let share = -1e-6...1 + 1e-6
  static let frames = 0...1e15
  /// Seconds since 1970, in the time from the year -29719 to the year 33658.
  static let modified = -1e12...1e12
  static let bytes = 0...9.2e18
}

extension JSONValue {
  /// The number under `key`, nil where there is none.
  ///
  /// - Throws: `LabelError` with code `record` that names key, value and range.
  func number(
    _ key: String, in range: ClosedRange<Double>
  ) throws(LabelError) -> Double? {
    guard let value = self[key], value != .null else { return nil }
    guard let number = value.doubleValue else {
      throw LabelError(.record, "\"\(key)\" is no number")
    }
    guard range.contains(number) else {
      throw LabelError(
        .record,
        "\"\(key)\" is \(number); expected \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The whole number under `key`, nil where there is none.
  ///
  /// - Throws: as `number` does.
  func integer(_ key: String, in range: ClosedRange<Double>) throws(LabelError) -> Int? {
    guard let number = try number(key, in: range) else { return nil }
    guard let whole = self[key]?.integerValue else {
      throw LabelError(.record, "\"\(key)\" is \(number); expected a whole number")
    }
    return whole
  }
}
