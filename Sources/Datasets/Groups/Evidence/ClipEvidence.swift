import ClipSampling
import VideoDecoding

/// What tells, besides its name, which recording a clip was cut from.
public struct ClipEvidence: Sendable {
  /// Frame size, rate and codec: equal for clips of one recording.
  let signature: String
  /// Frame size alone, which stays where a clip was encoded anew.
  let frameSize: String
  /// As the container names it; nil for nothing.
  let camera: String?
  /// Seconds since 1970; nil where the container does not say.
  let recorded: Double?
  /// Square roots of the shares of 64 colours in the pictures, `[64]`; the product of two is their
  /// Bhattacharyya coefficient: 1 for the same colours, 0 for none in common.
  let colours: [Float]

  /// The side of the pictures that colours are counted on.
  private static let side = 32
  /// Pictures looked at, and the seconds between them at least.
  private static let pictures = 16
  private static let interval = 0.15

  /// Decodes the beginning of a clip in small pictures.
  ///
  /// - Throws: `DecodeError` where nothing can be decoded.
  init(_ clip: Clip, limits: DecodeLimits) throws {
    let reader = try ClipReader(path: clip.file, threads: 1, limits: limits)
    var counts = [Float](repeating: 0, count: 64)
    var seen = 0
    _ = try reader.forEachFrame(
      start: clip.start, end: clip.end,
      size: FrameSize(width: ClipEvidence.side, height: ClipEvidence.side), layout: .rgb,
      minimumInterval: ClipEvidence.interval
    ) { frame in
      let pixels = frame.pixels
      for pixel in 0..<pixels.count / 3 {
        let colour =
          Int(pixels[3 * pixel] >> 6) << 4 | Int(pixels[3 * pixel + 1] >> 6) << 2
          | Int(pixels[3 * pixel + 2] >> 6)
        counts[colour] += 1
      }
      seen += 1
      return seen < ClipEvidence.pictures
    }
    let info = reader.info
    let total = max(1, counts.reduce(0, +))
    colours = counts.map { ($0 / total).squareRoot() }
    frameSize = "\(info.width)×\(info.height)"
    let rate = info.framesPerSecond.map { ($0 * 10).rounded() / 10 } ?? 0
    signature = "\(frameSize) \(rate) \(info.codec) \(info.pixelFormat)"
    camera = info.camera
    recorded = info.recorded
  }

  /// - Parameter colours: square roots of shares.
  init(
    signature: String, frameSize: String, camera: String? = nil, recorded: Double? = nil,
    colours: [Float] = []
  ) {
    self.signature = signature
    self.frameSize = frameSize
    self.camera = camera
    self.recorded = recorded
    self.colours = colours
  }

  /// How much of their colours two clips have in common, 0…1.
  func likeness(to other: ClipEvidence) -> Float {
    zip(colours, other.colours).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
