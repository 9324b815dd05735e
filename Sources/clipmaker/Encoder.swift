import CFFmpeg
import ClipSampling
import Foundation

/// A movie could not be written.
struct EncodingError: Error, CustomStringConvertible {
  /// FFmpeg's code, 0 when the fault is not FFmpeg's.
  let code: Int32
  let path: String
  let message: String

  var description: String { message }

  init(path: String, code: Int32 = 0, _ what: String) {
    self.code = code
    self.path = path
    var reason = [CChar](repeating: 0, count: 128)
    if code != 0 { av_strerror(code, &reason, reason.count) }
    let text = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    message = "\(path): \(what)" + (text.isEmpty ? "" : ": \(text)")
  }
}

/// Writes one movie: RGB frames in, a file out. Not thread-safe.
///
/// One thread and bit-exact flags throughout, so that the same frames give the same bytes.
struct Encoder: ~Copyable {
  private let path: String
  private let width: Int
  private let height: Int
  private let isFullRange: Bool
  private let output: OutputContext
  private let codec: CodecContext
  private let frame: FrameHandle
  private let packet: PacketHandle
  private var written: Int64 = 0

  /// Opens `path` for frames of this size.
  ///
  /// - Throws: ``EncodingError`` when this libavcodec lacks the encoder or the file cannot be made.
  init(path: String, width: Int, height: Int, framesPerSecond: Double, codec: Codec) throws {
    let rate = AVRational(num: Int32(clamping: (framesPerSecond * 1000).rounded()), den: 1000)
    let output = try OutputContext(path: path, container: codec.container)
    let encoder = try CodecContext(path: path, encoder: codec.encoder)
    let context = encoder.pointer
    context.pointee.width = Int32(width)
    context.pointee.height = Int32(height)
    context.pointee.pix_fmt = codec.isFullRange ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P
    context.pointee.color_range = codec.isFullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
    context.pointee.colorspace = AVCOL_SPC_SMPTE170M
    context.pointee.time_base = AVRational(num: rate.den, den: rate.num)
    context.pointee.framerate = rate
    context.pointee.gop_size = 30
    context.pointee.thread_count = 1
    context.pointee.flags |= AV_CODEC_FLAG_BITEXACT
    if output.wantsGlobalHeader { context.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
    if codec.quantiser > 0 {
      context.pointee.flags |= AV_CODEC_FLAG_QSCALE
      context.pointee.global_quality = codec.quantiser * FF_QP2LAMBDA
    }
    try encoder.open(options: codec.options)
    try output.addStream(for: encoder)
    try output.writeHeader()

    let frame = FrameHandle()
    frame.pointer.pointee.format = context.pointee.pix_fmt.rawValue
    frame.pointer.pointee.width = Int32(width)
    frame.pointer.pointee.height = Int32(height)
    frame.pointer.pointee.quality = context.pointee.global_quality
    let code = av_frame_get_buffer(frame.pointer, 0)
    if code < 0 { throw EncodingError(path: path, code: code, "no memory for a frame") }

    self.path = path
    self.width = width
    self.height = height
    isFullRange = codec.isFullRange
    self.output = output
    self.codec = encoder
    self.frame = frame
    packet = PacketHandle()
  }

  /// Adds a frame of `[height, width, 3]` bytes.
  mutating func add(_ pixels: [UInt8]) throws {
    precondition(pixels.count == width * height * 3, "a frame of another size")
    let code = av_frame_make_writable(frame.pointer)
    if code < 0 { throw EncodingError(path: path, code: code, "no memory for a frame") }
    convert(pixels, into: frame.pointer, width: width, height: height, isFullRange: isFullRange)
    frame.pointer.pointee.pts = written
    written += 1
    try send(frame.pointer)
  }

  /// Writes what the encoder still holds, and the end of the file.
  consuming func finish() throws {
    try send(nil)
    try output.finish()
  }

  private func send(_ frame: UnsafeMutablePointer<AVFrame>?) throws {
    var code = avcodec_send_frame(codec.pointer, frame)
    if code < 0 { throw EncodingError(path: path, code: code, "the encoder refused a frame") }
    while true {
      code = avcodec_receive_packet(codec.pointer, packet.pointer)
      if code == vc_averror_eagain || code == vc_averror_eof { return }
      if code < 0 { throw EncodingError(path: path, code: code, "cannot encode") }
      try output.write(packet.pointer, from: codec)
    }
  }
}
