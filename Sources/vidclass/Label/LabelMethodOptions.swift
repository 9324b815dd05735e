import ArgumentParser
import Labelling
import ModelFiles
import VideoDecoding

/// How `label` looks at a movie.
struct LabelMethodOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The model (default: the newest in models/).", valueName: "file"))
  var model: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Length of the sliding window (default: what the training clips lasted).",
      valueName: "seconds"))
  var window: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "From one window to the next (default: half a window).", valueName: "seconds"))
  var hop: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The shortest segment (default: three quarters of a window).", valueName: "seconds"))
  var minDuration: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Below this score the label is `unknown`; the score stays the best class's.", valueName: "p"))
  var threshold: Double = 0

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A threshold for each class, as eval --thresholds-out writes them; --threshold is for those "
        + "that FILE does not name.", valueName: "file"))
  var thresholds: String?

  @Option(
    name: .long,
    help: ArgumentHelp("List the k best classes, in records as `top`.", valueName: "k"))
  var top: Int?

  @Flag(
    name: .long,
    help: "No timeline: label each movie from a few windows sampled across it, which is faster.")
  var noTimeline = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How many windows --no-timeline samples at most (default: 5); implies it.", valueName: "n"))
  var views: Int?

  @Flag(
    name: .long,
    help:
      "Look at few windows first, and at all of them only where the label changes or is not clear.")
  var scan = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "From one of the first windows of --scan to the next (default: eight windows); implies it.",
      valueName: "seconds"))
  var scanEvery: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Give a movie up after this long (default: 6 hours).", valueName: "seconds"))
  var timeout: Double?

  @OptionGroup var arithmetic: PrecisionOption

  @OptionGroup var stream: StreamOption

  func validate() throws {
    let lengths = [
      ("--window", window), ("--hop", hop), ("--scan-every", scanEvery), ("--timeout", timeout),
    ]
    for case (let name, let seconds?) in lengths where !(seconds >= 0.001 && seconds <= 1e9) {
      throw ValidationError("\(name) must be from 0.001 to 1e9 seconds, not \(seconds).")
    }
    if let minDuration, !(minDuration >= 0 && minDuration <= 1e9) {
      throw ValidationError("--min-duration must be from 0 to 1e9 seconds, not \(minDuration).")
    }
    if !(0...1).contains(threshold) {
      throw ValidationError("--threshold must be from 0 to 1, not \(threshold).")
    }
    if let top, top < 1 { throw ValidationError("--top must be at least 1, not \(top).") }
    if scan || scanEvery != nil, noTimeline || views != nil {
      throw ValidationError("--scan makes a timeline; leave out --no-timeline and --views.")
    }
    if let views, !(1...100_000).contains(views) {
      throw ValidationError("--views must be from 1 to 100000, not \(views).")
    }
  }

  /// - Parameter model: the model's hash, which thresholds may be of.
  func settings(for metadata: ModelMetadata, model: String, _ console: Console) throws
    -> LabelSettings
  {
    let chosen = try thresholds.map { path in
      let found = try ClassThresholds(reading: path)
      if let other = found.model, other != model {
        console.warn(
          "\(path): chosen for another model (\(other.prefix(19))…), whose scores mean other things"
        )
      }
      return try found.values(for: metadata.classes, otherwise: threshold, path: path)
    }
    let usualWindow = metadata.clipSeconds > 0 ? min(max(metadata.clipSeconds, 0.001), 1e9) : 2
    let window = window ?? usualWindow
    return LabelSettings(
      preprocessing: metadata.preprocessing, window: window, hop: hop,
      minimumDuration: minDuration, threshold: threshold, classThresholds: chosen,
      views: views ?? (noTimeline ? 5 : nil), scan: scanEvery ?? (scan ? 8 * window : nil),
      topCount: top, precision: arithmetic.precision,
      stream: stream.stream)
  }

  var limits: DecodeLimits {
    var limits = stream.limits
    if let timeout {
      limits.secondsPerFile = timeout
      limits.secondsPerMegabyte = 0
    }
    return limits
  }
}
