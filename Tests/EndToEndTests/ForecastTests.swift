import Foundation
import TestSupport
import Testing

/// The example program `forecast`.
@Suite("Forecast", .waitsForPrograms, .serialized)
struct ForecastTests {
  private static let load = Repository.path + "/Tests/Fixtures/series/load.csv"
  private let folder = ScratchFolder()

  /// The part of the program's JSON that is looked at.
  private struct Report: Decodable {
    struct Score: Decodable {
      let rmse, mae: Double
    }

    let values, heldOut: Int
    let network, persistence, seasonalNaive: Score
  }

  private func forecast(_ arguments: String...) throws -> ProgramRun {
    try ProgramRun("forecast", arguments)
  }

  private func report(of run: ProgramRun) throws -> Report {
    try #require(run.exitCode == 0, "\(run.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Report.self, from: Data(run.output.utf8))
  }

  /// A file with these rows below a header `time,load`.
  private func series(_ rows: [String]) throws -> String {
    let path = folder("series.csv")
    try (["time,load"] + rows).joined(separator: "\n")
      .write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test("A few epochs beat both simple forecasts, the same seed gives the same figures")
  func learns() throws {
    let plot = folder("plot.svg")
    let arguments = [Self.load, "--column", "load", "--epochs", "6", "--json"]
    let run = try ProgramRun("forecast", arguments + ["--plot", plot])
    let report = try self.report(of: run)
    #expect(report.values == 2000 && report.heldOut == 400)
    for simple in [report.persistence, report.seasonalNaive] {
      #expect(report.network.rmse < 0.8 * simple.rmse)
      #expect(report.network.mae < 0.8 * simple.mae)
    }

    let drawing = try String(contentsOfFile: plot, encoding: .utf8)
    #expect(drawing.hasPrefix("<svg") && drawing.hasSuffix("</svg>\n"))
    #expect(drawing.count < 40_000 && !drawing.contains("nan"))
    let curves = drawing.split(separator: "\n").filter { $0.hasPrefix("<polyline") }
    #expect(curves.count == 2)
    #expect(curves.allSatisfy { $0.filter { $0 == "," }.count == 400 })

    let short = [Self.load, "--column", "load", "--epochs", "1", "--json"]
    let once = try ProgramRun("forecast", short)
    #expect(try ProgramRun("forecast", short).output == once.output)
    let other = try ProgramRun("forecast", short + ["--seed", "1"])
    #expect(other.exitCode == 0 && other.output != once.output)
  }

  @Test("Persistence and seasonal naive are what their names say, over the held-out part alone")
  func simpleForecasts() throws {
    // 0, 1, 2, 3 again and again, and 100 added to the last 20 values: in there a step is 1 three
    // times out of four and 3 once, and a season repeats once the jump is a season behind.
    let values = (0..<100).map { $0 % 4 + ($0 < 80 ? 0 : 100) }
    let path = try series(values.enumerated().map { "\($0),\($1)" })
    let run = try forecast(
      path, "--column", "load", "--window", "4", "--season", "4", "--epochs", "1", "--json")
    let report = try self.report(of: run)
    #expect(report.heldOut == 20)
    // The first step goes from 3 to 100: 97; then 15 steps of 1 and 4 of 3.
    #expect(abs(report.persistence.mae - (97 + 15 + 12) / 20) < 1e-9)
    #expect(abs(report.seasonalNaive.mae - 4 * 100 / 20) < 1e-9)
    #expect(abs(report.seasonalNaive.rmse - (4 * 10_000 / 20.0).squareRoot()) < 1e-9)
  }

  @Test("What training has seen does not depend on the held-out part")
  func noLeak() throws {
    // Two series alike up to the held-out part, whose own values differ: training must not differ.
    func trainingLoss(_ last: Int) throws -> Substring? {
      let values = (0..<100).map { $0 < 80 ? $0 * $0 % 17 : last }
      let path = try series(values.enumerated().map { "\($0),\($1)" })
      let run = try forecast(path, "--column", "load", "--window", "8", "--epochs", "2", "--json")
      return run.output.split(separator: "\n").first { $0.contains("training_loss") }
    }
    let loss = try #require(try trainingLoss(5))
    #expect(try trainingLoss(900) == loss)
  }

  @Test("The table says which forecast is better, and by how much")
  func table() throws {
    let run = try forecast(
      Self.load, "--column", "load", "--epochs", "1", "--hold-out", "0.5", "--loss", "mae")
    #expect(run.exitCode == 0)
    for part in [
      "network", "persistence", "seasonal naive", "RMSE", "MAE", "the last 1000 held out",
    ] {
      #expect(run.output.contains(part))
    }
    #expect(
      run.output.contains(/than persistence by RMSE, (better|worse) \([+-][0-9.]+ %\) by MAE/))
  }

  @Test("The motion energy of a movie is a series too")
  func movie() throws {
    let run = try forecast(
      "--movie", Repository.path + "/Tests/Fixtures/movie/motions.mp4", "--epochs", "1", "--json")
    let report = try self.report(of: run)
    #expect(report.values > 300)
    #expect(report.persistence.mae > 0 && report.persistence.mae < 64)
  }

  @Test(
    "Cells that are no numbers are refused with their line",
    arguments: ["5,", "5,n/a", "5,nan", "5,inf", "5,1e400", "5,-1e31", "5"])
  func badCells(row: String) throws {
    let run = try forecast(try series(["1,2", "2,3", row, "4,5"]), "--column", "load")
    #expect(run.exitCode == 1)
    #expect(run.output.isEmpty && run.errorLines.count == 1)
    #expect(run.errors.contains("series.csv: line 4: "))
  }

  @Test("Missing columns and files, short and constant series are refused")
  func badSeries() throws {
    let few = try forecast(try series(["1,2", "2,3"]), "--column", "load")
    #expect(few.exitCode == 1 && few.errors.contains("2 values"))
    let column = try forecast(try series(["1,2"]), "--column", "price")
    #expect(column.exitCode == 1)
    #expect(column.errors.contains("line 1: no column 'price'; there are 'time', 'load'"))
    let flat = try forecast(try series((0..<200).map { "\($0),7" }), "--column", "load")
    #expect(flat.exitCode == 1 && flat.errors.contains("does not change"))
    for path in [folder("missing.csv"), folder.path, "/dev/zero"] {
      let run = try forecast(path, "--column", "load")
      #expect(run.exitCode == 1 && run.errors.contains(path))
    }
    let empty = folder("empty.csv")
    _ = FileManager.default.createFile(atPath: empty, contents: nil)
    #expect(try forecast(empty, "--column", "load").exitCode == 1)
    let notMovie = try forecast("--movie", Self.load)
    #expect(notMovie.exitCode == 1 && notMovie.errors.contains("load.csv"))
  }

  @Test("Huge files are refused before they are read")
  func hugeFile() throws {
    let path = folder("huge.csv")
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 1 << 36)
    let run = try forecast(path, "--column", "load")
    #expect(run.exitCode == 1 && run.errors.contains("huge.csv: has 68719476736 bytes"))
  }

  @Test(
    "Wrong usage exits with 64",
    arguments: [
      [], ["a.csv"], ["--movie", "a.mp4", "--column", "load"], ["a.csv", "--movie", "a.mp4"],
      ["a.csv", "--column", "load", "--loss", "huber"],
      ["a.csv", "--column", "load", "--window", "2"],
      ["a.csv", "--column", "load", "--horizon", "0"],
      ["a.csv", "--column", "load", "--hold-out", "nan"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let run = try ProgramRun("forecast", arguments)
    #expect(run.exitCode == 64)
    #expect(run.output.isEmpty)
  }
}
