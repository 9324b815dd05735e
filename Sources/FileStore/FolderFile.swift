import Glibc

/// A regular file inside a folder, named by a file that is not trusted.
///
/// The name cannot lead out of the folder: it is relative, without `..`, and no part of it may be
/// a symbolic link. Each part is opened from the folder opened before it, so that nobody can put a
/// link in between the check and the use.
public struct FolderFile: ~Copyable {
  /// The folder and the location in it.
  public let path: String
  /// Bytes the file had when it was opened.
  public let size: Int
  private let file: FileHandleOwner

  /// Opens `location` in `folder`, whose own path may have symbolic links.
  ///
  /// - Parameter location: one of which `isInside` is true.
  public init(folder: String, location: String) throws(FileStoreError) {
    precondition(FolderFile.isInside(location), "a location inside a folder")
    path = PathText.join(folder, location)
    let parts = location.split(separator: "/").filter { $0 != "." }.map(String.init)
    guard var parent = FileHandleOwner(folder, O_RDONLY | O_DIRECTORY) else {
      throw .reading(folder, errno)
    }
    for part in parts.dropLast() {
      guard
        let next = FileHandleOwner(in: parent, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      else { throw FolderFile.refusal(path, errno) }
      parent = next
    }
    guard
      let file = FileHandleOwner(in: parent, parts[parts.count - 1], O_NONBLOCK | O_NOFOLLOW)
    else { throw FolderFile.refusal(path, errno) }
    let status = file.status()
    if !status.isRegular { throw .reading(path, EISDIR) }
    size = Int(status.st_size)
    self.file = file
  }

  /// Whether a location names something inside a folder: relative, and never above it.
  public static func isInside(_ location: String) -> Bool {
    if location.hasPrefix("/") || location.utf8.contains(0) { return false }
    let parts = location.split(separator: "/").filter { $0 != "." }
    return !parts.isEmpty && !parts.contains("..") && !location.hasSuffix("/")
  }

  /// The `count` bytes from `offset`, or fewer where the file ends before.
  public func read(offset: Int, count: Int) throws(FileStoreError) -> [UInt8] {
    precondition(offset >= 0 && count >= 0)
    guard lseek(file.descriptor, offset, SEEK_SET) >= 0 else { throw .reading(path, errno) }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      guard let done = file.readAll(into: UnsafeMutableRawBufferPointer(buffer)) else {
        failure = errno
        return
      }
      filled = done
    }
    if failure != 0 { throw .reading(path, failure) }
    return bytes
  }

  private static func refusal(_ path: String, _ errno: Int32) -> FileStoreError {
    guard errno == ELOOP || errno == ENOTDIR else { return .reading(path, errno) }
    return FileStoreError(
      .notRegular, path: path,
      "is or lies behind a symbolic link, which is not followed here; copy the file itself there",
      errno: errno)
  }
}

extension FileHandleOwner {
  /// Opens a name in an open folder; nil with `errno` where the system refuses.
  fileprivate init?(in folder: borrowing FileHandleOwner, _ name: String, _ flags: Int32) {
    var opened: Int32
    repeat {
      opened = openat(folder.descriptor, name, flags | O_CLOEXEC)
    } while opened < 0 && errno == EINTR
    guard opened >= 0 else { return nil }
    descriptor = opened
  }
}
