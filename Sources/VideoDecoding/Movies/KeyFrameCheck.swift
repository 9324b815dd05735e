internal import CFFmpeg

/// Tells from the bits of a packet whether decoding can really start there.
///
/// Note [Key frames that are none]: a container marks key frames as it likes. An MP4 without a table
/// of them marks every frame, and periodic intra refresh marks frames after which the picture is only
/// complete some frames later. Jumping there would show what decoding in order does not.
struct KeyFrameCheck {
  private let id: AVCodecID
  private let isIntraOnly: Bool
  /// Bytes of the size in front of each unit of H.264 or HEVC; 0 for start codes.
  private let lengthBytes: Int

  init(_ parameters: UnsafePointer<AVCodecParameters>) {
    id = parameters.pointee.codec_id
    isIntraOnly = vc_codec_is_intra_only(id) != 0
    let extra = UnsafeBufferPointer(
      start: parameters.pointee.extradata, count: Int(parameters.pointee.extradata_size))
    switch id {
    case AV_CODEC_ID_H264 where extra.count > 6 && extra[0] == 1:
      lengthBytes = Int(extra[4] & 3) + 1
    case AV_CODEC_ID_HEVC where extra.count > 22 && (extra[0] | extra[1] > 0 || extra[2] > 1):
      lengthBytes = Int(extra[21] & 3) + 1
    default: lengthBytes = 0
    }
  }

  /// A packet from whose frame on everything shown can be decoded without what came before.
  enum Entrance {
    /// Nothing behind it refers to what came before.
    case closed
    /// What follows it, but is shown before it, may do so.
    case open
  }

  /// What the packet is good for; nil when nothing can start there.
  func entrance(_ packet: borrowing Packet) -> Entrance? {
    guard packet.isKey, packet.pointer.pointee.size > 0 else { return nil }
    if isIntraOnly { return .closed }
    let bytes = UnsafeBufferPointer(
      start: packet.pointer.pointee.data, count: Int(packet.pointer.pointee.size))
    switch id {
    case AV_CODEC_ID_H264: return h264Entrance(bytes)
    case AV_CODEC_ID_HEVC: return hevcEntrance(bytes)
    default: return isIntra(bytes) ? .closed : nil
    }
  }

  private func isIntra(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    switch id {
    case AV_CODEC_ID_MPEG4:
      // The first picture's header, two bits of type: 0 is intra.
      return after(startCode: 0xb6, in: bytes).map { bytes[$0] >> 6 == 0 } ?? false
    case AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO:
      // Ten bits of order, then three of type: 1 is intra.
      return after(startCode: 0x00, in: bytes).map {
        $0 + 1 < bytes.count && bytes[$0 + 1] >> 3 & 7 == 1
      } ?? false
    case AV_CODEC_ID_VP8: return bytes[0] & 1 == 0
    case AV_CODEC_ID_VP9:
      // Marker, profile, "show an existing frame", type: 0 is key. Profile 3 has one bit more.
      let rest = bytes[0] >> 4 & 3 == 3 ? bytes[0] << 1 : bytes[0]
      return bytes[0] >> 6 == 2 && rest & 0b1100 == 0
    case AV_CODEC_ID_AV1: return isAV1Entrance(bytes)
    default: return false
    }
  }

  private func h264Entrance(_ bytes: UnsafeBufferPointer<UInt8>) -> Entrance? {
    var isRecoveryPoint = false
    for unit in units(of: bytes) {
      switch bytes[unit.lowerBound] & 31 {
      case 5: return .closed
      // A slice of another kind: only sound after the message that says so.
      case 1, 2: return isRecoveryPoint ? .open : nil
      case 6 where recoversAtOnce(bytes, unit): isRecoveryPoint = true
      default: break
      }
    }
    return nil
  }

  /// Whether supplemental messages hold a recovery point (6) that counts no frames: its first field,
  /// a count in exponential Golomb code, is a single 1.
  private func recoversAtOnce(_ bytes: UnsafeBufferPointer<UInt8>, _ unit: Range<Int>) -> Bool {
    var place = unit.lowerBound + 1
    func number() -> Int? {
      var sum = 0
      while place < unit.upperBound {
        sum += Int(bytes[place])
        place += 1
        if bytes[place - 1] != 255 { return sum }
      }
      return nil
    }
    while place < unit.upperBound, bytes[place] != 0x80 {
      guard let kind = number(), let size = number(), place < unit.upperBound else { return false }
      if kind == 6 { return bytes[place] & 0x80 != 0 }
      place += size
    }
    return false
  }

  private func hevcEntrance(_ bytes: UnsafeBufferPointer<UInt8>) -> Entrance? {
    for unit in units(of: bytes) {
      // The first slice decides: 16 to 21 are random access points, two of them without leading
      // pictures that refer to what came before.
      switch bytes[unit.lowerBound] >> 1 & 63 {
      case 19, 20: return .closed
      case 16, 17, 18, 21: return .open
      case 0..<32: return nil
      default: break
      }
    }
    return nil
  }

  private func isAV1Entrance(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var place = 0
    var hasSequence = false
    while place < bytes.count {
      let header = bytes[place]
      let kind = header >> 3 & 15
      place += header & 4 != 0 ? 2 : 1
      var size = bytes.count - place
      if header & 2 != 0 {
        size = 0
        for shift in stride(from: 0, to: 28, by: 7) {
          guard place < bytes.count else { return false }
          size |= Int(bytes[place] & 127) << shift
          place += 1
          if bytes[place - 1] & 128 == 0 { break }
        }
      }
      guard size >= 0, place + size <= bytes.count else { return false }
      if kind == 1 { hasSequence = true }
      // A frame or its header: new, of type key, and shown.
      if kind == 3 || kind == 6 { return hasSequence && size > 0 && bytes[place] & 0xf0 == 0x10 }
      place += size
    }
    return false
  }

  /// Units of H.264 or HEVC with their headers, without what separates them.
  private func units(of bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var place = 0
    if lengthBytes > 0 {
      while place + lengthBytes < bytes.count {
        let size = bytes[place..<place + lengthBytes].reduce(0) { $0 << 8 | Int($1) }
        place += lengthBytes
        guard size > 0, size <= bytes.count - place else { break }
        found.append(place..<place + size)
        place += size
      }
      return found
    }
    var start: Int?
    while place + 3 < bytes.count {
      if bytes[place] == 0, bytes[place + 1] == 0, bytes[place + 2] == 1 {
        if let start { found.append(start..<place) }
        start = place + 3
        place += 3
      } else {
        place += 1
      }
    }
    if let start { found.append(start..<bytes.count) }
    return found
  }

  /// Index behind the first `00 00 01 code`.
  private func after(startCode code: UInt8, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    var place = 0
    while place + 4 < bytes.count {
      if bytes[place] == 0, bytes[place + 1] == 0, bytes[place + 2] == 1, bytes[place + 3] == code {
        return place + 4
      }
      place += 1
    }
    return nil
  }
}
