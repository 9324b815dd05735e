import ArgumentParser
import Datasets
import Foundation
import ModelFiles
import Tensors
import VideoDecoding

/// `vidclass frames`: what the decoder gives, for the eye and for other programs.
struct FramesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frames",
    abstract: "Shows exactly what the network sees of a movie or a folder of images.",
    discussion: """
      Frames come as they are shown (turned as the file says), scaled in one pass. Without -o, \
      tells which frames were chosen.

      EXAMPLES:
        vidclass frames movie.mp4 -o sheet.png              # contact sheet
        vidclass frames movie.mp4 --size 112 -o frames.rgb  # raw RGB24
        vidclass frames movie.mp4 --all -o - | sha256sum    # every frame, unscaled
        vidclass frames movie.mp4 --at 1.5,3 -o sheet.png   # what is on show then
        vidclass frames movie.mp4 --list                    # index, pts, time, key
        vidclass frames movie.mp4 -m models/clips.safetensors -o stack.safetensors
      """)

  @Argument(help: "A movie, or a folder of numbered images.")
  var file: String

  @Option(help: ArgumentHelp("Number of frames, spread evenly (default: 16).", valueName: "n"))
  var frames: Int?

  @Option(help: ArgumentHelp("N for N x N, or WxH; default: the frame's own.", valueName: "size"))
  var size: SizeArgument?

  @Flag(help: "One channel instead of three.")
  var gray = false

  @Option(
    help: ArgumentHelp(
      "Frames a second instead of a number of them; with --frames, that many at this rate.",
      valueName: "rate"))
  var fps: Double?

  @Option(
    help: ArgumentHelp(
      "The frames on show at these moments, such as 0.5,2,3.25; given out in the movie's order.",
      valueName: "seconds"))
  var at: NumberList<Double>?

  @Option(
    help: ArgumentHelp(
      "The frames of these numbers, from 0, such as 0,8,16; given out in the movie's order.",
      valueName: "n"))
  var index: NumberList<Int>?

  @Option(help: ArgumentHelp("Start of the part to show.", valueName: "seconds"))
  var start: Double?

  @Option(help: ArgumentHelp("End of the part to show.", valueName: "seconds"))
  var end: Double?

  @Option(
    name: [.short, .customLong("model")],
    help: ArgumentHelp("Choose, scale and crop as this model does.", valueName: "model"))
  var modelPath: String?

  @OptionGroup var stream: StreamOption
  @OptionGroup var sandbox: SandboxOption

  @Flag(help: "Every decoded frame.")
  var all = false

  @Flag(help: "List every frame: index, pts, time, key frame, warnings.")
  var list = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "sheet.png, frames.rgb (raw), stack.safetensors, or - for raw on standard output."))
  var output: String?

  @OptionGroup var summary: JSONOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if file.isEmpty { throw ValidationError("The name of the movie or folder is empty.") }
    if let frames, !(1...100_000).contains(frames) {
      throw ValidationError("--frames must be from 1 to 100000, not \(frames).")
    }
    if let fps, !(fps > 0 && fps <= 1000) {
      throw ValidationError("--fps must be above 0 and at most 1000, not \(fps).")
    }
    if let start, !(start >= 0 && start.isFinite) {
      throw ValidationError("--start must be 0 or more seconds, not \(start).")
    }
    if let end, !(end > (start ?? 0)) {
      throw ValidationError("--end must be later than --start, not \(end).")
    }
    if all && (frames != nil || fps != nil) {
      throw ValidationError("--all excludes --frames and --fps; give one of them.")
    }
    if at != nil || index != nil {
      let others = [frames != nil, fps != nil, start != nil, end != nil, all, list]
      if others.contains(true) || (at != nil && index != nil) {
        throw ValidationError("--at and --index choose frames by themselves; give only one option.")
      }
    }
    if list && output != nil {
      throw ValidationError("--list writes no pictures; leave -o out.")
    }
    if let output, output != "-", FramesOutput.Kind(path: output) == nil {
      throw ValidationError(
        "-o must end in .png, .rgb or .safetensors, or be -; not \"\(output)\".")
    }
    if modelPath != nil,
      frames != nil || size != nil || gray || fps != nil || at != nil || index != nil || all
        || list
    {
      throw ValidationError(
        "-m decides frames, size, colour and rate; leave --frames, --size, --gray, --fps, --all "
          + "and --list out.")
    }
    if output == "-" && summary.json {
      throw ValidationError("-o - and --json both write to standard output; give a file to -o.")
    }
  }

  func run() throws {
    // Also removes what is half written.
    Interrupt.install()
    try sandbox.prepare(global.console)
    let report = try RawArguments.path(file).withOpenableString { path in
      let reader = try ClipReader(
        path: path, threads: global.threadCount, limits: stream.limits)
      return list ? try listFrames(reader) : try showFrames(reader)
    }
    for warning in report.warnings { global.console.note("\(file): \(warning)") }
    if summary.json { try StandardOutput.writeJSON(report) }
    if report.partial { throw ExitCode.partial }
  }

  private var layout: PixelLayout { gray ? .gray : .rgb }

  private func listFrames(_ reader: ClipReader) throws -> FramesReport {
    var report = FramesReport(path: file)
    if !summary.json { try StandardOutput.write("index\tpts\ttime\tkey\twarnings\n") }
    let seen = try reader.forEachRecord { record in
      try Interrupt.check("interrupted; no file was written")
      guard record.time >= (start ?? 0) - 0.0005 else { return true }
      if let end, record.time >= end - 0.0005 { return false }
      report.add(record)
      if !summary.json { try StandardOutput.write(FramesReport.line(record)) }
      return true
    }
    report.finish(seen)
    return report
  }

  private func showFrames(_ reader: ClipReader) throws -> FramesReport {
    var report = FramesReport(path: file)
    let target = output.map(FramesOutput.init(path:))
    if let target, target.kind == .raw, all || (fps != nil && frames == nil) {
      try target.stream(
        reader, start: start, end: end, size: size?.value, layout: layout,
        interval: fps.map { 1 / $0 }, report: &report)
      return report
    }
    if target == nil, all || (fps != nil && frames == nil) {
      // Nobody wants the pictures of a whole movie kept.
      let seen = try reader.forEachFrame(
        start: start, end: end, size: size?.value, layout: layout,
        minimumInterval: fps.map { 1 / $0 }
      ) { frame in
        try Interrupt.check("interrupted; no file was written")
        report.add(frame)
        return true
      }
      report.finish(seen)
      if !summary.json { try StandardOutput.write(report.table) }
      return report
    }
    var decoded: DecodedFrames
    var view: ModelView?
    if let modelPath {
      let model = try Model.load(path: modelPath)
      decoded = try SourceFrames.read(
        reader, start: start, end: end, preprocessing: model.metadata.preprocessing, isDense: false)
      let shown = try ModelView(
        decoded, model: model, pool: WorkerPool(threads: global.threadCount))
      decoded.indices = shown.frames.map { decoded.indices[$0] }
      decoded.stack = shown.stack
      view = shown
    } else {
      decoded = try chosen(reader)
    }
    report.add(decoded)
    if let target {
      try target.write(decoded.stack, view: view, source: file)
      report.output = output
    } else if !summary.json {
      try StandardOutput.write(report.table)
    }
    return report
  }

  private func chosen(_ reader: ClipReader) throws -> DecodedFrames {
    if let at {
      return try reader.frames(atTimes: at.values, size: size?.value, layout: layout)
    }
    if let index {
      return try reader.frames(at: index.values, size: size?.value, layout: layout)
    }
    if all || fps != nil {
      return try reader.pacedFrames(
        rate: fps, count: frames, start: start, end: end, size: size?.value, layout: layout)
    }
    return try reader.evenFrames(
      limit: frames ?? 16, start: start, end: end, size: size?.value, layout: layout)
  }
}

/// Numbers from 0 with commas between them; put into ascending order.
struct NumberList<Number: LosslessStringConvertible & Comparable & SignedNumeric>:
  ExpressibleByArgument
{
  let values: [Number]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Number(String($0)) }
    guard numbers.count == parts.count, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
    values = numbers.sorted()
  }
}

/// `--size N` or `--size WxH`.
struct SizeArgument: ExpressibleByArgument {
  let value: FrameSize

  init?(argument: String) {
    let parts = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, (1...2).contains(numbers.count),
      numbers.allSatisfy({ (1...16_384).contains($0) })
    else { return nil }
    value = FrameSize(width: numbers[0], height: numbers[numbers.count - 1])
  }
}
