import Foundation
import Testing
import VideoDecoding

/// One numbered case of the conformance suite: a file, and what must come of it.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
  let number: Int
  let title: String
  let check: @Sendable () async throws -> Void

  var testDescription: String { "\(number): \(title)" }

  /// Where the times that frames must have come from.
  enum Times: Sendable {
    /// The ffprobe tool's, from the first frame on.
    case probed
    /// So many seconds apart: the container has none, or they repeat.
    case every(Double)
    /// Only ascending: the container lies about them.
    case ascending
  }

  /// A case checked in its own way.
  static func own(
    _ number: Int, _ title: String, _ check: @escaping @Sendable () async throws -> Void
  ) -> ConformanceCase {
    ConformanceCase(number: number, title: title, check: check)
  }

  /// A movie whose every frame must equal the ffmpeg tool's, in number, bytes and time.
  /// - Parameters:
  ///   - warning: Words that one of the warnings must hold.
  ///   - isTurned: False where the tool must not turn pictures either.
  static func ok(
    _ number: Int, _ name: String, frames: Int, size: FrameSize? = FrameSize(width: 32, height: 24),
    times: Times = .probed, warning: String? = nil, isTurned: Bool = true
  ) -> ConformanceCase {
    own(number, name) {
      try expectFrames(
        Fixtures.path(name), frames: frames, size: size, times: times, warning: warning,
        isTurned: isTurned)
    }
  }

  /// A damaged movie: the frames that the ffmpeg tool decodes, and words that say why they are not
  /// all.
  static func partial(
    _ number: Int, _ name: String, frames: Int, why: String, times: Times = .probed
  ) -> ConformanceCase {
    own(number, name) {
      try expectFrames(Fixtures.path(name), frames: frames, times: times, why: why)
    }
  }

  /// A file that must be refused, in one line that begins with its path.
  static func error(
    _ number: Int, _ name: String, _ code: DecodeError.Code, word: String? = nil
  ) -> ConformanceCase {
    own(number, name) { expectError(Fixtures.path(name), code, word: word) }
  }

  /// A sound MP4 with some bytes behind an atom's name replaced.
  static func patched(
    _ number: Int, _ title: String, _ edit: ByteEdit,
    _ check: @escaping @Sendable (String) throws -> Void
  ) -> ConformanceCase {
    own(number, title) { try check(edit.apply(name: "patched \(title).mp4")) }
  }
}

/// Decodes every frame of a movie, one after another and at once, and compares with the tool.
/// - Parameter why: Words of a warning; nil when the movie must be whole.
func expectFrames(
  _ path: String, frames: Int, size: FrameSize? = FrameSize(width: 32, height: 24),
  times: ConformanceCase.Times = .probed, warning: String? = nil, isTurned: Bool = true,
  why: String? = nil, threads: Int = 1
) throws {
  let reader = try ClipReader(path: path, threads: threads)
  let stream = reader.info.streamIndex
  let filter = size.map { "\($0.width):\($0.height)" } ?? "iw:ih"
  let reference = Fixtures.reference(
    path, stream: stream, filter: filter, pixelFormat: "rgb24", isTurned: isTurned)
  var streamed: [UInt8] = []
  var seconds: [Double] = []
  let summary = try reader.forEachFrame(size: size, layout: .rgb) { frame in
    #expect(frame.index == seconds.count)
    streamed += frame.pixels
    seconds.append(frame.time)
    return true
  }
  #expect(summary.frames == frames)
  #expect(streamed == reference, "bytes differ from the tool's")
  #expect(summary.isPartial == (why != nil), "\(summary.warnings)")
  #expect((summary.decodedUntil != nil) == (why != nil))
  for words in [warning, why].compactMap(\.self) {
    #expect(summary.warnings.contains { $0.contains(words) }, "\(summary.warnings)")
  }

  #expect(seconds.first == 0)
  #expect(zip(seconds.dropFirst(), seconds).allSatisfy(>))
  var expected: [Double]?
  switch times {
  case .probed: expected = Fixtures.probedTimes(path, stream: stream)
  case .every(let step): expected = seconds.indices.map { Double($0) * step }
  case .ascending: break
  }
  if let expected {
    #expect(expected.count == seconds.count)
    #expect(zip(seconds, expected).allSatisfy { abs($0 - $1) < 2e-6 }, "\(seconds) \(expected)")
  }

  let even = try ClipReader(path: path, threads: threads).evenFrames(
    limit: 1000, size: size, layout: .rgb)
  #expect(even.stack.count == frames)
  #expect(even.totalFrames == frames)
  #expect(even.stack.pixels == reference)
  #expect(even.stack.times == seconds)
  #expect(even.isPartial == (why != nil), "\(even.warnings)")
}

/// - Parameter word: What the message must hold.
func expectError(_ path: String, _ code: DecodeError.Code, word: String? = nil) {
  let error = #expect(throws: DecodeError.self) {
    _ = try ClipReader(path: path).evenFrames(limit: 8, size: nil, layout: .rgb)
  }
  #expect(error?.code == code, "\(error?.message ?? "no error")")
  #expect(error?.path == path)
  #expect(error?.message.contains("\n") == false)
  if let word { #expect(error?.message.contains(word) == true, "\(error?.message ?? "")") }
}

/// Bytes of a sound MP4 that are replaced.
struct ByteEdit: Sendable {
  var source = "plain.mp4"
  /// Four letters of the last atom of that name.
  let atom: String
  /// Bytes from the atom's name to what is replaced.
  let offset: Int
  let bytes: [UInt8]

  /// The path of the edited copy.
  func apply(name: String) throws -> String {
    var content = try Fixtures.bytes(source)
    let place = try #require(content.lastPlace(of: atom))
    content.replaceSubrange(place + offset..<place + offset + bytes.count, with: bytes)
    return try Fixtures.write(content, to: name)
  }
}

extension [UInt8] {
  /// Where an atom's name stands last.
  func lastPlace(of atom: String) -> Int? {
    let name = Array(atom.utf8)
    return indices.dropLast(name.count - 1).last { self[$0..<$0 + name.count].elementsEqual(name) }
  }

  /// An MP4 atom with this as its body.
  func boxed(as atom: String) -> [UInt8] {
    let size = UInt32(count + 8)
    return (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } + Array(atom.utf8)
      + self
  }
}
