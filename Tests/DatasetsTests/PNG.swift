/// The plainest PNG there is (stored, not compressed): tests write their own pictures.
func png(width: Int, height: Int, channels: Int, pixels: [UInt8]) -> [UInt8] {
  func big(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
  func crc(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    return ~value
  }
  func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
    let typed = Array(name.utf8) + body
    return big(UInt32(body.count)) + typed + big(crc(typed))
  }
  var raw: [UInt8] = []
  for row in 0..<height {
    raw.append(0)
    raw += pixels[row * width * channels..<(row + 1) * width * channels]
  }
  precondition(raw.count < 65536, "one stored block")
  var (a, b): (UInt32, UInt32) = (1, 0)
  for byte in raw {
    a = (a + UInt32(byte)) % 65521
    b = (b + a) % 65521
  }
  let length = UInt16(raw.count)
  var stored: [UInt8] = [0x78, 0x01, 1]
  for part in [length, ~length] { stored += [UInt8(part & 255), UInt8(part >> 8)] }
  stored += raw + big(b << 16 | a)
  let header: [UInt8] = [8, channels == 3 ? 2 : 0, 0, 0, 0]
  var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  file += chunk("IHDR", big(UInt32(width)) + big(UInt32(height)) + header)
  file += chunk("IDAT", stored)
  return file + chunk("IEND", [])
}
