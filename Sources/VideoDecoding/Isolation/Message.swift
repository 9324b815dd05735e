import ClipSampling
import Foundation

/// What a program and its decoder process say to each other: requests over a socket, answers over a
/// pipe.
///
/// The process opens no file. The descriptor of a movie comes along with `open`; those of images are
/// asked for with `lend`, which the program answers with one `lent` for each.
///
/// A message is a header of 16 bytes (kind, bytes of its description, bytes of its payload; all in
/// the machine's own order: both ends are one program), a description in JSON, and raw bytes.
enum Message {
  enum Kind: UInt32 {
    // Asked by the program.
    case open, times, select, records, frames, cancel, close
    // Answered by the process.
    case opened, timesAre, stack, record, frame, finished, failed, alive
    // Asked by the process before it answers.
    case lend, compare
    // Answered by the program.
    case lent, compared
    // Told by the process before all else: how far it is confined.
    case ready
    // Asked by the program, and its answer.
    case entrances, entrancesAre
    // Asked by the program: a stream, whose answer is `opened`, frames and `finished`.
    case follow
    // Told by the program while frames come: so much of a stream is to be left out.
    case skip
  }

  struct Header {
    var kind: Kind
    var description: Int
    var payload: Int

    static let size = 16
    /// More than a description of as many frames as memory holds comes to, and no more than the
    /// program can take apart.
    static let longestDescription = 1 << 26
    /// No request or answer has more; `RemoteClip` allows what its limits do.
    static let longestPayload = 1 << 36

    init(kind: Kind, description: Int, payload: Int) {
      self.kind = kind
      self.description = description
      self.payload = payload
    }

    /// Nil for what this program never sends.
    init?(_ bytes: UnsafeRawBufferPointer) {
      guard let kind = Kind(rawValue: bytes.loadUnaligned(as: UInt32.self)) else { return nil }
      let description = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
      let payload = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      guard description <= Header.longestDescription, payload <= Header.longestPayload else {
        return nil
      }
      self.init(kind: kind, description: Int(description), payload: Int(payload))
    }

    func append(to bytes: inout [UInt8]) {
      withUnsafeBytes(of: kind.rawValue) { bytes.append(contentsOf: $0) }
      withUnsafeBytes(of: UInt32(description)) { bytes.append(contentsOf: $0) }
      withUnsafeBytes(of: UInt64(payload)) { bytes.append(contentsOf: $0) }
    }
  }

  // MARK: Descriptions

  struct Open: Codable {
    let path: String
    let threads: Int
    let limits: DecodeLimits
    /// Nil for a movie.
    let images: ImageListing?
  }

  /// Images that are wanted, by their numbers in the listing.
  struct Lend: Codable {
    let numbers: [Int]
  }

  /// The description of `lent` and `compared`: empty where all is well, and then an image comes
  /// along, or a folder is unchanged.
  static func reply(_ error: DecodeError?) -> [UInt8] { error.map(encode) ?? [] }

  struct Select: Codable {
    let selection: FrameSelection
    let size: FrameSize?
    let layout: PixelLayout
  }

  struct Frames: Codable {
    let start: Double?
    let end: Double?
    let size: FrameSize?
    let layout: PixelLayout
    let minimumInterval: Double?
  }

  struct Skip: Codable {
    let seconds: Double
  }

  /// What changes with every call.
  struct State: Codable {
    let info: VideoInfo
    let counters: DecodeCounters
  }

  /// A stack without its pixels, which are the payload.
  struct Stack: Codable {
    let count: Int
    let height: Int
    let width: Int
    let channels: Int
    let indices: [Int]
    let areDamaged: [Bool]
    let times: [MovieTime]
    let totalFrames: Int
    let duration: MovieTime
    let isPartial: Bool
    let decodedUntil: MovieTime?
    let warnings: [String]
    let state: State
  }

  struct Finished: Codable {
    let summary: StreamSummary
    let state: State
  }

  struct Failed: Codable {
    let error: DecodeError
    /// Nil when the clip could not even be opened.
    let state: State?
  }

  static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      return [UInt8](try encoder.encode(value))
    } catch {
      preconditionFailure("a message holds what JSON has no words for: \(error)")
    }
  }

  static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try? decoder.decode(type, from: Data(bytes))
  }
}

extension Message {
  /// The description of a frame or record: there are too many of them for JSON.
  struct Picture {
    var index: Int
    var time: MovieTime
    var timestamp: Int64?
    var isKeyFrame: Bool
    var isDamaged: Bool
    var width: Int
    var height: Int
    var channels: Int

    static let size = 64

    var bytes: [UInt8] {
      let words: [Int64] = [
        Int64(index), Int64(bitPattern: time.seconds.bitPattern), timestamp ?? 0,
        timestamp == nil ? 0 : 1, (isKeyFrame ? 1 : 0) | (isDamaged ? 2 : 0), Int64(width),
        Int64(height), Int64(channels),
      ]
      return words.withUnsafeBytes { Array($0) }
    }

    init(_ frame: borrowing DecodedFrame) {
      index = frame.index
      time = MovieTime(clamping: frame.time)
      timestamp = frame.timestamp
      isKeyFrame = frame.isKeyFrame
      isDamaged = frame.isDamaged
      width = frame.width
      height = frame.height
      channels = frame.channels
    }

    init(_ record: FrameRecord) {
      index = record.index
      time = MovieTime(clamping: record.time)
      timestamp = record.timestamp
      isKeyFrame = record.isKeyFrame
      isDamaged = record.isDamaged
      width = record.width
      height = record.height
      channels = 0
    }

    /// Nil for anything that is not such a description, or speaks of sizes and times that cannot be.
    init?(_ bytes: [UInt8]) {
      guard bytes.count == Picture.size else { return nil }
      let words = bytes.withUnsafeBytes { raw in
        (0..<8).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self) }
      }
      guard words[0] >= 0, (1...1 << 24).contains(words[5]), (1...1 << 24).contains(words[6]),
        (0...4).contains(words[7]),
        let time = MovieTime(Double(bitPattern: UInt64(bitPattern: words[1])))
      else { return nil }
      index = Int(words[0])
      self.time = time
      timestamp = words[3] == 0 ? nil : words[2]
      isKeyFrame = words[4] & 1 != 0
      isDamaged = words[4] & 2 != 0
      width = Int(words[5])
      height = Int(words[6])
      channels = Int(words[7])
    }
  }
}
