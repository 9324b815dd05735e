import Foundation

/// Folders of numbered PNG images of one grey each, 16 × 12.
enum PictureFolder {
  /// Makes `folder/name` with a picture for each brightness and returns its path.
  static func make(_ folder: TemporaryFolder, _ name: String, brightness: [UInt8]) -> String {
    let path = folder.path + "/" + name
    for (index, value) in brightness.enumerated() {
      let number = String(index + 1000)
      folder.add("\(name)/frame_\(number).png", png(value: value))
    }
    return path
  }

  /// A grey PNG whose deflate stream is one stored block.
  private static func png(value: UInt8, width: Int = 16, height: Int = 12) -> [UInt8] {
    var rows: [UInt8] = []
    for _ in 0..<height { rows += [0] + [UInt8](repeating: value, count: width) }
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in rows {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    let length = UInt16(rows.count)
    var stream: [UInt8] = [0x78, 0x01, 1]
    for number in [length, ~length] { stream += [UInt8(number & 255), UInt8(number >> 8)] }
    stream += rows + bytes(b << 16 | a)
    let header = bytes(UInt32(width)) + bytes(UInt32(height)) + [8, 0, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
      + chunk("IDAT", stream) + chunk("IEND", [])
  }

  private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in body {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return bytes(UInt32(data.count)) + body + bytes(~crc)
  }

  private static func bytes(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }
}
