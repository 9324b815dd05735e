import Foundation

/// Where a page finds a movie.
enum MovieAddress {
  /// The movie's address relative to a page in `folder`, so that both can be moved together; every
  /// byte that means something in addresses is escaped.
  ///
  /// - Parameters:
  ///   - folder: of the page, as the program sees it.
  ///   - current: the folder in which the program runs.
  static func relative(_ path: MediaPath, from folder: String, current: String) -> String {
    let own = steps(Array(absolute(folder, current).utf8))
    let there = steps(
      path.bytes.first == slash ? path.bytes : Array(current.utf8) + [slash] + path.bytes)
    var common = 0
    while common < min(own.count, there.count - 1), own[common] == there[common] { common += 1 }
    let up = [String](repeating: "..", count: own.count - common)
    return (up + there[common...].map(escaped)).joined(separator: "/")
  }

  private static let slash = UInt8(ascii: "/")

  private static func absolute(_ path: String, _ current: String) -> String {
    path.hasPrefix("/") ? path : current + "/" + path
  }

  /// The names on the way from the root, without `.` and steps back.
  private static func steps(_ path: [UInt8]) -> [[UInt8]] {
    var steps: [[UInt8]] = []
    for name in path.split(separator: slash).map(Array.init) {
      if name == Array(".".utf8) { continue }
      if name == Array("..".utf8) { _ = steps.popLast() } else { steps.append(name) }
    }
    return steps
  }

  private static func escaped(_ name: [UInt8]) -> String {
    var text = ""
    for byte in name {
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
      if isPlain {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        text += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
      }
    }
    return text
  }
}
