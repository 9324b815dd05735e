private import CFFmpeg

/// Why an image could not be written.
public struct ImageError: Error, Sendable {
  /// One line.
  public let message: String
}

/// Encodes images through libavcodec.
public enum ImageWriter {
  /// A PNG file's bytes.
  /// - Parameters:
  ///   - channels: 3 (red, green, blue) or 1 (gray).
  ///   - pixels: `[height, width, channels]`.
  public static func png(
    width: Int, height: Int, channels: Int, pixels: [UInt8]
  ) throws(ImageError) -> [UInt8] {
    precondition(channels == 3 || channels == 1, "an image has 3 channels or 1")
    precondition(pixels.count == width * height * channels, "pixels fit the size")
    return try encoded(
      width: width, height: height, codec: (AV_CODEC_ID_PNG, "PNG"),
      format: channels == 3 ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_GRAY8, quantiser: nil
    ) { frame in
      let row = width * channels
      let stride = Int(frame.pointee.linesize.0)
      pixels.withUnsafeBufferPointer { source in
        for y in 0..<height {
          (frame.pointee.data.0! + y * stride)
            .update(from: source.baseAddress! + y * row, count: row)
        }
      }
      return true
    }
  }

  /// A JPEG file's bytes, of half the resolution in colour.
  /// - Parameters:
  ///   - pixels: `[height, width, 3]`: red, green, blue.
  ///   - quantiser: From 1, the finest and largest, to 31.
  public static func jpeg(
    width: Int, height: Int, pixels: [UInt8], quantiser: Int
  ) throws(ImageError) -> [UInt8] {
    precondition(pixels.count == width * height * 3, "pixels fit the size")
    precondition((1...31).contains(quantiser), "a quantiser of JPEG")
    return try encoded(
      width: width, height: height, codec: (AV_CODEC_ID_MJPEG, "JPEG"),
      format: AV_PIX_FMT_YUVJ420P, quantiser: Int32(quantiser)
    ) { target in
      guard let source = Frame() else { return false }
      source.pointer.pointee.width = Int32(width)
      source.pointer.pointee.height = Int32(height)
      source.pointer.pointee.format = AV_PIX_FMT_RGB24.rawValue
      let key = ScalerKey(
        source: source.pointer, targetWidth: width, targetHeight: height,
        target: AV_PIX_FMT_YUVJ420P, flags: vc_scale_flags)
      guard let scaler = Scaler(key) else { return false }
      // The scaler only reads; the array outlives it.
      return pixels.withUnsafeBufferPointer { bytes in
        source.pointer.pointee.data.0 = UnsafeMutablePointer(mutating: bytes.baseAddress!)
        source.pointer.pointee.linesize.0 = Int32(width * 3)
        defer { source.pointer.pointee.data.0 = nil }
        return scaler.run(source.pointer, into: target)
      }
    }
  }

  /// Encodes the one frame that `fill` draws.
  private static func encoded(
    width: Int, height: Int, codec: (id: AVCodecID, name: String), format: AVPixelFormat,
    quantiser: Int32?, fill: (UnsafeMutablePointer<AVFrame>) -> Bool
  ) throws(ImageError) -> [UInt8] {
    MediaLibrary.prepare()
    guard let found = vc_find_encoder(codec.id) else {
      throw ImageError(
        message: "this FFmpeg has no \(codec.name) encoder; install the full libavcodec")
    }
    var context = avcodec_alloc_context3(found)
    defer { avcodec_free_context(&context) }
    guard let encoder = context, let frame = Frame(), let packet = Packet() else {
      throw ImageError(message: "not enough memory for an image of \(width)x\(height)")
    }
    encoder.pointee.width = Int32(width)
    encoder.pointee.height = Int32(height)
    encoder.pointee.pix_fmt = format
    encoder.pointee.time_base = AVRational(num: 1, den: 25)
    encoder.pointee.thread_count = 1
    frame.pointer.pointee.width = Int32(width)
    frame.pointer.pointee.height = Int32(height)
    frame.pointer.pointee.format = format.rawValue
    frame.pointer.pointee.pts = 0
    if let quantiser {
      // The same bytes from every version: no name of the encoder in them.
      encoder.pointee.flags |= vc_flag_quantiser | vc_flag_bitexact
      encoder.pointee.global_quality = quantiser * vc_quantiser_unit
      encoder.pointee.color_range = AVCOL_RANGE_JPEG
      frame.pointer.pointee.quality = quantiser * vc_quantiser_unit
      frame.pointer.pointee.color_range = AVCOL_RANGE_JPEG
    }
    var result = avcodec_open2(encoder, found, nil)
    if result >= 0 { result = av_frame_get_buffer(frame.pointer, 0) }
    if result >= 0, !fill(frame.pointer) { result = vc_averror_enomem }
    if result >= 0 { result = avcodec_send_frame(encoder, frame.pointer) }
    if result >= 0 { result = avcodec_receive_packet(encoder, packet.pointer) }
    guard result >= 0 else {
      throw ImageError(
        message: "cannot encode an image of \(width)x\(height): \(MediaLibrary.text(result))")
    }
    return Array(
      UnsafeBufferPointer(
        start: packet.pointer.pointee.data, count: Int(packet.pointer.pointee.size)))
  }
}
