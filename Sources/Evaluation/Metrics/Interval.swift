import Glibc

/// A figure and its 95 % interval; NaN where it is not defined.
public struct Interval: Sendable, Equatable {
  /// Of all clips, each counted once.
  public var value: Double
  /// The end that the truth is below in 2.5 of 100 cases.
  public var low: Double
  /// The end that the truth is above in 2.5 of 100 cases.
  public var high: Double

  /// Of what has no figure.
  static let none = Interval(value: .nan, low: .nan, high: .nan)

  /// Ends that are given, for figures that came from elsewhere.
  public init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }
}

/// The scale on which a figure's resamples lie about evenly to both sides of it.
enum IntervalScale {
  /// From 0 to 1: the logarithm of the odds.
  case share
  /// From 0 to this: the logarithm.
  case positive(upTo: Double)
  /// Differences of figures that reach so far from 0.
  case difference(upTo: Double)
}

extension Interval {
  /// From the spread of resamples: as many standard errors to both sides as Student's t has for so
  /// few groups, on the figure's own scale.
  ///
  /// The percentiles of the resamples would be too narrow: with five groups they hold the truth 88
  /// times in 100, with twenty 92 (`make coverage`).
  ///
  /// - Parameter units: how many groups, or clips, were drawn from.
  init(_ value: Double, resamples: [Double], units: Int, scale: IntervalScale) {
    self.init(value: value, low: .nan, high: .nan)
    guard !value.isNaN, units > 1,
      let error = Interval.standardError(resamples, units: units)
    else { return }
    let reach = StudentT.bound(within: 0.95, degrees: units - 1) * error
    // Without a spread, or on the edge of its range, a figure has no odds to go by; nor has its
    // logarithm a meaning where 0 is within reach.
    let isInside: Bool =
      switch scale {
      case .share: value > 0 && value < 1
      case .positive: value > reach
      case .difference: false
      }
    guard reach > 0, isInside else {
      (low, high) = Interval.clamped(value - reach, value + reach, scale)
      return
    }
    switch scale {
    case .share:
      let odds = log(value / (1 - value))
      let width = reach / (value * (1 - value))
      (low, high) = (1 / (1 + exp(width - odds)), 1 / (1 + exp(-odds - width)))
    case .positive(let most):
      (low, high) = (value * exp(-reach / value), min(most, value * exp(reach / value)))
    case .difference: break
    }
  }

  /// The standard deviation of resamples, as draws of groups from so few understate it; nil where
  /// fewer than two of them have a value.
  static func standardError(_ resamples: [Double], units: Int) -> Double? {
    let values = resamples.filter { !$0.isNaN }
    guard values.count > 1, units > 1 else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let spread = (squares / Double(values.count - 1)).squareRoot()
    // Sums of equal values are not quite equal.
    if spread < 1e-12 { return 0 }
    return spread * (Double(units) / Double(units - 1)).squareRoot()
  }

  private static func clamped(
    _ low: Double, _ high: Double, _ scale: IntervalScale
  ) -> (Double, Double) {
    switch scale {
    case .share: (max(0, low), min(1, high))
    case .positive(let most): (max(0, low), min(most, high))
    case .difference(let most): (max(-most, low), min(most, high))
    }
  }
}
