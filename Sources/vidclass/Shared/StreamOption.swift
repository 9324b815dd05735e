import ArgumentParser
import VideoDecoding

/// Which video stream of a movie is read.
struct StreamOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "This stream of a movie with several, as info lists them (default: the one that is the movie).",
      valueName: "n"))
  var stream: Int?

  func validate() throws {
    if let stream, stream < 0 {
      throw ValidationError("--stream must be 0 or more, not \(stream).")
    }
  }

  /// The usual limits of decoding, with this stream.
  var limits: DecodeLimits {
    var limits = DecodeLimits.standard
    limits.stream = stream
    return limits
  }
}
