import ArgumentParser
import Labelling
import VideoDecoding

extension RawVideo.Pixels: ExpressibleByArgument {}

/// What `label` follows or watches instead of labelling movies that are there.
struct LabelLiveOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Label a stream as it comes, in JSON Lines: - for standard input, an address such as "
        + "rtsp://… (by the program ffmpeg), or a file that still grows.", valueName: "source"))
  var follow: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Wait for movies in this folder and below, and label each once it no longer grows.",
      valueName: "folder"))
  var watch: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Run this when the label changes, with {label}, {start}, {end}, {score} and {path} put into "
        + "its arguments; no shell sees them.", valueName: "command"))
  var exec: String?

  @Option(
    name: .long,
    help: ArgumentHelp("End such a command after this long (default: 10).", valueName: "seconds"))
  var execTimeout: Double?

  @Flag(
    name: .long, help: "Write with each answer how long it took and how far labelling is behind.")
  var timing = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Leave whole windows out when labelling is further behind a stream than this (default: 10).",
      valueName: "seconds"))
  var maxLag: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file that has not grown for this long is complete (default: 10).", valueName: "seconds"))
  var idle: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Connect so often in a row to an address (default: without end, 3 times at the start).",
      valueName: "n"))
  var retries: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The stream is raw pictures of this size, without a container.", valueName: "WxH"))
  var inputSize: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Raw pictures a second (default: 25).", valueName: "rate"))
  var inputFps: Double?

  @Option(
    name: .long,
    help: ArgumentHelp("How raw pictures are stored (default: rgb24).", valueName: "format"))
  var inputFormat: RawVideo.Pixels?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A watched file is complete when it has not changed for this long (default: 5).",
      valueName: "seconds"))
  var settle: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Look into a watched folder this often, if nothing happens (default: 10).",
      valueName: "seconds"))
  var poll: Double?

  /// Whether there is a stream or a folder instead of movies.
  var isOn: Bool { follow != nil || watch != nil }

  func validate() throws {
    if follow != nil && watch != nil {
      throw ValidationError("--follow and --watch exclude each other; give one of them.")
    }
    if follow?.isEmpty == true { throw ValidationError("--follow needs a source.") }
    if watch?.isEmpty == true { throw ValidationError("--watch needs a folder.") }
    let ofFollow: [(String, Bool)] = [
      ("--exec", exec != nil), ("--exec-timeout", execTimeout != nil), ("--timing", timing),
      ("--max-lag", maxLag != nil), ("--idle", idle != nil), ("--retries", retries != nil),
      ("--input-size", inputSize != nil), ("--input-fps", inputFps != nil),
      ("--input-format", inputFormat != nil),
    ]
    for (name, isGiven) in ofFollow where isGiven && follow == nil {
      throw ValidationError("\(name) belongs to --follow.")
    }
    for (name, isGiven) in [("--settle", settle != nil), ("--poll", poll != nil)]
    where isGiven && watch == nil {
      throw ValidationError("\(name) belongs to --watch.")
    }
    let lengths = [
      ("--exec-timeout", execTimeout), ("--max-lag", maxLag), ("--idle", idle), ("--poll", poll),
    ]
    for case (let name, let seconds?) in lengths where !(seconds >= 0.01 && seconds <= 1e9) {
      throw ValidationError("\(name) must be from 0.01 to 1e9 seconds, not \(seconds).")
    }
    if let settle, !(settle >= 0 && settle <= 1e9) {
      throw ValidationError("--settle must be from 0 to 1e9 seconds, not \(settle).")
    }
    if let retries, retries < 1 {
      throw ValidationError("--retries must be at least 1, not \(retries).")
    }
    _ = try raw
    if exec != nil { _ = try action }
  }

  /// What the movies of a command line without `--follow` and `--watch` must not be beside them.
  func validate(
    inputs: LabelInputOptions, method: LabelMethodOptions, results: LabelResultOptions,
    wantsJSON: Bool
  ) throws {
    let name = follow != nil ? "--follow" : "--watch"
    if !inputs.isEmpty { throw ValidationError("\(name) takes no other movies and no lists.") }
    if inputs.shard != nil { throw ValidationError("\(name) cannot be shared out: leave --shard.") }
    if wantsJSON { throw ValidationError("--json is for movies; \(name) writes JSON Lines.") }
    if results.review.isOn(output: results.output, format: results.format) {
      throw ValidationError(
        "\(name) makes no review page; label the recorded movies with --report.")
    }
    if results.forFormats.beside {
      throw ValidationError("\(name) writes JSON Lines; leave out --beside.")
    }
    if follow != nil, method.scan || method.scanEvery != nil {
      throw ValidationError("--follow looks at every window: leave out --scan and --scan-every.")
    }
    if follow != nil, method.views != nil || method.noTimeline {
      throw ValidationError("--follow is a timeline: leave out --views and --no-timeline.")
    }
  }

  /// How raw pictures are stored; nil for a stream in a container.
  var raw: RawVideo? {
    get throws {
      guard let inputSize else {
        if inputFps != nil || inputFormat != nil {
          throw ValidationError("--input-fps and --input-format belong to --input-size.")
        }
        return nil
      }
      let sides = inputSize.lowercased().split(separator: "x").map { Int($0) ?? 0 }
      guard sides.count == 2, sides.allSatisfy({ (1...1 << 16).contains($0) }) else {
        throw ValidationError(
          "--input-size is a width and a height such as 640x480, not \(inputSize).")
      }
      let rate = inputFps ?? 25
      guard (0.001...1000).contains(rate) else {
        throw ValidationError("--input-fps must be from 0.001 to 1000, not \(rate).")
      }
      return RawVideo(
        size: FrameSize(width: sides[0], height: sides[1]), pixels: inputFormat ?? .rgb24,
        framesPerSecond: rate)
    }
  }

  /// What `--exec` says.
  var action: ActionTemplate? {
    get throws {
      do { return try exec.map { try ActionTemplate(parsing: $0) } } catch {
        throw ValidationError("\(error)")
      }
    }
  }
}
