import ArgumentParser
import Foundation
import VidclassKit

/// Forecasts a series with a small network, on the public interface of the library alone.
@main
enum Program {
  static func main() {
    // Movies are decoded in processes of their own, of which this may be one.
    DecoderProcesses.begin()
    Forecast.main()
  }
}

struct Forecast: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forecast",
    abstract: "Learns to forecast a series and says whether that beats the simplest forecasts.",
    discussion: """
      A convolution over time, an LSTM and a dense layer learn the first part of the series; the
      last part is held out and forecast, each value from the window that ends a horizon before.

      EXAMPLES:
        forecast Tests/Fixtures/series/load.csv --column load --plot load.svg
        forecast --movie movie.mp4 --season 25     # motion energy, frame by frame

      EXIT CODES: 0 done, 1 could not do it (the message says why), 64 wrong usage
      """)

  @Argument(help: "A CSV file with a header.", completion: .file(extensions: ["csv"]))
  var series: String?

  @Option(help: "The column of numbers to forecast.")
  var column: String?

  @Option(help: "A movie, whose motion energy is the series, in place of a CSV file.")
  var movie: String?

  @Option(help: "Values that a forecast is made from.")
  var window = 24

  @Option(help: "Steps from the last of these to the value that is forecast.")
  var horizon = 1

  @Option(help: "Steps of a season, for the seasonal naive forecast.")
  var season = 24

  @Option(help: "Rounds over the training part.")
  var epochs = 60

  @Option(help: "Part of the series, from its end, that is forecast and not learned from.")
  var holdOut = 0.2

  @Option(help: "What training minimises: mse or mae.", transform: Forecast.loss(named:))
  var loss = RegressionLoss.mse

  @Option(help: "Seed of weights and order; the same seed gives the same figures.")
  var seed: UInt64 = 0

  @Option(help: "Draw truth and forecast of the held-out part to this SVG file.")
  var plot: String?

  @Flag(help: "Print the figures as JSON.")
  var json = false

  func validate() throws {
    guard (series == nil) != (movie == nil) else {
      throw ValidationError("Give a CSV file or --movie, one of the two.")
    }
    guard (series == nil) == (column == nil) else {
      throw ValidationError(
        series == nil ? "--column is for CSV files." : "Say which --column to forecast.")
    }
    guard (Forecaster.kernel...4096).contains(window) else {
      throw ValidationError("--window must be from \(Forecaster.kernel) to 4096.")
    }
    for (name, value) in [("--horizon", horizon), ("--season", season), ("--epochs", epochs)] {
      guard (1...100_000).contains(value) else {
        throw ValidationError("\(name) must be from 1 to 100000.")
      }
    }
    guard holdOut >= 0.01, holdOut <= 0.9 else {
      throw ValidationError("--hold-out must be from 0.01 to 0.9.")
    }
  }

  func run() throws {
    let series = try read()
    let division = try Division(
      series, window: window, horizon: horizon, season: season, heldOut: holdOut)
    let pool = WorkerPool(threads: ProcessInfo.processInfo.activeProcessorCount)
    defer { pool.shutDown() }
    let forecaster = try Forecaster(division, seed: seed, pool: pool)
    var trainingLoss = 0.0
    try forecaster.train(epochs: epochs, loss: loss) { epoch, mean in
      trainingLoss = mean
      if epoch % max(1, epochs / 10) == 0 || epoch == epochs {
        note("epoch \(epoch) of \(epochs), \(loss.rawValue) \(String(format: "%.4f", mean))")
      }
    }

    let targets = division.heldOutTargets
    let truth = Array(division.series[targets])
    let forecasts = try forecaster.forecasts(of: targets)
    let report = Report(
      series: series.path, column: series.name, values: division.series.count,
      heldOut: targets.count, window: window, horizon: horizon, season: season, epochs: epochs,
      loss: loss.rawValue, seed: seed, parameters: forecaster.network.parameterCount,
      trainingLoss: trainingLoss,
      network: Score(forecasts: forecasts, truth: truth),
      persistence: Score(forecasts: targets.map(division.persistence), truth: truth),
      seasonalNaive: Score(forecasts: targets.map(division.seasonalNaive), truth: truth))
    if let plot {
      try AtomicFile.write(
        Plot(name: series.name, start: targets.lowerBound, truth: truth, forecasts: forecasts).svg,
        to: plot)
    }
    // Not `print`, which hides errors.
    try FileHandle.standardOutput.write(
      contentsOf: Data((json ? try report.json() : report.text).utf8))
  }

  private static func loss(named name: String) throws -> RegressionLoss {
    if let loss = RegressionLoss(rawValue: name) { return loss }
    let known = RegressionLoss.allCases.map(\.rawValue).joined(separator: " and ")
    throw ValidationError("There are \(known).")
  }

  private func read() throws -> Series {
    if let series, let column { return try Series(csv: series, column: column) }
    guard let movie else { preconditionFailure("validated") }
    return try Series(movie: movie) { note("\(PathText.display(movie)): \($0)") }
  }

  private func note(_ line: String) {
    FileHandle.standardError.write(Data("forecast: \(line)\n".utf8))
  }
}
