import ClipSampling
import FileStore
import VideoDecoding

/// What of a clip is kept to recognise copies of it: up to 48 tiny pictures with their times, and a
/// digest of all that was shown. About 7 KiB.
///
/// Two kinds of hashes are made of the pictures. Those of the pictures themselves find excerpts;
/// those of what differs from the clip's mean picture find copies among clips of one camera that
/// never moves, whose pictures are all alike. Blank pictures (all of one brightness) have no hash:
/// black leaders and empty clips match nothing.
public struct ClipFingerprint: Sendable, Codable {
  /// A hash and the picture it is of.
  struct Mark: Sendable, Codable {
    let hash: UInt64
    let sample: Int32
  }

  /// SHA-256 of the frames shown to the fingerprint, in order: equal for copies without loss,
  /// whatever their containers and times.
  public let digest: String
  /// Frames that the digest stands for.
  public let frames: Int
  /// Seconds from the clip's first frame to the last.
  public let span: Double
  /// Whether no frame shows anything: all are of one brightness each.
  public let isBlank: Bool
  /// Whether nothing moves.
  public let isStill: Bool

  /// Seconds of the pictures from the clip's first frame, ascending.
  let times: [Float]
  /// `[pictures, 64]`, brightness times `FrameHash.unit`.
  let cells: [Int16]
  let blank: [Bool]
  /// Hashes of pictures; a run of equal ones counts once.
  let pictureMarks: [Mark]
  /// Hashes of what differs from the mean picture; none where hardly anything does.
  let motionMarks: [Mark]

  /// Of a stack of frames that is already there, for example one that `ClipStore` keeps.
  ///
  /// Stacks made with the same preprocessing are compared with each other only: a stack has chosen
  /// frames, a pass over the whole clip has others.
  public init(stack: FrameStack) {
    let builder = FingerprintBuilder()
    stack.pixels.withUnsafeBufferPointer { pixels in
      for index in 0..<stack.count {
        builder.add(
          UnsafeBufferPointer(
            rebasing: pixels[index * stack.frameSize..<(index + 1) * stack.frameSize]),
          width: stack.width, height: stack.height, channels: stack.channels,
          time: stack.times[index])
      }
    }
    self = builder.finish()
  }

  /// - Parameters:
  ///   - samples: pictures in the order of their times.
  init(digest: String, frames: Int, samples: [FingerprintBuilder.Sample]) {
    self.digest = digest
    self.frames = frames
    let start = samples.first?.time ?? 0
    times = samples.map { Float($0.time - start) }
    cells = samples.flatMap(\.cells)
    blank = samples.map { ClipFingerprint.isFlat($0.cells) }
    span = (samples.last?.time ?? start) - start
    isBlank = blank.allSatisfy { $0 }

    var mean = [Float](repeating: 0, count: FrameHash.cells)
    let seen = zip(samples.indices, blank).filter { !$1 }.map(\.0)
    for index in seen {
      for cell in 0..<FrameHash.cells { mean[cell] += Float(samples[index].cells[cell]) }
    }
    for cell in 0..<FrameHash.cells { mean[cell] /= Float(max(1, seen.count)) }

    var pictures: [Mark] = []
    var motions: [Mark] = []
    var energy = 0.0
    for index in seen {
      let values = samples[index].cells.map(Float.init)
      let hash = FrameHash.bits(values)
      if pictures.last?.hash != hash { pictures.append(Mark(hash: hash, sample: Int32(index))) }
      let residual = zip(values, mean).map { $0 - $1 }
      let power = Double(residual.reduce(0) { $0 + $1 * $1 }) / Double(FrameHash.cells)
      energy += power
      if power >= ClipFingerprint.motionPower {
        motions.append(Mark(hash: FrameHash.bits(residual), sample: Int32(index)))
      }
    }
    pictureMarks = pictures
    motionMarks = motions
    isStill = energy / Double(max(1, seen.count)) < ClipFingerprint.motionPower
  }

  /// Mean of all pictures, 0…255.
  var brightness: Double {
    Double(cells.reduce(0) { $0 + Int($1) }) / Double(max(1, cells.count)) / Double(FrameHash.unit)
  }

  /// Below this mean square (in cells' units) a difference may be the encoder's noise: 0.75 of 255
  /// grey levels.
  static let motionPower = Double(12 * 12)

  /// Whether a picture is of one brightness: its parts deviate by less than 1.5 grey levels.
  private static func isFlat(_ cells: [Int16]) -> Bool {
    let mean = Double(cells.reduce(0) { $0 + Int($1) }) / Double(cells.count)
    let square = cells.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return square / Double(cells.count) < Double(24 * 24)
  }
}

/// Takes the frames of one clip in order and keeps what its fingerprint needs, in memory that does
/// not grow with the clip.
///
/// Not thread-safe: one for each clip.
public final class FingerprintBuilder {
  struct Sample {
    let time: Double
    let cells: [Int16]
  }

  /// The most pictures that are kept.
  static let limit = 48
  /// Seconds; the finest grid, faster than any camera worth the name.
  private static let finest = 1.0 / 256

  private var hash: SHA256? = SHA256()
  private var frames = 0
  private var start = 0.0
  private var samples: [Sample] = []
  /// Seconds between pictures; doubled whenever there are too many.
  private var interval = FingerprintBuilder.finest

  /// Begins a clip of which nothing was shown yet.
  public init() {}

  /// Shows the clip's next frame.
  ///
  /// - Parameters:
  ///   - pixels: `[height, width, channels]`.
  ///   - time: seconds, ascending.
  public func add(
    _ pixels: Span<UInt8>, width: Int, height: Int, channels: Int, time: Double
  ) {
    pixels.withUnsafeBufferPointer {
      add($0, width: width, height: height, channels: channels, time: time)
    }
  }

  /// The same for pixels behind a pointer.
  package func add(
    _ pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int, channels: Int, time: Double
  ) {
    hash?.update(UnsafeRawBufferPointer(pixels))
    if frames == 0 { start = time }
    frames += 1
    if let last = samples.last, cell(of: time) <= cell(of: last.time) { return }
    samples.append(
      Sample(
        time: time,
        cells: FrameHash.reduced(pixels, width: width, height: height, channels: channels)))
    while samples.count > FingerprintBuilder.limit { coarsen() }
  }

  /// The fingerprint of the frames shown; ends the use of this object.
  public func finish() -> ClipFingerprint {
    guard let hash = hash.take() else { preconditionFailure("a clip is finished once") }
    return ClipFingerprint(digest: hash.finish(), frames: frames, samples: samples)
  }

  /// Which part of the grid a time falls into; a grid counted from the clip's start, so that copies
  /// with other frame rates keep the same moments.
  private func cell(of time: Double) -> Int {
    Int(clamping: ((time - start) / interval + 1e-6).rounded(.down))
  }

  /// Keeps the first picture of each part of a grid twice as wide.
  private func coarsen() {
    interval *= 2
    var kept: [Sample] = []
    for sample in samples {
      if let last = kept.last, cell(of: sample.time) <= cell(of: last.time) { continue }
      kept.append(sample)
    }
    samples = kept
  }
}
