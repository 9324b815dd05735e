/// Collects converted frames into one contiguous stack that grows with what was really decoded.
struct StackBuilder {
  let layout: PixelLayout
  private(set) var size: FrameSize?
  private var pixels: [UInt8] = []
  private var times: [Double] = []
  private(set) var indices: [Int] = []
  private(set) var areDamaged: [Bool] = []

  /// - Parameter size: Nil for the size of the first frame.
  init(size: FrameSize?, layout: PixelLayout) {
    self.size = size
    self.layout = layout
  }

  var count: Int { times.count }

  /// Makes room for `count` frames as soon as the first tells how large they are: growing would need
  /// twice the memory in the end.
  ///
  /// - Returns: False when they need more than `limit` bytes.
  mutating func reserve(_ count: Int, like visited: VisitedFrame, limit: Int) -> Bool {
    guard pixels.isEmpty else { return true }
    let size = size ?? visited.size
    let (bytes, overflow) = (size.width * size.height * layout.channels)
      .multipliedReportingOverflow(by: count)
    if overflow || bytes > limit { return false }
    pixels.reserveCapacity(bytes)
    return true
  }

  /// Scales a frame once and appends it `copies` times.
  mutating func append(
    _ visited: VisitedFrame, copies: Int, converter: inout FrameConverter
  ) -> Bool {
    guard copies > 0 else { return true }
    let size = size ?? visited.size
    self.size = size
    let frameSize = size.width * size.height * layout.channels
    let offset = pixels.count
    pixels.append(contentsOf: repeatElement(0, count: frameSize * copies))
    let done = pixels.withUnsafeMutableBufferPointer { buffer in
      let first = buffer.baseAddress! + offset
      guard converter.convert(visited.picture, visited.orientation, size: size, into: first) else {
        return false
      }
      for copy in 1..<max(1, copies) {
        (first + copy * frameSize).update(from: first, count: frameSize)
      }
      return true
    }
    indices.append(contentsOf: repeatElement(visited.index, count: copies))
    areDamaged.append(contentsOf: repeatElement(visited.isDamaged, count: copies))
    times.append(contentsOf: repeatElement(visited.time, count: copies))
    return done
  }

  consuming func finish() -> FrameStack {
    FrameStack(
      count: times.count, height: size?.height ?? 0, width: size?.width ?? 0,
      channels: layout.channels, pixels: pixels, times: times)
  }
}
