internal import CFFmpeg

/// Pictures without a container, read one after the other.
final class RawPictures: LivePictures {
  private let name: String
  private let raw: RawVideo
  private let input: StreamInput
  private let frame: Frame
  /// Of one picture, and a little more, which scalers may read past its end.
  private let bytes: UnsafeMutableRawBufferPointer
  private var isCutShort = false
  /// Left out on request.
  private var skipped = 0
  let info: VideoInfo
  private(set) var counters = DecodeCounters()

  init(_ raw: RawVideo, input: StreamInput, request: StreamRequest) throws(DecodeError) {
    let size = (width: raw.size.width, height: raw.size.height)
    guard let count = raw.frameBytes, !request.limits.forbids(size) else {
      throw Demuxer.tooLarge(request.name, size, limits: request.limits)
    }
    guard let frame = Frame() else { throw Demuxer.outOfMemory(request.name) }
    name = request.name
    self.raw = raw
    self.input = input
    self.frame = frame
    bytes = .allocate(byteCount: count + 64, alignment: 64)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    info = VideoInfo(
      path: request.name, container: "raw", codec: "rawvideo", streamIndex: 0, width: size.width,
      height: size.height, rotation: 0, mirrored: false, pixelFormat: raw.pixels.rawValue,
      colorSpace: "unknown", colorRange: "unknown", framesPerSecond: raw.framesPerSecond,
      duration: nil, frameCount: nil, isVariableFrameRate: false, fileSize: 0, modified: 0,
      warnings: [], isImageFolder: false)
  }

  deinit { bytes.deallocate() }

  var step: Double { 1 / raw.framesPerSecond }
  var damage: Damage { Damage() }
  var remarks: [String] {
    isCutShort ? ["the last picture was not complete and is left out"] : []
  }

  func next(index: Int) throws(DecodeError) -> VisitedFrame? {
    guard try fill() else { return nil }
    counters.packets += 1
    counters.decoded += 1
    let pointer = frame.pointer
    pointer.pointee.format = raw.pixels.format.rawValue
    pointer.pointee.width = Int32(raw.size.width)
    pointer.pointee.height = Int32(raw.size.height)
    let isSet = vc_point_into(pointer, bytes.baseAddress) >= 0
    guard isSet else { throw Demuxer.outOfMemory(name) }
    return VisitedFrame(
      index: index, time: Double(index + skipped) / raw.framesPerSecond, isKey: true,
      isDamaged: false,
      timestamp: Int64(index + skipped), picture: pointer, orientation: .upright)
  }

  func skip(seconds: Double) throws(DecodeError) {
    let count = Int(min(seconds * raw.framesPerSecond, 1e9))  // checked: both are positive
    for _ in 0..<count {
      guard try fill() else { return }
      skipped += 1
    }
  }

  func extend(bySeconds seconds: Double) {}

  /// Reads a picture; false at the end of the stream.
  private func fill() throws(DecodeError) -> Bool {
    var done = 0
    var waited = 0.0
    let count = bytes.count - 64
    while done < count {
      let outcome = input.read(
        into: bytes.baseAddress! + done, count: count - done, waited: &waited)
      switch outcome {
      case .bytes(let got): done += got
      case .end, .stopped:
        isCutShort = done > 0
        return false
      case .failed(let number):
        throw DecodeError(
          code: .io, path: name, message: "cannot be read: \(MediaLibrary.text(-number))",
          underlying: number)
      }
    }
    return true
  }
}
