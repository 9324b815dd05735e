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
    MediaLibrary.prepare()
    guard let codec = vc_find_encoder(AV_CODEC_ID_PNG) else {
      throw ImageError(message: "this FFmpeg has no PNG encoder; install the full libavcodec")
    }
    var context = avcodec_alloc_context3(codec)
    defer { avcodec_free_context(&context) }
    guard let encoder = context, let frame = Frame(), let packet = Packet() else {
      throw ImageError(message: "not enough memory for an image of \(width)x\(height)")
    }
    let format = channels == 3 ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_GRAY8
    encoder.pointee.width = Int32(width)
    encoder.pointee.height = Int32(height)
    encoder.pointee.pix_fmt = format
    encoder.pointee.time_base = AVRational(num: 1, den: 25)
    encoder.pointee.thread_count = 1
    frame.pointer.pointee.width = Int32(width)
    frame.pointer.pointee.height = Int32(height)
    frame.pointer.pointee.format = format.rawValue
    frame.pointer.pointee.pts = 0
    var result = avcodec_open2(encoder, codec, nil)
    if result >= 0 { result = av_frame_get_buffer(frame.pointer, 0) }
    if result >= 0 {
      let row = width * channels
      let stride = Int(frame.pointer.pointee.linesize.0)
      pixels.withUnsafeBufferPointer { source in
        for y in 0..<height {
          (frame.pointer.pointee.data.0! + y * stride)
            .update(from: source.baseAddress! + y * row, count: row)
        }
      }
      result = avcodec_send_frame(encoder, frame.pointer)
    }
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
