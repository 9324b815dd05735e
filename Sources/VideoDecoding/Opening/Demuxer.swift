internal import CFFmpeg

/// Owner of one open container, positioned on its video stream.
struct Demuxer: ~Copyable {
  let pointer: UnsafeMutablePointer<AVFormatContext>
  let channel: InputChannel
  let streamIndex: Int
  let path: String
  /// All video streams of the container.
  let videoStreams: [VideoStreamInfo]
  /// What the container itself says of the picture's size, before anything was decoded.
  let statedSize: (width: Int, height: Int)

  var stream: UnsafeMutablePointer<AVStream> { pointer.pointee.streams[streamIndex]! }
  var container: String { String(cString: pointer.pointee.iformat.pointee.name) }

  /// Probes, opens and picks the stream that is the movie, or the one that `limits` ask for.
  init(file: borrowing SourceFile, limits: DecodeLimits) throws(DecodeError) {
    try self.init(
      file.descriptor, size: file.size, stream: nil, path: file.path, limits: limits)
  }

  /// The same of a stream, as soon as enough of it has come.
  init(stream: StreamInput, name: String, limits: DecodeLimits) throws(DecodeError) {
    // It has no end, so neither its size nor its length in time bounds anything.
    try self.init(stream.descriptor, size: .max, stream: stream, path: name, limits: limits)
  }

  private init(
    _ descriptor: Int32, size: Int64, stream: StreamInput?, path: String, limits: DecodeLimits
  ) throws(DecodeError) {
    MediaLibrary.prepare()
    self.path = path
    guard
      let channel = InputChannel(
        descriptor: descriptor, size: size, deadline: Deadline(limits: limits, bytes: size),
        stream: stream)
    else { throw Demuxer.outOfMemory(path) }

    do {
      (pointer, streamIndex, videoStreams, statedSize) = try Demuxer.openContainer(
        path: path, channel: channel, limits: limits)
    } catch {
      throw Demuxer.refine(error, channel: channel, path: path)
    }
    self.channel = channel
    // Matroska states one duration for all its streams: only all of them tell whether it is met.
    if !String(cString: pointer.pointee.iformat.pointee.name).hasPrefix("matroska") {
      for index in 0..<Int(pointer.pointee.nb_streams) where index != streamIndex {
        pointer.pointee.streams[index]!.pointee.discard = AVDISCARD_ALL
      }
    }
    self.channel.state.pointee.deadline.progress()
  }

  deinit {
    var pointer: UnsafeMutablePointer<AVFormatContext>? = pointer
    avformat_close_input(&pointer)
  }

  /// Next packet of any stream; false at the end of the file.
  func read(into packet: borrowing Packet) throws(DecodeError) -> Bool {
    av_packet_unref(packet.pointer)
    let result = av_read_frame(pointer, packet.pointer)
    if result >= 0 { return true }
    if channel.state.pointee.timedOut { throw Demuxer.timeout(path) }
    let number = channel.state.pointee.readError
    if number != 0 {
      throw DecodeError(
        code: .io, path: path, message: "cannot be read: \(MediaLibrary.text(-number))",
        underlying: number)
    }
    return false
  }

  /// Whether jumping to a key frame can be exact: an MP4 whose header lists all its frames, or
  /// Matroska.
  var canSeek: Bool { canRewind || isMatroska }

  /// Whether going back to the first packet is exact.
  var canRewind: Bool { isMOV && stream.pointee.nb_frames > 0 }

  /// Goes to the key frame shown at this time, or to one before it; nil for the first.
  func seek(to time: Int64?) -> Bool {
    // Far before everything, and far from overflowing where FFmpeg adds offsets to it.
    av_seek_frame(pointer, Int32(streamIndex), time ?? -(1 << 40), vc_seek_backward) >= 0
  }

  // MARK: Opening

  private static func openContainer(
    path: String, channel: borrowing InputChannel, limits: DecodeLimits
  ) throws(DecodeError) -> (
    UnsafeMutablePointer<AVFormatContext>, video: Int, streams: [VideoStreamInfo],
    size: (width: Int, height: Int)
  ) {
    let io = channel.context.assumingMemoryBound(to: AVIOContext.self)
    var format: UnsafePointer<AVInputFormat>?
    guard channel.state.pointee.size > 0 else {
      throw DecodeError(
        code: .format, path: path, message: "is empty; copy or export it again")
    }
    guard vc_probe(io, &format, 1 << 20) >= 0, let format else {
      throw DecodeError(
        code: .format, path: path,
        message: "is not a video: no known container; give a movie such as .mp4, .mkv or .avi")
    }
    let name = String(cString: format.pointee.name)
    let allowed = Set(Whitelist.containers.split(separator: ","))
    if allowed.isDisjoint(with: Set(name.split(separator: ","))) {
      if Whitelist.soundContainers.contains(name) {
        throw DecodeError(
          code: .noVideo, path: path, message: "is a sound file (\(name)); give a movie")
      }
      if let remedy = Whitelist.remedies[name] {
        throw DecodeError(code: .format, path: path, message: "is not a video but \(remedy)")
      }
      throw DecodeError(
        code: .format, path: path,
        message: "is not a video: its content looks like \"\(name)\", which is not opened; "
          + "give a movie such as .mp4, .mkv or .avi")
    }

    var pointer = avformat_alloc_context()
    guard pointer != nil else { throw outOfMemory(path) }
    pointer!.pointee.pb = io
    vc_refuse_other_files(pointer)
    var options: OpaquePointer?
    defer { av_dict_free(&options) }
    av_dict_set(&options, "format_whitelist", Whitelist.containers, 0)
    av_dict_set(&options, "codec_whitelist", Whitelist.decoders, 0)
    av_dict_set(&options, "protocol_whitelist", "none", 0)
    av_dict_set(&options, "max_streams", String(limits.maxStreams), 0)
    av_dict_set(&options, "probesize", "5000000", 0)
    // A transport stream is looked at for all of that time, since another stream might appear in it.
    let isFollowed = channel.state.pointee.stream != nil
    av_dict_set(&options, "analyzeduration", isFollowed ? "1000000" : "5000000", 0)
    av_dict_set(&options, "max_probe_packets", "2500", 0)
    // As the tool does for transport streams.
    av_dict_set(&options, "scan_all_pmts", "1", AV_DICT_DONT_OVERWRITE)
    var result = vc_open_input(&pointer, format, &options)
    guard result >= 0, let opened = pointer else {
      let reason =
        result == vc_averror_enomem
        ? "holds more than \(limits.maxStreams) streams or is damaged"
        : "is damaged or no \(shortName(name)) file after all (\(MediaLibrary.text(result)))"
      throw DecodeError(
        code: .format, path: path, message: reason + "; export it again", underlying: result)
    }
    // A decoder that refuses a picture for its size takes its size back.
    let stated = (0..<Int(opened.pointee.nb_streams)).map {
      let parameters = opened.pointee.streams[$0]!.pointee.codecpar.pointee
      return (width: Int(parameters.width), height: Int(parameters.height))
    }
    do throws(DecodeError) {
      result = findStreams(opened, limits: limits)
      guard result >= 0 else {
        throw DecodeError(
          code: .format, path: path,
          message: "has no readable streams (\(MediaLibrary.text(result))); export it again",
          underlying: result)
      }
      let streams = StreamChoice(opened, fileSize: channel.state.pointee.size).streams
      let video = try pickStream(streams, wanted: limits.stream, path: path)
      return (
        opened, video, streams, stated.indices.contains(video) ? stated[video] : (0, 0)
      )
    } catch {
      avformat_close_input(&pointer)
      throw error
    }
  }

  /// Decodes as much as is needed to know the streams, under the same limits as the real decoder.
  private static func findStreams(
    _ pointer: UnsafeMutablePointer<AVFormatContext>, limits: DecodeLimits
  ) -> Int32 {
    let count = Int(pointer.pointee.nb_streams)
    let options = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: max(1, count))
    options.initialize(repeating: nil, count: max(1, count))
    for index in 0..<count {
      av_dict_set(&options[index], "max_pixels", String(limits.maxPixels), 0)
      av_dict_set(&options[index], "threads", "1", 0)
    }
    let result = avformat_find_stream_info(pointer, options)
    for index in 0..<count { av_dict_free(&options[index]) }
    options.deallocate()
    return result
  }

  /// The stream asked for, or the one that is the movie.
  private static func pickStream(
    _ streams: [VideoStreamInfo], wanted: Int?, path: String
  ) throws(DecodeError) -> Int {
    if let wanted {
      if streams.contains(where: { $0.index == wanted }) { return wanted }
      let known = streams.map { String($0.index) }.joined(separator: ", ")
      throw DecodeError(
        code: .noVideo, path: path,
        message: "has no video stream \(wanted); "
          + (known.isEmpty ? "there is none at all" : "there is \(known)"))
    }
    guard let best = StreamChoice(streams: streams).best else {
      throw DecodeError(
        code: .noVideo, path: path,
        message: "holds no video stream (sound, subtitles or cover art only); give a movie")
    }
    return best.index
  }

  /// Pixels as far as the header tells, not turned.
  var pictureSize: (width: Int, height: Int) {
    let parameters = stream.pointee.codecpar.pointee
    guard parameters.width > 0, parameters.height > 0 else { return statedSize }
    return (Int(parameters.width), Int(parameters.height))
  }

  /// Whether the stream states a picture beyond the limits. It may be wrong about that, so the
  /// decoder has the last word.
  func exceeds(_ limits: DecodeLimits) -> Bool {
    limits.forbids(pictureSize)
  }

  // MARK: Errors

  static func tooLarge(
    _ path: String, _ size: (width: Int, height: Int), limits: DecodeLimits
  ) -> DecodeError {
    DecodeError(
      code: .tooLarge, path: path,
      message:
        "has pictures of \(size.width)x\(size.height), more than the \(limits.maxPixels) pixels "
        + "allowed; scale it down first")
  }

  static func timeout(_ path: String) -> DecodeError {
    DecodeError(
      code: .timeout, path: path,
      message: "took too long to decode; it is probably damaged, export it again")
  }

  static func outOfMemory(_ path: String) -> DecodeError {
    DecodeError(code: .tooLarge, path: path, message: "needs more memory than there is")
  }

  /// The channel knows better than the demuxer why reading failed.
  private static func refine(
    _ error: DecodeError, channel: borrowing InputChannel, path: String
  ) -> DecodeError {
    if channel.state.pointee.timedOut { return timeout(path) }
    let number = channel.state.pointee.readError
    if number == 0, channel.state.pointee.stream != nil { return ofStream(error, channel, path) }
    guard number != 0 else { return error }
    return DecodeError(
      code: .io, path: path, message: "cannot be read: \(MediaLibrary.text(-number))",
      underlying: number)
  }
}

extension Demuxer {
  /// What the same error means where nothing can be read twice.
  private static func ofStream(
    _ error: DecodeError, _ channel: borrowing InputChannel, _ path: String
  ) -> DecodeError {
    if channel.state.pointee.position == 0 {
      return DecodeError(
        code: .noFrames, path: path, message: "ended before a byte of it came")
    }
    guard error.code == .format else { return error }
    return DecodeError(
      code: .format, path: path,
      message:
        "is no stream that can be followed: send Matroska, MPEG-TS or fragmented MP4 (a plain "
        + "MP4 has its index at the end), or raw pictures with their size",
      underlying: error.underlying)
  }

  /// Seconds a unit of a stream's timestamps.
  func timeBase(of index: Int) -> Double {
    av_q2d(pointer.pointee.streams[index]!.pointee.time_base)
  }

  /// Seconds from one frame to the next, as far as the header tells.
  var nominalStep: Double {
    for rate in [stream.pointee.avg_frame_rate, stream.pointee.r_frame_rate] {
      let value = av_q2d(rate)
      if rate.num > 0, rate.den > 0, value >= 0.001, value <= 1000 { return 1 / value }
    }
    return 0.04
  }

  /// One short word for a demuxer that goes by several names.
  static func shortName(_ name: String) -> String {
    switch name {
    case "mov,mp4,m4a,3gp,3g2,mj2": "mp4"
    case "matroska,webm": "matroska"
    default: name
    }
  }

  var isMOV: Bool { container.hasPrefix("mov") }
  var isMatroska: Bool { container.hasPrefix("matroska") }

  /// Whether an MP4's durations and times are so far apart that one of them must be wrong.
  func contradictsItself(_ span: PacketSpan) -> Bool {
    guard isMOV, span.packets > 2, let durations = span.durations, let first = span.first,
      let end = span.end
    else { return false }
    let ratio = (Double(end) - Double(first)) / Double(max(1, durations))
    return ratio > 4 || ratio < 0.25
  }

  /// Whether the header promises more video than the packets brought: the end is missing.
  func isCutShort(_ span: PacketSpan) -> Bool {
    if isMOV || container == "avi" {
      let promised = stream.pointee.nb_frames
      // A count that the file could not hold even at one byte a frame is no promise.
      if promised > 0, promised < channel.state.pointee.size, Int64(span.packets) < promised {
        return true
      }
    }
    let slack = max(0.1, 1.5 * nominalStep)
    if isMOV, stream.pointee.duration > 0, let first = span.first, let end = span.end {
      let unit = timeBase(of: streamIndex)
      // Subtracted as fractions: times that a forger made up may lie further apart than Int64 goes.
      return (Double(end) - Double(first)) * unit + slack < Double(stream.pointee.duration) * unit
    }
    if isMatroska, let end = MatroskaSegment.end(descriptor: channel.state.pointee.descriptor),
      end > channel.state.pointee.size
    {
      return true
    }
    if isMatroska, pointer.pointee.duration > 0, let end = span.endOfAll {
      // Counted from time 0, not from the first frame.
      return end + slack < Double(pointer.pointee.duration) / Double(AV_TIME_BASE)
    }
    if container == "mpegts" {
      // Made of packets of 188 bytes (192 with times, 204 with check bytes).
      let size = channel.state.pointee.size
      return span.endsDamaged || [188, 192, 204].allSatisfy { size % $0 != 0 }
    }
    return false
  }
}
