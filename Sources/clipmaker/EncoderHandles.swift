import CFFmpeg

// One owner per FFmpeg object, freed when the owner goes.

struct FrameHandle: ~Copyable {
  let pointer: UnsafeMutablePointer<AVFrame>

  init() { pointer = av_frame_alloc()! }

  deinit {
    var freed: UnsafeMutablePointer<AVFrame>? = pointer
    av_frame_free(&freed)
  }
}

struct PacketHandle: ~Copyable {
  let pointer: UnsafeMutablePointer<AVPacket>

  init() { pointer = av_packet_alloc()! }

  deinit {
    var freed: UnsafeMutablePointer<AVPacket>? = pointer
    av_packet_free(&freed)
  }
}

struct CodecContext: ~Copyable {
  let pointer: UnsafeMutablePointer<AVCodecContext>
  private let codec: UnsafePointer<AVCodec>
  private let path: String

  init(path: String, encoder: String) throws {
    guard let codec = avcodec_find_encoder_by_name(encoder),
      let pointer = avcodec_alloc_context3(codec)
    else {
      throw EncodingError(
        path: path, "this FFmpeg has no encoder \(encoder); install a complete libavcodec")
    }
    self.pointer = pointer
    self.codec = codec
    self.path = path
  }

  func open(options: [String: String]) throws {
    var dictionary: OpaquePointer?
    for key in options.keys.sorted() { av_dict_set(&dictionary, key, options[key], 0) }
    defer { av_dict_free(&dictionary) }
    let code = avcodec_open2(pointer, codec, &dictionary)
    if code < 0 { throw EncodingError(path: path, code: code, "cannot open the encoder") }
    precondition(av_dict_count(dictionary) == 0, "the encoder does not know one of its options")
  }

  deinit {
    var freed: UnsafeMutablePointer<AVCodecContext>? = pointer
    avcodec_free_context(&freed)
  }
}

/// The file and its muxer, with one stream.
struct OutputContext: ~Copyable {
  private let pointer: UnsafeMutablePointer<AVFormatContext>
  private let path: String

  init(path: String, container: String) throws {
    var made: UnsafeMutablePointer<AVFormatContext>?
    let code = avformat_alloc_output_context2(&made, nil, container, path)
    guard code >= 0, let made else {
      throw EncodingError(path: path, code: code, "this FFmpeg cannot write \(container)")
    }
    made.pointee.flags |= AVFMT_FLAG_BITEXACT
    let opened = avio_open(&made.pointee.pb, path, AVIO_FLAG_WRITE)
    if opened < 0 {
      avformat_free_context(made)
      throw EncodingError(path: path, code: opened, "cannot create the file")
    }
    pointer = made
    self.path = path
  }

  var wantsGlobalHeader: Bool { pointer.pointee.oformat.pointee.flags & AVFMT_GLOBALHEADER != 0 }

  private var stream: UnsafeMutablePointer<AVStream> { pointer.pointee.streams[0]! }

  func addStream(for codec: borrowing CodecContext) throws {
    guard let stream = avformat_new_stream(pointer, nil) else {
      throw EncodingError(path: path, "no memory for a stream")
    }
    stream.pointee.time_base = codec.pointer.pointee.time_base
    stream.pointee.avg_frame_rate = codec.pointer.pointee.framerate
    let code = avcodec_parameters_from_context(stream.pointee.codecpar, codec.pointer)
    if code < 0 { throw EncodingError(path: path, code: code, "cannot describe the stream") }
  }

  func writeHeader() throws {
    let code = avformat_write_header(pointer, nil)
    if code < 0 { throw EncodingError(path: path, code: code, "cannot write the header") }
  }

  func write(_ packet: UnsafeMutablePointer<AVPacket>, from codec: borrowing CodecContext) throws {
    if packet.pointee.duration == 0 { packet.pointee.duration = 1 }
    av_packet_rescale_ts(packet, codec.pointer.pointee.time_base, stream.pointee.time_base)
    packet.pointee.stream_index = 0
    let code = av_interleaved_write_frame(pointer, packet)
    if code < 0 { throw EncodingError(path: path, code: code, "cannot write") }
  }

  func finish() throws {
    var code = av_write_trailer(pointer)
    if code >= 0 { code = avio_closep(&pointer.pointee.pb) }
    if code < 0 { throw EncodingError(path: path, code: code, "cannot write the end") }
  }

  deinit {
    avio_closep(&pointer.pointee.pb)
    avformat_free_context(pointer)
  }
}
