import ClipSampling
import Glibc
import VideoDecoding

/// Crop, scale, rotation and flip in one bilinear pass over all frames of a clip.
///
/// Where each output pixel reads from is worked out once; every frame then costs four loads and
/// four products a value.
enum Warp {
  /// Levels a pixel can take after interpolation: 0…1020, four to each of the source's.
  static let topLevel = 1020

  /// Where an output pixel reads: the upper left of four neighbours, and their weights (sum 2¹⁴).
  private struct Tap {
    var offset: Int32
    var upperLeft: UInt16
    var upperRight: UInt16
    var lowerLeft: UInt16
    var lowerRight: UInt16
  }

  /// Writes `[frames, height, width, channels]` levels.
  static func apply(
    _ draw: ClipDraw, to stack: FrameStack, preprocessing: Preprocessing,
    into levels: UnsafeMutableBufferPointer<UInt16>
  ) {
    let plane = preprocessing.height * preprocessing.width
    let channels = stack.channels
    // A stack one pixel wide or high has no neighbour to blend with.
    let right = stack.width > 1 ? channels : 0
    let down = stack.height > 1 ? stack.width * channels : 0
    withUnsafeTemporaryAllocation(of: Tap.self, capacity: plane) { taps in
      fill(taps, draw: draw, stack: stack, preprocessing: preprocessing)
      stack.pixels.withUnsafeBufferPointer { pixels in
        guard let base = pixels.baseAddress, var target = levels.baseAddress,
          let tapBase = taps.baseAddress
        else { return }
        for frame in draw.frames {
          let source = base + frame * stack.frameSize
          if channels == 1 {
            for index in 0..<plane {
              let tap = tapBase[index]
              let from = source + Int(tap.offset)
              target[index] = blend(tap, from, right, down)
            }
            target += plane
          } else {
            for index in 0..<plane {
              let tap = tapBase[index]
              let from = source + Int(tap.offset)
              target[0] = blend(tap, from, right, down)
              target[1] = blend(tap, from + 1, right, down)
              target[2] = blend(tap, from + 2, right, down)
              target += 3
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private static func blend(
    _ tap: Tap, _ from: UnsafePointer<UInt8>, _ right: Int, _ down: Int
  ) -> UInt16 {
    let upper =
      UInt32(from[0]) &* UInt32(tap.upperLeft) &+ UInt32(from[right]) &* UInt32(tap.upperRight)
    let lower =
      UInt32(from[down]) &* UInt32(tap.lowerLeft) &+ UInt32(from[down &+ right])
      &* UInt32(tap.lowerRight)
    return UInt16(truncatingIfNeeded: (upper &+ lower &+ 2048) >> 12)
  }

  private static func fill(
    _ taps: UnsafeMutableBufferPointer<Tap>, draw: ClipDraw, stack: FrameStack,
    preprocessing: Preprocessing
  ) {
    let cosine = cosf(draw.angle)
    let sine = sinf(draw.angle)
    let stepX = (draw.isFlipped ? -draw.width : draw.width) / Float(preprocessing.width)
    let stepY = draw.height / Float(preprocessing.height)
    let lastX = Float(stack.width - 1)
    let lastY = Float(stack.height - 1)
    let cornerX = max(0, stack.width - 2)
    let cornerY = max(0, stack.height - 2)
    var index = 0
    for row in 0..<preprocessing.height {
      let dy = (Float(row) + 0.5 - Float(preprocessing.height) / 2) * stepY
      for column in 0..<preprocessing.width {
        let dx = (Float(column) + 0.5 - Float(preprocessing.width) / 2) * stepX
        let x = min(lastX, max(0, draw.centreX + cosine * dx - sine * dy - 0.5))
        let y = min(lastY, max(0, draw.centreY + sine * dx + cosine * dy - 0.5))
        // checked: both lie within the picture, and what is left of them between 0 and 1
        let left = min(cornerX, Int(x))
        let top = min(cornerY, Int(y))
        let partX = UInt32((x - Float(left)) * 128 + 0.5)  // checked: as above
        let partY = UInt32((y - Float(top)) * 128 + 0.5)  // checked: as above
        taps[index] = Tap(
          offset: Int32((top * stack.width + left) * stack.channels),
          upperLeft: UInt16((128 - partX) * (128 - partY)),
          upperRight: UInt16(partX * (128 - partY)),
          lowerLeft: UInt16((128 - partX) * partY), lowerRight: UInt16(partX * partY))
        index += 1
      }
    }
  }
}
