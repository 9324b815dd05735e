private import CSandbox
import Foundation

/// An open regular file: the only thing the decoder ever reads from.
///
/// The file is opened once, without blocking (a pipe named `a.mp4` must not hang a batch), and its
/// identity is kept, so that a file which somebody still writes to is noticed.
struct SourceFile: ~Copyable {
  let descriptor: Int32
  let path: String
  /// What it was when it was opened.
  let identity: Identity

  /// By what a change to a file is noticed.
  struct Identity: Hashable, Codable {
    /// Bytes.
    let size: Int64
    /// Since 1970.
    let nanoseconds: Int64

    /// - Parameter nanoseconds: since 1970.
    init(size: Int64, nanoseconds: Int64) {
      self.size = size
      self.nanoseconds = nanoseconds
    }

    fileprivate init(_ status: stat) {
      size = Int64(status.st_size)
      nanoseconds = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }

    /// Seconds since 1970.
    var modified: Double {
      Double(nanoseconds / 1_000_000_000) + Double(nanoseconds % 1_000_000_000) * 1e-9
    }

    /// Nil where there is nothing at the path.
    init?(path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      self.init(status)
    }
  }

  /// Bytes when it was opened.
  var size: Int64 { identity.size }
  /// Seconds since 1970.
  var modified: Double { identity.modified }

  init(path: String) throws(DecodeError) {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw SourceFile.openingError(path: path, errno: errno) }
    try self.init(descriptor: descriptor, path: path)
  }

  /// The file that somebody else has opened; owns the descriptor.
  init(descriptor: Int32, path: String) throws(DecodeError) {
    var status = stat()
    guard vc_status(descriptor, &status) == 0 else {
      let number = errno
      close(descriptor)
      throw SourceFile.openingError(path: path, errno: number)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw DecodeError(
        code: .notRegular, path: path,
        message: "is \(SourceFile.kind(status.st_mode)); give a movie file or a folder of images")
    }
    self.descriptor = descriptor
    self.path = path
    identity = Identity(status)
  }

  deinit { close(descriptor) }

  /// `count` bytes from `offset` on; fewer only where the file became shorter.
  func bytes(_ count: Int, at offset: Int) throws(DecodeError) -> [UInt8] {
    try SourceFile.bytes(count, at: offset, of: descriptor, path: path)
  }

  /// The same of an open descriptor.
  static func bytes(
    _ count: Int, at offset: Int, of descriptor: Int32, path: String
  ) throws(DecodeError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = 0
      while filled < count {
        let got = pread(
          descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failure = errno }
        if got <= 0 { break }
        filled += got
      }
    }
    if failure != 0 {
      throw DecodeError(
        code: .io, path: path, message: "cannot be read: \(String(cString: strerror(failure)))",
        underlying: failure)
    }
    return bytes
  }

  /// Throws `CHANGED` when the file is no longer what it was when it was opened.
  func checkUnchanged() throws(DecodeError) {
    var status = stat()
    guard vc_status(descriptor, &status) == 0 else {
      throw DecodeError(
        code: .io, path: path, message: "cannot be examined: \(String(cString: strerror(errno)))",
        underlying: errno)
    }
    if Identity(status) != identity { throw SourceFile.changed(path) }
  }

  /// All bytes, at most `limit`.
  func readAll(limit: Int) throws(DecodeError) -> [UInt8] {
    guard size <= limit else {
      throw DecodeError(
        code: .tooLarge, path: path, message: "has \(size) bytes, more than the \(limit) allowed")
    }
    let bytes = try bytes(Int(size), at: 0)
    try checkUnchanged()
    return bytes
  }

  /// Whether there is a folder at `path`; links are followed.
  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func changed(_ path: String) -> DecodeError {
    DecodeError(
      code: .changed, path: path,
      message: "was written to while it was read; try again when it is complete")
  }

  private static func openingError(path: String, errno number: Int32) -> DecodeError {
    let text = String(cString: strerror(number))
    switch number {
    case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG:
      return DecodeError(
        code: .notFound, path: path, message: "cannot be found (\(text)); check the path",
        underlying: number)
    case EACCES, EPERM:
      return DecodeError(
        code: .permission, path: path, message: "may not be read (\(text)); check its permissions",
        underlying: number)
    case ENXIO, ENODEV:
      return DecodeError(
        code: .notRegular, path: path,
        message: "is a socket or device; give a movie file or a folder of images",
        underlying: number)
    default:
      return DecodeError(
        code: .io, path: path, message: "cannot be opened: \(text)", underlying: number)
    }
  }

  private static func kind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a directory"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "not a regular file"
    }
  }
}
