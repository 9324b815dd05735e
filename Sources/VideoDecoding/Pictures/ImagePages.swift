/// The pages of one TIFF file, as microscopes and cameras write stacks.
final class ImagePages: ImageFiles {
  let listing: ImageListing

  init(path: String) throws(DecodeError) {
    let file = try SourceFile(path: path)
    let (descriptor, size) = (file.descriptor, Int(file.size))
    let count = try PageStack.places(path: path) { (count, place) throws(DecodeError) in
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
}
