import FileStore
import Foundation
import VideoDecoding

/// Where the pictures of `vidclass frames` go.
struct FramesOutput {
  enum Kind {
    case sheet
    case raw
    case tensors

    /// Decided by the extension; nil for one that is not known.
    init?(path: String) {
      switch path.split(separator: ".").last?.lowercased() {
      case "png": self = .sheet
      case "rgb", "gray", "raw": self = .raw
      case "safetensors": self = .tensors
      default: return nil
      }
    }
  }

  let path: String
  let kind: Kind

  /// `-` is raw on standard output.
  init(path: String) {
    self.path = path
    kind = path == "-" ? .raw : Kind(path: path) ?? .raw
  }

  func write(_ stack: FrameStack, view: ModelView?, source: String) throws {
    switch kind {
    case .tensors: try StackFile.write(stack, view: view, source: source, to: path)
    case .sheet: try AtomicFile.write(ContactSheet(stack).png(), to: path)
    case .raw:
      if path == "-" {
        try stack.pixels.withUnsafeBytes { try StandardOutput.write($0) }
      } else {
        try AtomicFile.write(stack.pixels, to: path)
      }
    }
  }

  /// Raw frames as they are decoded, in memory of one frame.
  func stream(
    _ reader: ClipReader, start: Double?, end: Double?, size: FrameSize?, layout: PixelLayout,
    interval: Double?, report: inout FramesReport
  ) throws {
    func pass(_ write: (UnsafeRawBufferPointer) throws -> Void) throws {
      let seen = try reader.forEachFrame(
        start: start, end: end, size: size, layout: layout, minimumInterval: interval
      ) { frame in
        try Interrupt.check("interrupted; no file was written")
        try write(UnsafeRawBufferPointer(frame.pixels))
        report.add(frame)
        return true
      }
      report.finish(seen)
    }
    if path == "-" {
      try pass { try StandardOutput.write($0) }
    } else {
      try AtomicFile.write(to: path) { writer in
        try pass { try writer.write($0) }
      }
      report.output = path
    }
  }
}

/// The `--json` summary of `vidclass frames`.
struct FramesReport: Encodable {
  struct Entry: Encodable {
    var index: Int
    var pts: Int64?
    var time: Double
    var key: Bool?
    var damaged: Bool?
    /// Set where it is not the size of the report.
    var width: Int?
    var height: Int?
  }

  var path: String
  var output: String?
  var width = 0
  var height = 0
  var channels = 0
  var frames: [Entry] = []
  var totalFrames = 0
  var duration = 0.0
  var partial = false
  var decodedUntil: Double?
  var warnings: [String] = []
  /// What to say of frames whose size is not the first one's.
  private var otherSizes: String?

  enum CodingKeys: String, CodingKey {
    case path, output, width, height, channels, frames, duration, partial, warnings
    case totalFrames = "total_frames"
    case decodedUntil = "decoded_until"
  }

  init(path: String) { self.path = path }

  mutating func add(_ record: FrameRecord) {
    add(
      Entry(
        index: record.index, pts: record.timestamp, time: record.time, key: record.isKeyFrame,
        damaged: record.isDamaged), width: record.width, height: record.height)
  }

  mutating func add(_ frame: borrowing DecodedFrame) {
    channels = frame.channels
    add(
      Entry(
        index: frame.index, pts: frame.timestamp, time: frame.time, key: frame.isKeyFrame,
        damaged: frame.isDamaged), width: frame.width, height: frame.height)
  }

  /// The report has the first frame's size, and every frame of another size its own.
  private mutating func add(_ entry: Entry, width: Int, height: Int) {
    var entry = entry
    if frames.isEmpty { (self.width, self.height) = (width, height) }
    if (width, height) != (self.width, self.height) {
      (entry.width, entry.height) = (width, height)
      if otherSizes == nil {
        otherSizes = String(
          format: "frames are %dx%d from %.2f s on, after %dx%d; give --size for one size of all",
          width, height, entry.time, self.width, self.height)
      }
    }
    frames.append(entry)
  }

  mutating func add(_ decoded: DecodedFrames) {
    (width, height, channels) = (
      decoded.stack.width, decoded.stack.height, decoded.stack.channels
    )
    frames = zip(decoded.indices, decoded.stack.times).map { Entry(index: $0, time: $1) }
    totalFrames = decoded.totalFrames
    duration = decoded.duration
    partial = decoded.isPartial
    decodedUntil = decoded.decodedUntil
    warnings = decoded.warnings
  }

  mutating func finish(_ summary: StreamSummary) {
    totalFrames = summary.totalFrames
    duration = summary.duration
    partial = summary.isPartial
    decodedUntil = summary.decodedUntil
    warnings = summary.warnings + [otherSizes].compactMap { $0 }
  }

  /// Which frames there are, for people.
  var table: String {
    "index\ttime\n"
      + frames.map { "\($0.index)\t\(FramesReport.seconds($0.time))\n" }.joined()
  }

  /// One line of `--list`.
  static func line(_ record: FrameRecord) -> String {
    let pts = record.timestamp.map(String.init) ?? "-"
    return "\(record.index)\t\(pts)\t\(seconds(record.time))\t\(record.isKeyFrame ? "key" : "-")\t"
      + "\(record.isDamaged ? "damaged" : "-")\n"
  }

  static func seconds(_ time: Double) -> String { String(format: "%.6f", time) }
}
