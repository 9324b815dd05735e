import Foundation

/// How far forecasts are from the truth.
struct Score: Codable {
  /// Root of the mean squared error.
  let rmse: Double
  /// Mean absolute error.
  let mae: Double

  init(forecasts: [Double], truth: [Double]) {
    precondition(forecasts.count == truth.count && !truth.isEmpty, "a forecast for each value")
    let errors = zip(forecasts, truth).map { $0 - $1 }
    let count = Double(errors.count)
    rmse = (errors.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
    mae = errors.reduce(0) { $0 + abs($1) } / count
  }
}

/// The figures of a run: what is printed, and the keys of its JSON.
struct Report: Codable {
  let series: String
  let column: String
  let values: Int
  let heldOut: Int
  let window: Int
  let horizon: Int
  let season: Int
  let epochs: Int
  let loss: String
  let seed: UInt64
  let parameters: Int
  /// Of the last epoch, in squared or absolute deviations.
  let trainingLoss: Double
  let network: Score
  let persistence: Score
  let seasonalNaive: Score

  enum CodingKeys: String, CodingKey {
    case series, column, values, window, horizon, season, epochs, loss, seed, parameters, network
    case persistence
    case heldOut = "held_out"
    case trainingLoss = "training_loss"
    case seasonalNaive = "seasonal_naive"
  }

  private var rows: [(name: String, score: Score)] {
    [("network", network), ("persistence", persistence), ("seasonal naive", seasonalNaive)]
  }

  /// The table, and a sentence for each simple forecast.
  var text: String {
    var lines = [
      "series   \(series), \(column): \(values) values, the last \(heldOut) held out",
      "network  \(parameters) parameters, window \(window), horizon \(horizon), \(epochs) epochs of "
        + "\(loss), seed \(seed)", "",
      "forecast".padded(to: 16) + "RMSE".leftPadded(to: 12) + "MAE".leftPadded(to: 12),
    ]
    for (name, score) in rows {
      lines.append(
        name.padded(to: 16) + number(score.rmse).leftPadded(to: 12)
          + number(score.mae).leftPadded(to: 12))
    }
    lines.append("")
    lines.append(comparison(with: "persistence", persistence))
    lines.append(comparison(with: "seasonal naive", seasonalNaive))
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same as JSON with sorted keys.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  private func comparison(with name: String, _ other: Score) -> String {
    "The network is \(verdict(network.rmse, other.rmse)) than \(name) by RMSE, "
      + "\(verdict(network.mae, other.mae)) by MAE."
  }

  /// "better (-38.2 %)": the network's error less the other's, as a share of the other's.
  private func verdict(_ own: Double, _ other: Double) -> String {
    if own == other { return "no better" }
    let word = own < other ? "better" : "worse"
    guard other > 0 else { return word }
    return word + String(format: " (%+.1f %%)", 100 * (own - other) / other)
  }
}

/// Five significant digits.
private func number(_ value: Double) -> String { String(format: "%.5g", value) }

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
