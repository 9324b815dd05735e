import Glibc

/// Something went wrong with a file; `message` is one line that begins with its path and ends with
/// what to do about it.
public struct FileStoreError: Error, Sendable, CustomStringConvertible {
  /// What kind of trouble it is, in words for programs.
  public enum Code: String, Sendable {
    /// There is nothing at the path.
    case notFound = "NOT_FOUND"
    /// A folder, pipe, socket or device where a file was expected.
    case notRegular = "NOT_REGULAR"
    /// The system does not allow it.
    case permission = "PERMISSION"
    /// Larger than the caller takes.
    case tooLarge = "TOO_LARGE"
    /// The disk or the user's share of it is full.
    case noSpace = "NO_SPACE"
    /// Another process holds the file.
    case busy = "BUSY"
    /// Not the text or bytes it should be.
    case format = "FORMAT"
    /// The system failed to read or write.
    case io = "IO"
  }

  /// For programs; `message` is for people.
  public let code: Code
  /// The file it is about, as the caller named it.
  public let path: String
  /// One line, begins with the path.
  public let message: String
  /// The system's error number, 0 where the system was not the cause.
  public let errno: Int32

  /// - Parameter detail: what was expected, found and to be done; the path is put before it.
  public init(_ code: Code, path: String, _ detail: String, errno: Int32 = 0) {
    self.code = code
    self.path = path
    self.message = "\(PathText.display(path)): \(PathText.display(detail))"
    self.errno = errno
  }

  public var description: String { message }
}

extension FileStoreError {
  /// The error for a failed system call while reading `path`.
  static func reading(_ path: String, _ errno: Int32) -> FileStoreError {
    switch errno {
    case ENOENT, ENOTDIR:
      FileStoreError(
        .notFound, path: path, "no such file; check the path for typing mistakes", errno: errno)
    case EACCES, EPERM:
      FileStoreError(
        .permission, path: path, "not readable by this user; change its permissions", errno: errno)
    case ENXIO, EISDIR:
      FileStoreError(
        .notRegular, path: path, "is not a regular file; give the path of a file", errno: errno)
    default:
      FileStoreError(
        .io, path: path, "cannot be read (\(text(of: errno))); check the disk and try again",
        errno: errno)
    }
  }

  /// The error for a failed system call while writing `path`.
  static func writing(_ path: String, _ errno: Int32) -> FileStoreError {
    switch errno {
    case ENOENT, ENOTDIR:
      let folder = PathText.folder(of: path)
      return FileStoreError(
        .notFound, path: path,
        Folder.exists(folder)
          ? "cannot be made in \(folder), which takes no new files; choose another place"
          : "cannot be written because \(folder) is not a folder; create it or choose another place",
        errno: errno)
    case EACCES, EPERM, EROFS:
      return FileStoreError(
        .permission, path: path,
        "cannot be written (\(text(of: errno))); change the permissions or choose another place",
        errno: errno)
    case ENOSPC, EDQUOT, EFBIG:
      return FileStoreError(
        .noSpace, path: path,
        "cannot be written in full (\(text(of: errno))); free some space and run again",
        errno: errno)
    case EISDIR:
      return FileStoreError(
        .notRegular, path: path, "cannot be written because it is a folder; give a file name",
        errno: errno)
    case ENXIO:
      return FileStoreError(
        .notRegular, path: path,
        "cannot be written because nobody reads from it; start the reader of the pipe first",
        errno: errno)
    default:
      return FileStoreError(
        .io, path: path,
        "cannot be written (\(text(of: errno))); check the disk or choose another place",
        errno: errno)
    }
  }

  private static func text(of errno: Int32) -> String { String(cString: strerror(errno)) }
}
