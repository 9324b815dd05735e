internal import CFFmpeg

/// Everything that makes a scaler fit a frame; any of it may change in the middle of a stream.
struct ScalerKey: Hashable {
  let width: Int32
  let height: Int32
  let format: Int32
  let range: UInt32
  let space: UInt32
  let targetWidth: Int32
  let targetHeight: Int32
  let targetFormat: Int32
  let flags: Int32

  init(
    source: UnsafePointer<AVFrame>, targetWidth: Int, targetHeight: Int, target: AVPixelFormat,
    flags: Int32
  ) {
    width = source.pointee.width
    height = source.pointee.height
    format = source.pointee.format
    range = source.pointee.color_range.rawValue
    space = source.pointee.colorspace.rawValue
    self.targetWidth = Int32(targetWidth)
    self.targetHeight = Int32(targetHeight)
    targetFormat = target.rawValue
    self.flags = flags
  }
}

/// Owner of one `SwsContext`.
struct Scaler: ~Copyable {
  let key: ScalerKey
  private let pointer: UnsafeMutableRawPointer

  init?(_ key: ScalerKey) {
    guard
      let pointer = vc_scaler_open(
        key.width, key.height, AVPixelFormat(key.format), AVColorRange(key.range),
        key.targetWidth, key.targetHeight, AVPixelFormat(key.targetFormat), key.flags)
    else { return nil }
    vc_scaler_set_colors(pointer, AVColorSpace(key.space), AVColorRange(key.range))
    self.key = key
    self.pointer = pointer
  }

  deinit { vc_scaler_close(pointer) }

  /// Into one packed plane of `stride` bytes a row.
  func run(
    _ source: UnsafePointer<AVFrame>, into target: UnsafeMutablePointer<UInt8>, stride: Int
  ) -> Bool {
    vc_scaler_run(pointer, source, target, Int32(stride), nil) > 0
  }

  /// Into the planes of `target`.
  func run(_ source: UnsafePointer<AVFrame>, into target: UnsafeMutablePointer<AVFrame>) -> Bool {
    vc_scaler_run(pointer, source, nil, 0, target) > 0
  }
}
