import Foundation
import VidclassKit

/// Numbers at equal steps of time, and what they are called.
struct Series {
  /// Of the file they come from.
  let path: String
  /// The column, or what was measured in a movie.
  let name: String
  let values: [Double]

  /// Longer ones are refused: training time grows with every value.
  static let mostValues = 200_000
  /// Larger files are refused before they are read.
  static let mostBytes = 64 << 20
  /// Larger numbers are refused, so that no sum of squares overflows.
  static let largestMagnitude = 1e30
}

/// Why a series cannot be read or forecast: one line that names the file.
struct SeriesError: Error, CustomStringConvertible {
  let description: String

  init(_ path: String, _ message: String) {
    description = "\(PathText.display(path)): \(PathText.display(message))"
  }
}

extension Series {
  /// Reads one column of a CSV file with a header.
  init(csv path: String, column: String) throws {
    let size = try FileReader(path).size
    guard size <= Series.mostBytes else {
      throw SeriesError(
        path, "has \(size) bytes, more than the \(Series.mostBytes) that are read; cut it")
    }
    var place: Int?
    var values: [Double] = []
    try CSV.forEachRecord(path: path) { fields, line in
      guard let found = place else {
        place = try Series.place(of: column, in: fields, path: path)
        return
      }
      values.append(try Series.number(in: fields, at: found, column: column, path, line))
      if values.count > Series.mostValues {
        throw SeriesError(
          path, "line \(line): more than \(Series.mostValues) values; cut the file")
      }
    }
    if place == nil { throw SeriesError(path, "is empty; it needs a header and a row a step") }
    self.init(path: path, name: column, values: values)
  }

  private static func place(of column: String, in header: [String], path: String) throws -> Int {
    let names = header.map { $0.trimmingCharacters(in: .whitespaces) }
    let places = names.indices.filter { names[$0] == column }
    guard let place = places.first else {
      let shown = names.prefix(20).map { "'\($0.prefix(40))'" }.joined(separator: ", ")
      throw SeriesError(path, "line 1: no column '\(column)'; there are \(shown)")
    }
    if places.count > 1 {
      throw SeriesError(path, "line 1: two columns are called '\(column)'; rename one")
    }
    return place
  }

  private static func number(
    in fields: [String], at place: Int, column: String, _ path: String, _ line: Int
  ) throws -> Double {
    guard place < fields.count else {
      throw SeriesError(
        path, "line \(line): \(fields.count) fields, and '\(column)' is number \(place + 1)")
    }
    let text = fields[place].trimmingCharacters(in: .whitespaces)
    guard let value = Double(text) else {
      throw SeriesError(path, "line \(line): '\(text.prefix(40))' in '\(column)' is no number")
    }
    guard abs(value) <= largestMagnitude else {
      throw SeriesError(
        path, "line \(line): \(text.prefix(40)) in '\(column)' is not finite or beyond 1e30")
    }
    return value
  }
}
