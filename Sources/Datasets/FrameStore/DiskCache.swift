import ClipSampling
import FileStore
import Glibc
import Tensors
import VideoDecoding

/// Source stacks as files in a folder, named by what they were made from.
///
/// A name is the digest of the clip's content and range and of the settings that shape a source
/// stack: anything else gets another name, and a copy or a moved file the same. Files are written beside
/// and renamed, and carry a checksum: a torn or altered one is decoded anew. The folder may be
/// deleted at any time.
struct DiskCache: Sendable {
  struct Entry: Sendable {
    let stack: FrameStack
    let facts: ClipStore.Facts
  }

  private static let magic: UInt64 = 0x3230_5341_5046_4356  // "VCFPAS02", little-endian

  private let folder: String
  private let settings: String
  private let identity = ContentIdentity()

  /// - Parameter stream: the video stream that was asked for.
  init(folder: String, preprocessing: Preprocessing, stream: Int? = nil) {
    self.folder = folder
    let choice: String =
      switch preprocessing.choice {
      case .uniform: "uniform"
      case .rate(let framesPerSecond): "rate \(framesPerSecond)"
      case .stride(let step): "stride \(step)"
      }
    settings =
      "\(preprocessing.frames) \(preprocessing.resizeWidth)x\(preprocessing.resizeHeight) \(preprocessing.color.rawValue) \(choice)"
      + (stream.map { " stream \($0)" } ?? "")
  }

  /// Nil when there is no entry at `path`, or none that is whole.
  func read(_ path: String) -> Entry? {
    let handle = open(path, O_RDONLY | O_CLOEXEC)
    guard handle >= 0 else { return nil }
    defer { close(handle) }
    var status = stat()
    guard fstat(handle, &status) == 0, status.st_size >= 56 else { return nil }
    let size = Int(status.st_size)
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      filled = 0
      while filled < size {
        let got = Glibc.read(handle, buffer.baseAddress! + filled, size - filled)
        if got < 0 && errno == EINTR { continue }
        if got <= 0 { break }
        filled += got
      }
    }
    return bytes.count == size ? DiskCache.decode(bytes) : nil
  }

  /// Returns why it could not be written, or nil.
  func write(_ entry: Entry, to path: String) -> String? {
    do {
      try Folder.create(folder)
    } catch {
      return "\(error)"
    }
    let bytes = DiskCache.encode(entry)
    // Not flushed to the disk: after a power cut the checksum tells, and the clip is decoded again.
    let temporary = "\(path).\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
    let handle = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard handle >= 0 else { return trouble(temporary, errno) }
    var written = 0
    var failure: Int32 = 0
    bytes.withUnsafeBytes { raw in
      while written < raw.count && failure == 0 {
        let got = Glibc.write(handle, raw.baseAddress! + written, raw.count - written)
        if got > 0 { written += got } else if errno != EINTR { failure = errno }
      }
    }
    if close(handle) != 0 && failure == 0 { failure = errno }
    if failure == 0 && rename(temporary, path) != 0 { failure = errno }
    guard failure != 0 else { return nil }
    unlink(temporary)
    return trouble(temporary, failure)
  }

  private func trouble(_ path: String, _ code: Int32) -> String {
    "\(folder): the cache cannot be written (\(String(cString: strerror(code)))); going on without it, every epoch decodes again"
  }

  // MARK: Names

  /// The entry's path, from what the clip's file holds now; nil when there is no such file.
  func path(for clip: Clip) -> String? {
    guard let content = identity.digest(of: clip.file) else { return nil }
    let range = "\(clip.start.map { "\($0)" } ?? "")-\(clip.end.map { "\($0)" } ?? "")"
    return folder + "/" + Digest.sha256("\(content)\n\(range)\n\(settings)") + ".frames"
  }

  // MARK: Bytes

  /// Seven 64-bit words (magic, count, height, width, channels, duration, flags), the times, the
  /// length and bytes of form and warnings (a line each), the pixels, and the checksum of all before it.
  static func encode(_ entry: Entry) -> [UInt8] {
    let stack = entry.stack
    let text = ([entry.facts.form] + entry.facts.warnings).joined(separator: "\n")
    let lines = Array(text.utf8)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(stack.pixels.count + stack.count * 8 + lines.count + 80)
    func add(_ word: UInt64) { withUnsafeBytes(of: word.littleEndian) { bytes += $0 } }
    add(magic)
    for value in [stack.count, stack.height, stack.width, stack.channels] { add(UInt64(value)) }
    add(entry.facts.duration.bitPattern)
    add(entry.facts.isPartial ? 1 : 0)
    for time in stack.times { add(time.bitPattern) }
    add(UInt64(lines.count))
    bytes += lines
    bytes += stack.pixels
    add(checksum(bytes[...]))
    return bytes
  }

  static func decode(_ bytes: [UInt8]) -> Entry? {
    var position = 0
    func word() -> UInt64? {
      guard position + 8 <= bytes.count else { return nil }
      defer { position += 8 }
      return bytes.withUnsafeBytes {
        UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: UInt64.self))
      }
    }
    func length() -> Int? {
      word().flatMap { Int(exactly: $0) }.flatMap { $0 < 1 << 32 ? $0 : nil }
    }
    guard word() == magic, let count = length(), let height = length(), let width = length(),
      let channels = length(), let duration = word(), let flags = word(),
      count > 0, count <= bytes.count / 8
    else { return nil }
    var times: [Double] = []
    for _ in 0..<count {
      guard let time = word() else { return nil }
      times.append(Double(bitPattern: time))
    }
    guard let textBytes = length(), position + textBytes + 8 <= bytes.count else {
      return nil
    }
    let lines = String(decoding: bytes[position..<position + textBytes], as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    position += textBytes
    let end = bytes.count - 8
    let (plane, isTooLarge) = height.multipliedReportingOverflow(by: width)
    guard !isTooLarge, channels == 1 || channels == 3, plane <= bytes.count,
      end - position == count * plane * channels
    else { return nil }
    let pixels = Array(bytes[position..<end])
    let sum = checksum(bytes[..<end])
    position = end
    guard word() == sum else { return nil }
    return Entry(
      stack: FrameStack(
        count: count, height: height, width: width, channels: channels, pixels: pixels, times: times
      ),
      facts: ClipStore.Facts(
        duration: Double(bitPattern: duration), isPartial: flags & 1 == 1,
        warnings: Array(lines.dropFirst()), form: lines.first ?? ""))
  }

  /// Four multiply-and-mix lanes over 64-bit words: finds damage (not malice) at memory speed.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.withUnsafeBytes { raw in
      var lanes: (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
      func mixed(_ lane: UInt64, _ offset: Int) -> UInt64 {
        let word = UInt64(
          littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let product = (lane ^ word) &* 0x9E37_79B9_7F4A_7C15
        return product ^ (product >> 32)
      }
      var offset = 0
      while offset + 32 <= raw.count {
        lanes.0 = mixed(lanes.0, offset)
        lanes.1 = mixed(lanes.1, offset + 8)
        lanes.2 = mixed(lanes.2, offset + 16)
        lanes.3 = mixed(lanes.3, offset + 24)
        offset += 32
      }
      var hash = StableHash()
      for lane in [lanes.0, lanes.1, lanes.2, lanes.3, UInt64(raw.count)] { hash.add(lane) }
      while offset < raw.count {
        hash.add(UInt64(raw[offset]))
        offset += 1
      }
      return hash.value
    }
  }
}
