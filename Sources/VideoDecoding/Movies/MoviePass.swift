internal import CFFmpeg

/// Damage met in one pass.
struct Damage {
  /// Packets the decoder refused, from the first key frame on.
  var refusedPackets = 0
  /// Packets refused before the first key frame: a recording that starts between key frames.
  var refusedAtStart = 0
  /// Packets the container marks as damaged.
  var corruptPackets = 0
  /// Frames in which the decoder concealed something.
  var damagedFrames = 0
  /// The container's times and durations contradict each other: frames may be hidden wrongly.
  var hasFalseTimes = false
  /// Of a folder of images the first that is damaged or cannot be decoded; nil for movies.
  var firstImage: String?
  /// The pass was ended because nothing could be decoded any more.
  var gaveUp = false

  /// Whether pictures are missing or partly invented. A packet that is only marked, and of which
  /// the decoder thinks nothing bad, is none: joined transport streams have one at each seam.
  var isAny: Bool { refusedPackets > 0 || damagedFrames > 0 || hasFalseTimes || gaveUp }
}

/// What the packets seen so far say about time.
struct PacketSpan {
  /// Packets of the video stream, hidden ones included.
  var packets = 0
  /// Whether the last packet of the video stream is marked as damaged.
  var endsDamaged = false
  /// Of the video stream, in its time base, hidden packets included.
  var first: Int64?
  var end: Int64?
  /// Durations of the video stream's packets together; nil when one has none.
  var durations: Int64? = 0
  /// Seconds at which the last packet of any stream ends.
  var endOfAll: Double?
}

/// One way through a movie from its first packet to its last.
///
/// The one place where packets meet the decoder: send, receive, drain.
struct MoviePass: ~Copyable {
  let demuxer: Demuxer
  private let decoder: Decoder
  private let packet: Packet
  /// The frame that `next` produced; valid until it is called again.
  let frame: Frame
  private let path: String
  private let limits: DecodeLimits
  private let canSkip: Bool
  private let isIntraOnly: Bool
  private var isDraining = false
  /// Whether the packet was read and waits for the decoder.
  private var isPacketWaiting = false
  private var forgiven = 0
  private var hasSentKey = false
  private var errorsInRow = 0
  private var allPackets = 0
  private(set) var span = PacketSpan()
  private(set) var damage = Damage()
  private(set) var counters = DecodeCounters()
  /// A picture that the decoder refused because it is larger than the limits allow.
  private(set) var oversized: (width: Int, height: Int)?
  /// Presentation time of the first packet, if that is a key frame.
  private(set) var landing: Int64?

  /// Begins where the demuxer stands.
  init(
    _ demuxer: consuming Demuxer, limits: DecodeLimits, threads: Int
  ) throws(DecodeError) {
    let path = demuxer.path
    guard let packet = Packet(), let frame = Frame() else { throw Demuxer.outOfMemory(path) }
    demuxer.channel.state.pointee.deadline = Deadline(
      limits: limits, bytes: demuxer.channel.state.pointee.size)
    let stream = demuxer.stream
    let parameters = stream.pointee.codecpar!
    let decoder: Decoder
    do throws(Decoder.Failure) {
      decoder = try Decoder(
        parameters: parameters, timeBase: stream.pointee.time_base,
        frameRate: stream.pointee.avg_frame_rate, threads: threads, limits: limits)
    } catch {
      throw MoviePass.codecError(error, path: path, demuxer: demuxer, limits: limits)
    }
    self.path = path
    self.limits = limits
    self.demuxer = demuxer
    self.decoder = decoder
    self.packet = packet
    self.frame = frame
    let id = parameters.pointee.codec_id
    canSkip = CodecTraits.skipsExactly(id)
    isIntraOnly = vc_codec_is_intra_only(id) != 0
  }

  /// Whether anything that was decoded so far may be damaged: suspicion, where `damage` is what is
  /// told to the user.
  var isSuspicious: Bool { damage.isAny || decoder.complaints > forgiven }

  /// Lets complaints about frames that nobody will see count no more.
  mutating func forgiveComplaints() { forgiven = decoder.complaints }

  /// Gives the demuxer back for another pass.
  consuming func close() -> Demuxer { demuxer }

  /// Whether a packet whose frame nobody wants may be skipped without changing other frames.
  var skipsUnwanted: Bool { canSkip || isIntraOnly }

  /// Decodes the next frame in display order.
  /// - Parameter isWanted: Asked with each packet's presentation time; frames of which it says false
  ///   may be left out. Nil: every frame comes.
  /// - Returns: False at the end.
  mutating func next(isWanted: ((Int64) -> Bool)? = nil) throws(DecodeError) -> Bool {
    let (began, read) = (Deadline.now(), counters.readingSeconds)
    defer {
      counters.decodingSeconds += Deadline.now() - began - (counters.readingSeconds - read)
    }
    while true {
      let result = avcodec_receive_frame(decoder.pointer, frame.pointer)
      if result >= 0 {
        counters.decoded += 1
        errorsInRow = 0
        if frame.isDamaged { damage.damagedFrames += 1 }
        demuxer.channel.state.pointee.deadline.progress()
        return true
      }
      if result == vc_averror_eof { return false }
      if result != vc_averror_eagain {
        if refused() { return false }
        continue
      }
      guard !isDraining, try readVideoPacket() else {
        isDraining = true
        decoder.pointer.pointee.skip_frame = AVDISCARD_DEFAULT
        _ = avcodec_send_packet(decoder.pointer, nil)
        continue
      }
      if let isWanted, let time = packet.presentation, skipsUnwanted {
        let wanted = isWanted(time)
        if !wanted { counters.skippable += 1 }
        if isIntraOnly && !wanted { continue }
        decoder.pointer.pointee.skip_frame = wanted ? AVDISCARD_DEFAULT : AVDISCARD_NONREF
      } else {
        decoder.pointer.pointee.skip_frame = AVDISCARD_DEFAULT
      }
      if packet.isKey { hasSentKey = true }
      let sent = avcodec_send_packet(decoder.pointer, packet.pointer)
      if sent < 0 && sent != vc_averror_eagain && sent != vc_averror_eof && refused() {
        return false
      }
    }
  }

  /// Leaves out so much of what is to come, undecoded, up to the next key frame behind it.
  mutating func skip(ticks: Int64) throws(DecodeError) {
    guard !isDraining else { return }
    let (until, overflow) = (span.end ?? 0).addingReportingOverflow(ticks)
    repeat {
      guard try readVideoPacket() else { return }
    } while !packet.isKey || (packet.presentation ?? .max) < (overflow ? .max : until)
    avcodec_flush_buffers(decoder.pointer)
    isPacketWaiting = true
  }

  /// Reads all remaining packets without decoding them.
  mutating func forEachPacket(
    _ body: (borrowing Packet) -> Void
  ) throws(DecodeError) {
    while try readVideoPacket() { body(packet) }
  }

  /// Time that the caller spent on a frame is not the file's fault.
  func extend(bySeconds seconds: Double) {
    demuxer.channel.state.pointee.deadline.extend(bySeconds: seconds)
  }

  /// Counts a refused packet; true when it is time to give up.
  private mutating func refused() -> Bool {
    if !hasSentKey { damage.refusedAtStart += 1 } else { damage.refusedPackets += 1 }
    errorsInRow += 1
    if oversized == nil, packet.pointer.pointee.size > 0,
      let size = ImageDecoder.size(
        of: UnsafeBufferPointer(
          start: packet.pointer.pointee.data, count: Int(packet.pointer.pointee.size))),
      limits.forbids(size)
    {
      oversized = size
    }
    damage.gaveUp = errorsInRow > limits.maxConsecutiveErrors
    return damage.gaveUp
  }

  private mutating func readVideoPacket() throws(DecodeError) -> Bool {
    let began = Deadline.now()
    defer { counters.readingSeconds += Deadline.now() - began }
    if isPacketWaiting {
      isPacketWaiting = false
      return true
    }
    while true {
      if demuxer.channel.state.pointee.deadline.isOver { throw Demuxer.timeout(path) }
      guard try demuxer.read(into: packet) else { return false }
      allPackets += 1
      guard allPackets <= limits.maxPackets else {
        throw DecodeError(
          code: .tooLarge, path: path,
          message: "has more than \(limits.maxPackets) packets; cut it into parts")
      }
      let index = Int(packet.pointer.pointee.stream_index)
      noteEnd(stream: index)
      guard index == demuxer.streamIndex else { continue }
      if vc_packet_is_encrypted(packet.pointer) != 0 {
        throw DecodeError(
          code: .encrypted, path: path, message: "is encrypted; decrypt it first")
      }
      if span.packets == 0 && packet.isKey { landing = packet.presentation }
      counters.packets += 1
      span.packets += 1
      span.endsDamaged = packet.isCorrupt
      if packet.isCorrupt { damage.corruptPackets += 1 }
      return true
    }
  }

  private mutating func noteEnd(stream index: Int) {
    let raw = packet.pointer.pointee
    let time = raw.pts != vc_nopts ? raw.pts : raw.dts
    guard time != vc_nopts else { return }
    let (end, overflow) = time.addingReportingOverflow(max(0, raw.duration))
    guard !overflow else { return }
    if index == demuxer.streamIndex {
      span.first = min(span.first ?? time, time)
      span.end = max(span.end ?? end, end)
      span.durations = raw.duration > 0 ? span.durations.map { $0 &+ raw.duration } : nil
    }
    let seconds = Double(end) * demuxer.timeBase(of: index)
    span.endOfAll = max(span.endOfAll ?? seconds, seconds)
  }

  private static func codecError(
    _ failure: Decoder.Failure, path: String, demuxer: borrowing Demuxer,
    limits: DecodeLimits
  ) -> DecodeError {
    let parameters = demuxer.stream.pointee.codecpar.pointee
    if demuxer.exceeds(limits) {
      return Demuxer.tooLarge(path, demuxer.pictureSize, limits: limits)
    }
    if vc_stream_is_encrypted(demuxer.stream) != 0 {
      return DecodeError(code: .encrypted, path: path, message: "is encrypted; decrypt it first")
    }
    let name =
      parameters.codec_id == AV_CODEC_ID_NONE
      ? "unknown" : String(cString: avcodec_get_name(parameters.codec_id))
    switch failure {
    case .noMemory: return Demuxer.outOfMemory(path)
    case .unknownCodec:
      return DecodeError(
        code: .codec, path: path,
        message: "has video of codec \"\(name)\", for which there is no decoder; "
          + "convert it to H.264")
    case .refused(let number):
      return DecodeError(
        code: .codec, path: path,
        message: "has video of codec \"\(name)\", which its decoder refuses "
          + "(\(MediaLibrary.text(number))); convert it to H.264",
        underlying: number)
    }
  }
}

/// What was verified about codecs.
enum CodecTraits {
  /// Frames that no other frame refers to can be left out, and the others stay the same.
  static func skipsExactly(_ id: AVCodecID) -> Bool {
    [AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, AV_CODEC_ID_MPEG4, AV_CODEC_ID_MPEG2VIDEO].contains(id)
  }

  /// Frames may be shown in another order than they are stored in.
  static func reorders(_ id: AVCodecID) -> Bool {
    skipsExactly(id) || id == AV_CODEC_ID_MPEG1VIDEO
  }

  /// One packet is one shown frame.
  static func packetIsFrame(_ id: AVCodecID) -> Bool {
    vc_codec_is_intra_only(id) != 0 || skipsExactly(id)
      || [AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_VP9, AV_CODEC_ID_AV1, AV_CODEC_ID_H263]
        .contains(id)
  }
}
