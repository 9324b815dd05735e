private import CSandbox
import FileStore
import Foundation

/// The numbered images of a zipped folder, unpacked one by one, in memory, when they are asked for.
///
/// Nothing is written by the names in it, and nothing larger than an image may be is unpacked.
final class ImageArchive: ImageFiles {
  let listing: ImageListing
  private let entries: [ZipDirectory.Entry]
  private let file: SourceFile
  /// Seconds that unpacking has taken so far: a small archive can hold hours of zeros.
  private var spent = 0.0

  /// Bytes of an image, packed and unpacked.
  private static let largest = DecodeLimits.standard.maxImageBytes

  init(path: String) throws(DecodeError) {
    let file = try SourceFile(path: path)
    let all: [ZipDirectory.Entry]
    do {
      let (descriptor, size) = (file.descriptor, Int(file.size))
      all = try ZipDirectory(size: size) {
        try ImageArchive.bytes($0, at: $1, of: descriptor, path: path)
      }.entries
    } catch let error as DecodeError {
      throw error
    } catch {
      let reason = (error as? ZipFlaw)?.reason ?? "\(error)"
      throw DecodeError(
        code: .format, path: path,
        message:
          "is damaged or no zip archive (\(reason)); copy it again, or unpack it and give the "
          + "folder")
    }
    let images = all.filter {
      MediaKind.isImage($0.name) && !$0.name.hasPrefix("__MACOSX/") && $0.size > 0
    }
    let folders = Set(images.map { PathText.folder(of: $0.name) })
    guard folders.count <= 1 else {
      throw DecodeError(
        code: .format, path: path,
        message:
          "holds images in \(folders.count) folders; a zipped clip has them in one: zip each "
          + "folder by itself")
    }
    guard !images.isEmpty else {
      throw DecodeError(
        code: .noFrames, path: path,
        message: "is an archive without numbered images (\(MediaKind.imageKinds))")
    }
    entries = images.sorted { MediaKind.naturalOrder($0.name, $1.name) }
    let changed = file.identity.nanoseconds
    listing = ImageListing(
      folder: path, names: entries.map { PathText.name(of: $0.name) },
      identities: entries.map {
        SourceFile.Identity(size: Int64($0.size), nanoseconds: changed)
      })
    self.file = file
  }

  func open(_ number: Int, before next: ArraySlice<Int>) throws(DecodeError) -> SourceFile {
    let entry = entries[number]
    let path = listing.path(number)
    guard max(entry.size, entry.range.count) <= ImageArchive.largest else {
      throw DecodeError(
        code: .tooLarge, path: path,
        message: "has \(max(entry.size, entry.range.count)) bytes, more than the "
          + "\(ImageArchive.largest) allowed")
    }
    try checkUnchanged()
    guard spent <= DecodeLimits.standard.seconds(forBytes: file.size) else {
      throw Demuxer.timeout(listing.folder)
    }
    let began = Deadline.now()
    defer { spent += Deadline.now() - began }
    let packed = try file.bytes(entry.range.count, at: entry.range.lowerBound)
    let bytes: [UInt8]
    do throws(ZipFlaw) {
      bytes = try entry.unpacked(packed)
    } catch {
      throw DecodeError(
        code: .format, path: path, message: "cannot be unpacked: \(error.reason)")
    }
    let descriptor = vc_memory_file(bytes, bytes.count, file.identity.nanoseconds)
    guard descriptor >= 0 else { throw Demuxer.outOfMemory(path) }
    return try SourceFile(descriptor: descriptor, path: path)
  }

  func checkUnchanged() throws(DecodeError) {
    try file.checkUnchanged()
    guard SourceFile.Identity(path: listing.folder) == file.identity else {
      throw SourceFile.changed(listing.folder)
    }
  }

  /// All of the bytes asked for, or an error that says that they are not there.
  private static func bytes(
    _ count: Int, at offset: Int, of descriptor: Int32, path: String
  ) throws(DecodeError) -> [UInt8] {
    let bytes = try SourceFile.bytes(count, at: offset, of: descriptor, path: path)
    guard bytes.count == count else { throw SourceFile.changed(path) }
    return bytes
  }
}
