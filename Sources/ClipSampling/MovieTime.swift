/// A time or a length in a movie: a number of seconds, and no more than ten million hours to either
/// side.
///
/// No recording is longer, and sums and products of these stay far from the edges of integers.
package struct MovieTime: Sendable, Hashable, Comparable {
  /// Seconds that are believed, wherever they come from.
  package static let range = -3.6e10...3.6e10

  package let seconds: Double

  /// Nil for what no recording has.
  package init?(_ seconds: Double) {
    guard MovieTime.range.contains(seconds) else { return nil }
    self.seconds = seconds
  }

  /// The nearest time there is; 0 for what is no number.
  package init(clamping seconds: Double) {
    self.seconds =
      seconds.isNaN
      ? 0 : min(max(seconds, MovieTime.range.lowerBound), MovieTime.range.upperBound)
  }

  package static func < (left: MovieTime, right: MovieTime) -> Bool {
    left.seconds < right.seconds
  }
}

extension MovieTime: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let time = MovieTime(try container.decode(Double.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not a time that a movie has")
    }
    self = time
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(seconds)
  }
}
