import Foundation

/// The images of a folder in natural order of their names, and what each was when it was listed.
struct ImageListing: Codable {
  /// The folder's path, or that of the file whose pages the images are.
  let folder: String
  let names: [String]
  let identities: [SourceFile.Identity]
  /// Whether all images are pages of one file.
  var arePages = false

  func path(_ number: Int) -> String {
    if arePages { return folder }
    return folder.hasSuffix("/") ? folder + names[number] : folder + "/" + names[number]
  }
}

/// The images of a folder, whoever opens them.
protocol ImageFiles: AnyObject {
  var listing: ImageListing { get }

  /// Opens one image.
  /// - Parameter next: Those that will be wanted after it, in this order, unless something is amiss.
  func open(_ number: Int, before next: ArraySlice<Int>) throws(DecodeError) -> SourceFile

  /// Throws `CHANGED` when the folder no longer holds the images it held when it was listed.
  func checkUnchanged() throws(DecodeError)
}

/// A folder of images that this process opens itself.
final class ImageFolder: ImageFiles {
  let listing: ImageListing

  init(path: String) throws(DecodeError) {
    let names = try ImageFolder.images(in: path)
    guard !names.isEmpty else {
      throw DecodeError(
        code: .notRegular, path: path,
        message:
          "is a folder without numbered images (\(MediaKind.imageKinds)); give a movie or such a folder"
      )
    }
    let unopened = ImageListing(folder: path, names: names, identities: [])
    var identities: [SourceFile.Identity] = []
    for number in names.indices {
      identities.append(try SourceFile(path: unopened.path(number)).identity)
    }
    listing = ImageListing(folder: path, names: names, identities: identities)
  }

  func open(_ number: Int, before next: ArraySlice<Int>) throws(DecodeError) -> SourceFile {
    try SourceFile(path: listing.path(number))
  }

  func checkUnchanged() throws(DecodeError) {
    let names = try? ImageFolder.images(in: listing.folder)
    guard names?.count == listing.names.count,
      listing.identities.enumerated().allSatisfy({
        SourceFile.Identity(path: listing.path($0)) == $1
      })
    else { throw SourceFile.changed(listing.folder) }
  }

  /// Names of the images of a folder in natural order.
  private static func images(in path: String) throws(DecodeError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .filter(MediaKind.isImage).sorted(by: MediaKind.naturalOrder)
    } catch {
      throw DecodeError(
        code: .permission, path: path, message: "is a folder that cannot be listed")
    }
  }
}
