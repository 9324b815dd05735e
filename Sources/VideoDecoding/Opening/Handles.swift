internal import CFFmpeg

/// Owner of one `AVPacket`, reused for every packet of a pass.
struct Packet: ~Copyable {
  let pointer: UnsafeMutablePointer<AVPacket>

  init?() {
    guard let pointer = av_packet_alloc() else { return nil }
    self.pointer = pointer
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVPacket>? = pointer
    av_packet_free(&pointer)
  }

  /// Presentation time, or nil where the container has none.
  var presentation: Int64? { pointer.pointee.pts == vc_nopts ? nil : pointer.pointee.pts }
  var isKey: Bool { pointer.pointee.flags & vc_packet_key != 0 }
  var isCorrupt: Bool { pointer.pointee.flags & vc_packet_corrupt != 0 }
  /// To be decoded but not shown: outside an edit list.
  var isHidden: Bool { pointer.pointee.flags & vc_packet_discard != 0 }
}

/// Owner of one `AVFrame`, reused for every frame of a pass.
struct Frame: ~Copyable {
  let pointer: UnsafeMutablePointer<AVFrame>

  init?() {
    guard let pointer = av_frame_alloc() else { return nil }
    self.pointer = pointer
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVFrame>? = pointer
    av_frame_free(&pointer)
  }

  /// The one place where a frame's time is read.
  var timestamp: Int64? {
    let best = pointer.pointee.best_effort_timestamp
    if best != vc_nopts { return best }
    return pointer.pointee.pts == vc_nopts ? nil : pointer.pointee.pts
  }

  var isKey: Bool { vc_frame_is_key(pointer) != 0 }
  /// The decoder concealed something.
  var isDamaged: Bool {
    pointer.pointee.flags & vc_frame_corrupt != 0 || pointer.pointee.decode_error_flags != 0
  }
}

/// Owner of one decoder.
struct Decoder: ~Copyable {
  let pointer: UnsafeMutablePointer<AVCodecContext>
  /// Complaints of the decoder and its threads; their counter outlives them.
  private let complaintCount: UnsafeMutablePointer<Int32>

  /// How often the decoder complained. It tells of damage as soon as it decodes it, where the flags
  /// of a frame tell when that is shown, and not even then if another thread was still at work.
  var complaints: Int { Int(vc_complaints(complaintCount)) }

  /// Why there is no decoder.
  enum Failure: Error {
    case unknownCodec
    case noMemory
    case refused(Int32)
  }

  /// Opens the decoder of `parameters` under the given limits.
  init(
    parameters: UnsafePointer<AVCodecParameters>, timeBase: AVRational, frameRate: AVRational,
    threads: Int, limits: DecodeLimits
  ) throws(Failure) {
    guard let codec = vc_find_decoder(parameters.pointee.codec_id) else { throw .unknownCodec }
    var context = avcodec_alloc_context3(codec)
    guard let opened = context else { throw .noMemory }
    let complaintCount = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    complaintCount.initialize(to: 0)
    var options: OpaquePointer?
    defer { av_dict_free(&options) }
    av_dict_set(&options, "codec_whitelist", Whitelist.decoders, 0)
    var result = avcodec_parameters_to_context(opened, parameters)
    if result >= 0 {
      opened.pointee.pkt_timebase = timeBase
      opened.pointee.framerate = frameRate
      opened.pointee.thread_count = Int32(threads)
      opened.pointee.thread_type = threads > 1 ? FF_THREAD_FRAME : 0
      opened.pointee.max_pixels = Int64(limits.maxPixels)
      opened.pointee.opaque = UnsafeMutableRawPointer(complaintCount)
      result = avcodec_open2(opened, codec, &options)
    }
    guard result >= 0 else {
      avcodec_free_context(&context)
      complaintCount.deallocate()
      throw .refused(result)
    }
    pointer = opened
    self.complaintCount = complaintCount
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVCodecContext>? = pointer
    avcodec_free_context(&pointer)
    complaintCount.deallocate()
  }
}
