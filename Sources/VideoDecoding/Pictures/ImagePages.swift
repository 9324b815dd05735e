import Foundation

/// The pages of one TIFF file, as microscopes and cameras write stacks.
final class ImagePages: ImageFiles {
  let listing: ImageListing

  /// Pages of a file; more are none that anybody wrote.
  private static let mostPages = 100_000

  init(path: String) throws(DecodeError) {
    let file = try SourceFile(path: path)
    let count = try ImagePages.count(in: file)
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

  /// Follows the chain of directories, one a page (TIFF 6.0, section 2).
  private static func count(in file: borrowing SourceFile) throws(DecodeError) -> Int {
    let path = file.path
    func damaged(_ what: String) -> DecodeError {
      DecodeError(
        code: .format, path: path, message: "is no TIFF file, or damaged: \(what); export it again")
    }
    let header = try file.bytes(8, at: 0)
    let isLittle = header.starts(with: [0x49, 0x49, 0x2A, 0])
    guard header.count == 8, isLittle || header.starts(with: [0x4D, 0x4D, 0, 0x2A]) else {
      throw damaged("it does not begin as one")
    }
    func number(_ bytes: ArraySlice<UInt8>) -> Int {
      (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
    }
    var seen: Set<Int> = []
    var place = number(header[4...])
    while place != 0 {
      guard seen.insert(place).inserted, seen.count <= mostPages else {
        throw damaged("its pages go round in a circle or are more than \(mostPages)")
      }
      let count = try file.bytes(2, at: place)
      let fields = number(count[...])
      let next = try file.bytes(4, at: place + 2 + 12 * fields)
      guard count.count == 2, next.count == 4 else {
        throw damaged("page \(seen.count) lies behind its end")
      }
      place = number(next[...])
    }
    return seen.count
  }
}
