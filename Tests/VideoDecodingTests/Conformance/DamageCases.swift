import Foundation
import Testing
import VideoDecoding

extension ConformanceCase {
  /// What is no movie, or is one only in part.
  static let damage: [ConformanceCase] = [
    .error(36, "empty.mp4", .format),
    .error(36, "random.mp4", .format),
    .error(36, "zeros.mp4", .format),
    .error(36, "text.mp4", .format),
    .error(36, "header.gif", .format),
    .error(37, "half.mp4", .format),
    .partial(38, "cut.mp4", frames: 30, why: "cut short: ends after 3.00 s"),
    .partial(39, "cut.mkv", frames: 20, why: "cut short: ends after 2.00 s"),
    .partial(40, "cut.ts", frames: 10, why: "cut short: ends after 1.00 s", times: .every(0.1)),
    .partial(41, "noise.mp4", frames: 19, why: "damaged", times: .ascending),
    .own(42, "flipped bytes") {
      var bytes = try Fixtures.bytes("whole.mp4")
      let start = try #require(bytes.lastPlace(of: "mdat"))
      let middle = (start + bytes.count) / 2 + 4
      for place in middle..<middle + 40 { bytes[place] ^= 0x55 }
      let path = try Fixtures.write(bytes, to: "flipped.mp4")
      for threads in [1, 2, 4] {
        try expectFrames(path, frames: 40, why: "1 frame damaged", threads: threads)
      }
    },
    .error(43, "headless.ts", .noFrames),
    .patched(
      44, "frames beyond the end", ByteEdit(atom: "stco", offset: 12, bytes: [0x7f, 0, 0, 0])
    ) { expectError($0, .noFrames) },
    .patched(
      45, "codec header of ones",
      ByteEdit(atom: "avcC", offset: 4, bytes: [0xff, 0xff, 0xff, 0xff])
    ) { expectError($0, .noFrames) },
    .own(46, "written to between opening and reading") {
      let path = try Fixtures.write(Fixtures.bytes("fragmented.mp4"), to: "growing.mp4")
      let reader = try ClipReader(path: path)
      try append([0, 0, 0, 8], to: path)
      let first = #expect(throws: DecodeError.self) {
        _ = try reader.evenFrames(limit: 4, size: nil, layout: .rgb)
      }
      #expect(first?.code == .changed)
    },
    .own(46, "written to while it looks complete at three frames") {
      let bytes = try Fixtures.bytes("grown.mp4")
      let fragments = bytes.indices.dropLast(3).filter {
        bytes[$0..<$0 + 4].elementsEqual("moof".utf8)
      }
      let start = Array(bytes[..<(fragments[1] - 4)])
      let path = try Fixtures.write(start, to: "growing3.mp4")
      try expectFrames(path, frames: 3)
      var seen = 0
      let error = #expect(throws: DecodeError.self) {
        _ = try ClipReader(path: path).forEachFrame(size: nil, layout: .rgb) { _ in
          if seen == 0 { try append(Array(bytes[start.count...]), to: path) }
          seen += 1
          return true
        }
      }
      #expect(error?.code == .changed)
    },
  ]

  private static func append(_ bytes: [UInt8], to path: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }
}
