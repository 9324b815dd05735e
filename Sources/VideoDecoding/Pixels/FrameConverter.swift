internal import CFFmpeg

/// Turns decoded pictures into packed rows of the caller's size and layout: turned as shown, then
/// one swscale pass from the stored format straight to the target.
///
/// Note [Same bytes everywhere]: the flags make swscale independent of the processor, matrix and
/// range come from the frame, so that the result equals the ffmpeg tool's
/// `scale=W:H:flags=bilinear+accurate_rnd+full_chroma_int+bitexact,format=rgb24` (or `gray`).
/// Transparency is dropped, the sample aspect ratio is ignored, HDR is not tone-mapped.
struct FrameConverter: ~Copyable {
  private let layout: PixelLayout
  private var scaler: Scaler?
  private var turner: FrameTurner
  /// Rows padded the way swscale likes them: it may write a little past a row.
  private var scratch: UnsafeMutableRawBufferPointer

  init?(layout: PixelLayout) {
    guard let turner = FrameTurner() else { return nil }
    self.layout = layout
    self.turner = turner
    scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  }

  deinit { scratch.deallocate() }

  /// Writes `[height, width, channels]` to `target`.
  /// - Returns: False when the format cannot be converted or memory ran out.
  mutating func convert(
    _ frame: UnsafeMutablePointer<AVFrame>, _ orientation: Orientation, size: FrameSize,
    into target: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    guard let source = turner.turn(frame, orientation) else { return false }
    let key = ScalerKey(
      source: source, targetWidth: size.width, targetHeight: size.height,
      target: layout == .rgb ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_GRAY8, flags: vc_scale_flags)
    if scaler?.key != key { scaler = Scaler(key) }

    let row = size.width * layout.channels
    let stride = (row + 63) / 64 * 64 + 64
    let needed = stride * size.height + 64
    if scratch.count < needed {
      scratch.deallocate()
      scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: needed, alignment: 64)
    }
    let rows = scratch.baseAddress!.assumingMemoryBound(to: UInt8.self)
    guard scaler?.run(source, into: rows, stride: stride) == true else { return false }
    for y in 0..<size.height {
      (target + y * row).update(from: rows + y * stride, count: row)
    }
    return true
  }
}
