import ClipSampling
import Foundation

/// All frames of a stack in one picture, in reading order, each over the time it appears at.
public struct ContactSheet: Sendable {
  /// Pixels of the whole sheet from left to right.
  public let width: Int
  /// Pixels of the whole sheet from top to bottom.
  public let height: Int
  /// `[height, width, 3]`.
  public private(set) var pixels: [UInt8]

  private static let gap = 4
  private static let background: UInt8 = 24
  private static let ink: UInt8 = 230

  /// - Parameters:
  ///   - stack: At least one frame; gray frames are shown gray.
  ///   - columns: Frames side by side; nil for about as wide as high.
  public init(_ stack: FrameStack, columns: Int? = nil) {
    precondition(stack.count > 0, "a sheet shows at least one frame")
    let captions = stack.times.map(ContactSheet.caption)
    let captionWidth = (captions.map(\.count).max() ?? 0) * BitmapFont.advance
    let cellWidth = max(stack.width, captionWidth) + ContactSheet.gap
    let cellHeight = stack.height + BitmapFont.height + 2 * ContactSheet.gap
    let square = (Double(stack.count) * Double(cellHeight) / Double(cellWidth)).squareRoot()
    let across = min(stack.count, max(1, columns ?? Int(clamping: square.rounded(.up))))
    let down = (stack.count + across - 1) / across
    width = across * cellWidth + ContactSheet.gap
    height = down * cellHeight + ContactSheet.gap
    pixels = [UInt8](repeating: ContactSheet.background, count: width * height * 3)
    for index in 0..<stack.count {
      let left = ContactSheet.gap + index % across * cellWidth
      let top = ContactSheet.gap + index / across * cellHeight
      draw(stack, frame: index, left: left, top: top)
      draw(captions[index], left: left, top: top + stack.height + ContactSheet.gap)
    }
  }

  /// The sheet as a PNG file's bytes.
  public func png() throws(ImageError) -> [UInt8] {
    try ImageWriter.png(width: width, height: height, channels: 3, pixels: pixels)
  }

  /// `1:02.34` for 62.34 seconds.
  static func caption(_ time: Double) -> String {
    let hundredths = Int(clamping: (max(0, time) * 100).rounded())
    let (minutes, seconds) = (hundredths / 6000, Double(hundredths % 6000) / 100)
    return String(format: "%d:%05.2f", minutes, seconds)
  }

  private mutating func draw(_ stack: FrameStack, frame: Int, left: Int, top: Int) {
    for y in 0..<stack.height {
      var source = frame * stack.frameSize + y * stack.width * stack.channels
      var target = ((top + y) * width + left) * 3
      for _ in 0..<stack.width {
        for channel in 0..<3 {
          pixels[target + channel] = stack.pixels[source + (stack.channels == 3 ? channel : 0)]
        }
        source += stack.channels
        target += 3
      }
    }
  }

  private mutating func draw(_ text: String, left: Int, top: Int) {
    for (position, character) in text.enumerated() {
      for (y, row) in BitmapFont.rows(of: character).enumerated() {
        for x in 0..<BitmapFont.width where row & (0b10000 >> UInt8(x)) != 0 {
          let target = ((top + y) * width + left + position * BitmapFont.advance + x) * 3
          for channel in 0..<3 { pixels[target + channel] = ContactSheet.ink }
        }
      }
    }
  }
}
