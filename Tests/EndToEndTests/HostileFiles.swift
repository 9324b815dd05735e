import Foundation

/// Small files that ask for hours or gigabytes.
enum HostileFiles {
  /// A movie whose edit list shows its one second twenty thousand times.
  static func endless(_ movie: [UInt8]) -> [UInt8] {
    replacing(["moov", "trak", "edts", "elst"], in: movie) { body in
      let edit = body.dropFirst(8).prefix(12)
      return words(0, 20_000) + (0..<20_000).flatMap { _ in edit }
    }
  }

  /// A movie whose tables promise twenty million frames of one byte each.
  static func manyPromised(_ movie: [UInt8]) -> [UInt8] {
    let table = ["moov", "trak", "mdia", "minf", "stbl"]
    let withSizes = replacing(table + ["stsz"], in: movie) { _ in words(0, 1, 20_000_000) }
    return replacing(table + ["stsc"], in: withSizes) { _ in words(0, 1, 1, 20_000_000, 1) }
  }

  /// 20,000 pictures of 5700 × 5700, each of which changes one pixel of the last: 460 KB that
  /// decode to 2.6 TB.
  static func swelling() -> [UInt8] {
    let side: [UInt8] = [0x44, 0x16]
    var bytes = Array("GIF89a".utf8) + side + side + [0x80, 0, 0, 0, 0, 0, 255, 255, 255]
    let control: [UInt8] = [0x21, 0xf9, 4, 0, 4, 0, 0, 0]
    let picture: [UInt8] = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]
    for _ in 0..<20_000 { bytes += control + picture }
    return bytes + [0x3b]
  }

  /// A copy of an MP4 with one of its boxes changed, and the sizes of those around it.
  private static func replacing(
    _ path: [String], in bytes: [UInt8], with change: ([UInt8]) -> [UInt8]
  ) -> [UInt8] {
    var result: [UInt8] = []
    var at = 0
    while at + 8 <= bytes.count {
      let size = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
      let end = min(bytes.count, at + max(8, size))
      let name = Array(bytes[at + 4..<at + 8])
      var body = Array(bytes[at + 8..<end])
      if name == Array(path[0].utf8) {
        body = path.count == 1 ? change(body) : replacing(Array(path[1...]), in: body, with: change)
      }
      result += words(UInt32(body.count + 8)) + name + body
      at = end
    }
    return result
  }

  private static func words(_ values: UInt32...) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.bigEndian) { Array($0) } }
  }
}
