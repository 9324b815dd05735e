import Foundation

/// The pages of one TIFF file, as microscopes and cameras write stacks.
final class ImagePages: ImageFiles {
  let listing: ImageListing

  /// Pages of a file; more are none that anybody wrote.
  private static let mostPages = 100_000

  init(path: String) throws(DecodeError) {
    let file = try SourceFile(path: path)
    let (descriptor, size) = (file.descriptor, Int(file.size))
    let count = try ImagePages.places(path: path) { (count, place) throws(DecodeError) in
      try SourceFile.bytes(
        min(count, max(0, size - place)), at: place, of: descriptor, path: path)
    }.count
    guard count > 1 else {
      throw DecodeError(
        code: .format, path: path,
        message:
          "is a single picture; give a file of several pages, or a folder of numbered pictures")
    }
    listing = ImageListing(
      folder: path, names: (1...count).map { "page \($0)" },
      identities: [SourceFile.Identity](repeating: file.identity, count: count), arePages: true)
  }

  func open(_ number: Int, before next: ArraySlice<Int>) throws(DecodeError) -> SourceFile {
    try SourceFile(path: listing.folder)
  }

  func checkUnchanged() throws(DecodeError) {
    guard SourceFile.Identity(path: listing.folder) == listing.identities[0] else {
      throw SourceFile.changed(listing.folder)
    }
  }

  /// Bytes of a file whose first page is another one of its own: decoders begin at the place that the
  /// header names.
  ///
  /// - Parameter page: from 0.
  static func turned(_ bytes: [UInt8], to page: Int, path: String) throws(DecodeError) -> [UInt8] {
    let places = try places(path: path) { (count, place) throws(DecodeError) in
      Array(bytes.dropFirst(place).prefix(count))
    }
    guard places.indices.contains(page) else { throw SourceFile.changed(path) }
    let place = (0..<4).map { UInt8(truncatingIfNeeded: places[page] >> (8 * $0)) }
    return bytes[..<4] + (bytes[0] == 0x49 ? place : place.reversed()) + bytes[8...]
  }

  /// Follows the chain of directories, one a page (TIFF 6.0, section 2), and returns where each is.
  ///
  /// - Parameter read: so many bytes from a place, or fewer at the end.
  private static func places(
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
      (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
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
