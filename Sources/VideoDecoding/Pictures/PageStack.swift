import FileStore

/// A TIFF file in memory, and where its pages are in it.
struct PageStack {
  private var bytes: [UInt8]
  private let places: [Int]

  /// Pages of a file; more are none that anybody wrote.
  private static let mostPages = 100_000

  init(_ bytes: [UInt8], path: String) throws(DecodeError) {
    self.bytes = bytes
    places = try PageStack.places(path: path) { (count, place) throws(DecodeError) in
      Array(bytes.dropFirst(place).prefix(count))
    }
  }

  /// The file with another of its pages as the first: decoders begin at the place that the header
  /// names. Nil where it has no such page.
  ///
  /// - Parameter page: from 0.
  mutating func turned(to page: Int) -> [UInt8]? {
    guard places.indices.contains(page) else { return nil }
    let place = (0..<4).map { UInt8(truncatingIfNeeded: places[page] >> (8 * $0)) }
    bytes.replaceSubrange(4..<8, with: bytes[0] == 0x49 ? place : place.reversed())
    return bytes
  }

  /// Follows the chain of directories, one a page (TIFF 6.0, section 2), and returns where each is.
  ///
  /// - Parameter read: so many bytes from a place, or fewer at the end.
  static func places(
    path: String, read: (_ count: Int, _ place: Int) throws(DecodeError) -> [UInt8]
  ) throws(DecodeError) -> [Int] {
    func damaged(_ what: String) -> DecodeError {
      DecodeError(
        code: .format, path: path, message: "is no TIFF file, or damaged: \(what); export it again")
    }
    let header = try read(8, 0)
    let isLittle = header.starts(with: [0x49, 0x49, 0x2A, 0])
    guard header.count == 8, isLittle || header.starts(with: [0x4D, 0x4D, 0, 0x2A]) else {
      throw damaged("it does not begin as one")
    }
    func number(_ bytes: ArraySlice<UInt8>) -> Int {
      Int(isLittle ? littleEndian(bytes) : littleEndian(bytes.reversed()))
    }
    var places: [Int] = []
    var seen: Set<Int> = []
    var place = number(header[4...])
    while place != 0 {
      guard seen.insert(place).inserted, places.count < mostPages else {
        throw damaged("its pages go round in a circle or are more than \(mostPages)")
      }
      let count = try read(2, place)
      let next = try read(4, place + 2 + 12 * number(count[...]))
      guard count.count == 2, next.count == 4 else {
        throw damaged("page \(places.count + 1) lies behind its end")
      }
      places.append(place)
      place = number(next[...])
    }
    return places
  }
}
