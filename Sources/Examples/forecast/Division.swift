/// A series cut into windows and the values that follow them, in time order.
///
/// The window that forecasts value t ends `horizon` steps before it. Targets before `start` are
/// learned from, those from `start` on are held out. Mean and deviation are the training part's
/// alone; the windows of held-out targets may reach back into it, as they could on the day.
struct Division {
  let series: [Double]
  let window: Int
  let horizon: Int
  /// The distance of the value that the seasonal forecast repeats: a season, or as many as it takes
  /// to be known `horizon` steps before.
  let seasonalLag: Int
  /// The first held-out value.
  let start: Int
  let mean: Double
  let deviation: Double
  /// The series less the mean, in deviations.
  let standard: [Float]

  static let fewestTrainingWindows = 16
  static let fewestHeldOut = 4

  init(_ series: Series, window: Int, horizon: Int, season: Int, heldOut: Double) throws {
    let values = series.values
    seasonalLag = (horizon + season - 1) / season * season
    let held = Int(exactly: (Double(values.count) * heldOut).rounded()) ?? 0
    start = values.count - held
    let needed = max(window + horizon - 1 + Division.fewestTrainingWindows, seasonalLag)
    guard held >= Division.fewestHeldOut, start >= needed else {
      throw SeriesError(
        series.path,
        "\(values.count) values, \(held) of them held out: with this window, horizon and season at "
          + "least \(needed) must come before the held-out ones and \(Division.fewestHeldOut) be "
          + "held out; shorten these or bring more")
    }
    let training = values[..<start]
    let mean = training.reduce(0, +) / Double(start)
    let variance = training.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(start)
    let deviation = variance.squareRoot()
    guard deviation > 1e-12 * max(abs(mean), .leastNormalMagnitude) else {
      throw SeriesError(
        series.path,
        "'\(series.name)' does not change in its first \(start) values; "
          + "there is nothing to learn")
    }
    let standard = values.map { Float(($0 - mean) / deviation) }
    if let far = standard.firstIndex(where: { !(abs($0) < 1e6) }) {
      throw SeriesError(
        series.path,
        "value \(far + 1) of '\(series.name)', \(values[far]), lies more than a million "
          + "deviations from the training part's mean; is it a mistake?")
    }
    self.series = values
    self.window = window
    self.horizon = horizon
    self.mean = mean
    self.deviation = deviation
    self.standard = standard
  }

  var trainingTargets: Range<Int> { window + horizon - 1..<start }
  var heldOutTargets: Range<Int> { start..<series.count }

  /// What may be known of value `target` when it is forecast, standardised.
  func inputs(of target: Int) -> ArraySlice<Float> {
    standard[target - horizon - window + 1...target - horizon]
  }

  /// A forecast in the series' own unit.
  func value(of output: Float) -> Double { Double(output) * deviation + mean }

  /// The last known value.
  func persistence(_ target: Int) -> Double { series[target - horizon] }

  /// The value a season before.
  func seasonalNaive(_ target: Int) -> Double { series[target - seasonalLag] }
}
