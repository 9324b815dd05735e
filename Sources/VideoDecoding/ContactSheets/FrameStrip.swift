import ClipSampling

/// Frames side by side, from left to right, as one small JPEG picture.
public struct FrameStrip: Sendable, Equatable {
  /// Frames shown.
  public let count: Int
  /// Pixels of one frame from left to right.
  public let frameWidth: Int
  /// Pixels of the strip from top to bottom.
  public let height: Int
  /// Seconds of each frame from the start of the video.
  public let times: [Double]
  /// The picture as a JPEG file's bytes.
  public let jpeg: [UInt8]

  /// Quantisers that are tried, the finest first.
  private static let quantisers = [4, 7, 11, 16, 23, 31]

  /// Shows up to `frames` frames, evenly chosen, each `height` pixels high, in at most
  /// `maximumBytes` if that can be: first the quality goes down, then the number of frames.
  ///
  /// - Parameter aspect: Width of a frame by its height as people shall see it; nil for that of
  ///   the stack, which is the network's and often stretched.
  /// - Precondition: at least one frame, and at least one asked for.
  public init(
    _ stack: FrameStack, frames: Int = 8, height: Int = 64, aspect: Double? = nil,
    maximumBytes: Int = 8192
  ) throws(ImageError) {
    precondition(stack.count > 0 && frames > 0 && height > 0, "a strip shows at least one frame")
    let shape = aspect ?? Double(stack.width) / Double(stack.height)
    // Very long or very high pictures are shown as far as a strip can.
    let frameWidth = max(8, min(4 * height, Int(clamping: (shape * Double(height)).rounded())))
    self.frameWidth = frameWidth
    self.height = height
    var count = min(frames, stack.count)
    while true {
      let pixels = FrameStrip.pixels(stack, count: count, frameWidth, height)
      for quantiser in FrameStrip.quantisers {
        let bytes = try ImageWriter.jpeg(
          width: frameWidth * count, height: height, pixels: pixels, quantiser: quantiser)
        let isLast = quantiser == FrameStrip.quantisers.last && count == 1
        guard bytes.count <= maximumBytes || isLast else { continue }
        self.count = count
        times = FrameStrip.positions(count, of: stack.count).map { stack.times[$0] }
        jpeg = bytes
        return
      }
      count = max(1, count * 2 / 3)
    }
  }

  /// The middles of `count` equal parts.
  static func positions(_ count: Int, of total: Int) -> [Int] {
    (0..<count).map { (2 * $0 + 1) * total / (2 * count) }
  }

  /// `[height, count · frameWidth, 3]`: every pixel the mean of those that it stands for.
  private static func pixels(
    _ stack: FrameStack, count: Int, _ frameWidth: Int, _ height: Int
  ) -> [UInt8] {
    let rowSize = frameWidth * count * 3
    var pixels = [UInt8](repeating: 0, count: rowSize * height)
    let rows = parts(height, of: stack.height)
    let columns = parts(frameWidth, of: stack.width)
    for (place, frame) in positions(count, of: stack.count).enumerated() {
      for (y, row) in rows.enumerated() {
        for (x, column) in columns.enumerated() {
          let target = y * rowSize + (place * frameWidth + x) * 3
          for channel in 0..<3 {
            pixels[target + channel] = mean(
              stack, frame: frame, rows: row, columns: column,
              channel: stack.channels == 3 ? channel : 0)
          }
        }
      }
    }
    return pixels
  }

  /// Which of `total` each of `count` stands for: at least one.
  private static func parts(_ count: Int, of total: Int) -> [Range<Int>] {
    (0..<count).map { part in
      let first = part * total / count
      return first..<max(first + 1, (part + 1) * total / count)
    }
  }

  private static func mean(
    _ stack: FrameStack, frame: Int, rows: Range<Int>, columns: Range<Int>, channel: Int
  ) -> UInt8 {
    var sum = 0
    for row in rows {
      for column in columns {
        let pixel = (row * stack.width + column) * stack.channels
        sum += Int(stack.pixels[frame * stack.frameSize + pixel + channel])
      }
    }
    let count = rows.count * columns.count
    return UInt8((sum + count / 2) / count)  // checked: the mean of bytes, whole numbers
  }
}
