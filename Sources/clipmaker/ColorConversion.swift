import CFFmpeg

/// Converts RGB bytes `[height, width, 3]` to planar YUV 4:2:0 (BT.601) in `frame`.
///
/// Our own integer arithmetic instead of swscale: the same bytes on every processor.
func convert(
  _ pixels: [UInt8], into frame: UnsafeMutablePointer<AVFrame>, width: Int, height: Int,
  isFullRange: Bool
) {
  // Fixed point, 16 bits: rows Y, U, V of the matrix, then the offset of Y.
  let (y, u, v, black): (SIMD3<Int>, SIMD3<Int>, SIMD3<Int>, Int) =
    isFullRange
    ? (SIMD3(19595, 38470, 7471), SIMD3(-11059, -21709, 32768), SIMD3(32768, -27439, -5329), 0)
    : (SIMD3(16829, 33039, 6416), SIMD3(-9714, -19070, 28784), SIMD3(28784, -24103, -4681), 16)
  let planes = [frame.pointee.data.0!, frame.pointee.data.1!, frame.pointee.data.2!]
  let strides = [
    Int(frame.pointee.linesize.0), Int(frame.pointee.linesize.1), Int(frame.pointee.linesize.2),
  ]
  pixels.withUnsafeBufferPointer { pixels in
    func rgb(_ row: Int, _ column: Int) -> SIMD3<Int> {
      let place = (min(row, height - 1) * width + min(column, width - 1)) * 3
      return SIMD3(Int(pixels[place]), Int(pixels[place + 1]), Int(pixels[place + 2]))
    }
    for row in 0..<height {
      for column in 0..<width {
        let luma = (y &* rgb(row, column)).wrappedSum() + black << 16 + 32768
        planes[0][row * strides[0] + column] = UInt8(min(255, max(0, luma >> 16)))
      }
    }
    for row in 0..<((height + 1) / 2) {
      for column in 0..<((width + 1) / 2) {
        let (r, c) = (2 * row, 2 * column)
        // Four times the mean colour of the block, hence 18 bits.
        let block = rgb(r, c) &+ rgb(r, c + 1) &+ rgb(r + 1, c) &+ rgb(r + 1, c + 1)
        let blue = (u &* block).wrappedSum() + 128 << 18 + 131_072
        let red = (v &* block).wrappedSum() + 128 << 18 + 131_072
        planes[1][row * strides[1] + column] = UInt8(min(255, max(0, blue >> 18)))
        planes[2][row * strides[2] + column] = UInt8(min(255, max(0, red >> 18)))
      }
    }
  }
}
