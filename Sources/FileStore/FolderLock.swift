import Glibc

/// Exclusive use of a folder among processes that ask for it, for as long as this lives.
///
/// The system releases it however the process ends; nothing is left in the folder. File systems
/// without locks grant it to everybody.
public final class FolderLock: Sendable {
  private let folder: FileHandleOwner

  /// - Throws: `FileStoreError` with code `busy` where another process has the folder.
  public init(_ path: String) throws(FileStoreError) {
    guard let folder = FileHandleOwner(path, O_RDONLY | O_DIRECTORY) else {
      throw .reading(path, errno)
    }
    if !folder.lock(wait: false) && errno == EWOULDBLOCK {
      throw FileStoreError(
        .busy, path: path,
        "is in use by another vidclass; wait for it or choose another place",
        errno: EWOULDBLOCK)
    }
    self.folder = folder
  }
}
