internal import CFFmpeg
import FileStore

/// Decodes one JPEG, PNG, BMP, TIFF or WebP image held in memory.
enum ImageDecoder {
  /// - Returns: Whether the picture is whole; of one that is cut off, the rest is gray.
  static func decode(
    _ bytes: [UInt8], path: String, limits: DecodeLimits, into frame: borrowing Frame
  ) throws(DecodeError) -> Bool {
    guard let parameters = parameters(for: bytes) else {
      throw DecodeError(
        code: .format, path: path, message: "is not a JPEG, PNG, BMP, TIFF or WebP image")
    }
    defer {
      var pointer: UnsafeMutablePointer<AVCodecParameters>? = parameters
      avcodec_parameters_free(&pointer)
    }
    let decoder: Decoder
    do throws(Decoder.Failure) {
      decoder = try Decoder(
        parameters: parameters, timeBase: AVRational(num: 1, den: 25),
        frameRate: AVRational(num: 25, den: 1), threads: 1, limits: limits)
    } catch {
      throw DecodeError(code: .codec, path: path, message: "needs a decoder that is missing")
    }
    guard let packet = Packet(), av_new_packet(packet.pointer, Int32(bytes.count)) >= 0 else {
      throw Demuxer.outOfMemory(path)
    }
    bytes.withUnsafeBytes { source in
      UnsafeMutableRawPointer(packet.pointer.pointee.data)
        .copyMemory(from: source.baseAddress!, byteCount: source.count)
    }
    var result = avcodec_send_packet(decoder.pointer, packet.pointer)
    if result >= 0 {
      _ = avcodec_send_packet(decoder.pointer, nil)
      result = avcodec_receive_frame(decoder.pointer, frame.pointer)
    }
    guard result >= 0 else {
      if let size = bytes.withUnsafeBufferPointer({ size(of: $0) }),
        limits.forbids(size)
      {
        throw Demuxer.tooLarge(path, size, limits: limits)
      }
      throw DecodeError(
        code: .format, path: path, message: "is damaged (\(MediaLibrary.text(result)))",
        underlying: result)
    }
    return decoder.complaints == 0 && !frame.isDamaged && hasEnd(bytes)
  }

  /// Pixels that the header of a PNG, JPEG or BMP image states; nil for anything else.
  static func size(of bytes: UnsafeBufferPointer<UInt8>) -> (width: Int, height: Int)? {
    func number(_ place: Int, _ count: Int) -> Int {
      bytes[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
    }
    if bytes.count >= 24, bytes.starts(with: pngSignature) { return (number(16, 4), number(20, 4)) }
    if bytes.count >= 26, bytes.starts(with: [0x42, 0x4d]) {
      return (Int(littleEndian(bytes[18..<22])), Int(littleEndian(bytes[22..<26])))
    }
    guard bytes.starts(with: [0xff, 0xd8]) else { return nil }
    var place = 2
    while place + 9 < bytes.count, bytes[place] == 0xff {
      let marker = bytes[place + 1]
      // A start of frame; three of the numbers among them mean tables.
      if (0xc0...0xcf).contains(marker), ![0xc4, 0xc8, 0xcc].contains(marker) {
        return (number(place + 7, 2), number(place + 5, 2))
      }
      place += 2 + number(place + 2, 2)
    }
    return nil
  }

  /// Whether a JPEG image has an end: decoders make do without. Looked for from behind up to where
  /// the pixels begin, because a preview in the header has an end of its own.
  private static func hasEnd(_ bytes: [UInt8]) -> Bool {
    guard bytes.starts(with: [0xff, 0xd8]) else { return true }
    for place in stride(from: bytes.count - 2, through: 2, by: -1) where bytes[place] == 0xff {
      if bytes[place + 1] == 0xd9 { return true }
      if bytes[place + 1] == 0xda { return false }
    }
    return false
  }

  private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// Decided by the first bytes, not by the name.
  private static func parameters(
    for bytes: [UInt8]
  ) -> UnsafeMutablePointer<AVCodecParameters>? {
    let id: AVCodecID
    if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      id = AV_CODEC_ID_MJPEG
    } else if bytes.starts(with: pngSignature) {
      id = AV_CODEC_ID_PNG
    } else if bytes.starts(with: [0x42, 0x4d]) {
      id = AV_CODEC_ID_BMP
    } else if bytes.starts(with: [0x49, 0x49, 0x2a, 0])
      || bytes.starts(with: [0x4d, 0x4d, 0, 0x2a])
    {
      id = AV_CODEC_ID_TIFF
    } else if bytes.starts(with: Array("RIFF".utf8)),
      bytes.dropFirst(8).starts(with: Array("WEBP".utf8))
    {
      id = AV_CODEC_ID_WEBP
    } else {
      return nil
    }
    guard bytes.count < Int(Int32.max) - 64, let parameters = avcodec_parameters_alloc() else {
      return nil
    }
    parameters.pointee.codec_type = AVMEDIA_TYPE_VIDEO
    parameters.pointee.codec_id = id
    return parameters
  }
}
