internal import CFFmpeg

/// Turns and mirrors decoded pictures plane by plane, before they are scaled, so that the result
/// equals that of the ffmpeg tool byte for byte.
struct FrameTurner: ~Copyable {
  private var turned: Frame
  private var plain: Frame
  private var toPlain: Scaler?

  init?() {
    guard let turned = Frame(), let plain = Frame() else { return nil }
    self.turned = turned
    self.plain = plain
  }

  /// - Returns: A frame that stays valid until the next call, or nil when memory ran out.
  mutating func turn(
    _ source: UnsafeMutablePointer<AVFrame>, _ orientation: Orientation
  ) -> UnsafeMutablePointer<AVFrame>? {
    guard orientation != .upright else { return source }
    guard let source = movable(source, orientation),
      let layout = PlaneLayout(format: AVPixelFormat(source.pointee.format))
    else { return nil }
    let target = turned.pointer
    let width = source.pointee.width
    let height = source.pointee.height
    av_frame_unref(target)
    target.pointee.format = source.pointee.format
    target.pointee.width = orientation.swapsSides ? height : width
    target.pointee.height = orientation.swapsSides ? width : height
    guard av_frame_get_buffer(target, 0) >= 0, av_frame_copy_props(target, source) >= 0 else {
      return nil
    }
    let from = FrameTurner.planes(source)
    let to = FrameTurner.planes(target)
    for plane in 0..<layout.count {
      let size = layout.size(plane: plane, width: Int(width), height: Int(height))
      FrameTurner.turnPlane(
        from: from[plane].data, stride: from[plane].stride, width: size.width, height: size.height,
        to: to[plane].data, targetStride: to[plane].stride, step: layout.steps[plane], orientation)
    }
    return target
  }

  /// The picture in a format whose planes can be turned on their own.
  private mutating func movable(
    _ source: UnsafeMutablePointer<AVFrame>, _ orientation: Orientation
  ) -> UnsafeMutablePointer<AVFrame>? {
    let format = AVPixelFormat(source.pointee.format)
    if let layout = PlaneLayout(format: format), layout.canTurn(orientation) { return source }
    let target = PlaneLayout.replacement(for: format)
    let width = Int(source.pointee.width)
    let height = Int(source.pointee.height)
    let key = ScalerKey(
      source: source, targetWidth: width, targetHeight: height, target: target,
      flags: SWS_BICUBIC)
    if toPlain?.key != key { toPlain = Scaler(key) }
    av_frame_unref(plain.pointer)
    plain.pointer.pointee.format = target.rawValue
    plain.pointer.pointee.width = Int32(width)
    plain.pointer.pointee.height = Int32(height)
    guard av_frame_get_buffer(plain.pointer, 0) >= 0,
      av_frame_copy_props(plain.pointer, source) >= 0,
      toPlain?.run(source, into: plain.pointer) == true
    else { return nil }
    return plain.pointer
  }

  private static func planes(
    _ frame: UnsafeMutablePointer<AVFrame>
  ) -> [(data: UnsafeMutablePointer<UInt8>?, stride: Int)] {
    let d = frame.pointee.data
    let s = frame.pointee.linesize
    return [(d.0, Int(s.0)), (d.1, Int(s.1)), (d.2, Int(s.2)), (d.3, Int(s.3))]
  }

  private static func turnPlane(
    from source: UnsafeMutablePointer<UInt8>?, stride: Int, width: Int, height: Int,
    to target: UnsafeMutablePointer<UInt8>?, targetStride: Int, step: Int,
    _ orientation: Orientation
  ) {
    guard let source, let target else { return }
    // Element (row, column) of the result comes from origin + row * down + column * right.
    var origin = 0
    let right: Int
    let down: Int
    let lastRow = (height - 1) * stride
    let lastColumn = (width - 1) * step
    switch orientation {
    case .upright: (right, down) = (step, stride)
    case .mirrorHorizontal: (origin, right, down) = (lastColumn, -step, stride)
    case .mirrorVertical: (origin, right, down) = (lastRow, step, -stride)
    case .turn180: (origin, right, down) = (lastRow + lastColumn, -step, -stride)
    case .turn90: (origin, right, down) = (lastRow, -stride, step)
    case .turn270: (origin, right, down) = (lastColumn, stride, -step)
    case .transpose: (right, down) = (stride, step)
    case .transverse: (origin, right, down) = (lastRow + lastColumn, -stride, -step)
    }
    let rows = orientation.swapsSides ? width : height
    let columns = orientation.swapsSides ? height : width
    for row in 0..<rows {
      var from = source + origin + row * down
      var to = target + row * targetStride
      switch step {
      case 1:
        for _ in 0..<columns {
          to[0] = from[0]
          from += right
          to += 1
        }
      default:
        for _ in 0..<columns {
          to.update(from: from, count: step)
          from += right
          to += step
        }
      }
    }
  }
}

/// How a pixel format lies in memory.
struct PlaneLayout {
  /// Planes that hold pixels.
  let count: Int
  /// Bytes from one value of a plane to the next.
  let steps: [Int]
  private let shiftX: Int
  private let shiftY: Int
  private let isPlain: Bool

  init?(format: AVPixelFormat) {
    guard let descriptor = av_pix_fmt_desc_get(format) else { return nil }
    let flags = descriptor.pointee.flags
    let special =
      UInt64(AV_PIX_FMT_FLAG_PAL) | UInt64(AV_PIX_FMT_FLAG_HWACCEL)
      | UInt64(AV_PIX_FMT_FLAG_BITSTREAM)
    var steps: [Int32] = [0, 0, 0, 0]
    av_image_fill_max_pixsteps(&steps, nil, descriptor)
    self.steps = steps.map(Int.init)
    count = Int(av_pix_fmt_count_planes(format))
    shiftX = Int(descriptor.pointee.log2_chroma_w)
    shiftY = Int(descriptor.pointee.log2_chroma_h)
    // Packed formats that share chroma between pixels (yuyv) cannot be mirrored byte by byte.
    let sharesChroma = shiftX > 0 && count == 1
    isPlain = UInt64(flags) & special == 0 && count > 0 && !sharesChroma
  }

  /// Whether turning plane by plane gives the same format again.
  func canTurn(_ orientation: Orientation) -> Bool {
    isPlain && (!orientation.swapsSides || shiftX == shiftY)
  }

  /// Width and height of a plane; the middle two carry chroma.
  func size(plane: Int, width: Int, height: Int) -> (width: Int, height: Int) {
    guard plane == 1 || plane == 2 else { return (width, height) }
    return ((width + (1 << shiftX) - 1) >> shiftX, (height + (1 << shiftY) - 1) >> shiftY)
  }

  /// The nearest format that can be turned.
  static func replacement(for format: AVPixelFormat) -> AVPixelFormat {
    guard let descriptor = av_pix_fmt_desc_get(format) else { return AV_PIX_FMT_RGB24 }
    if UInt64(descriptor.pointee.flags) & UInt64(AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) != 0 {
      return AV_PIX_FMT_RGB24
    }
    return descriptor.pointee.comp.0.depth > 8 ? AV_PIX_FMT_YUV444P16LE : AV_PIX_FMT_YUV444P
  }
}
