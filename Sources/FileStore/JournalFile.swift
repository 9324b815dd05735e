import Glibc
import Synchronization

/// A text file that grows by whole lines and survives being killed at any moment.
///
/// A line is written by one call with its newline and flushed to the disk; a last line without a
/// newline was torn by a crash, is never read, and is cut off by the next append. While open the
/// file is locked against a second writer. A device or pipe as `path` is only appended to.
public final class JournalFile: Sendable {
  /// As it was given.
  public let path: String
  private let state: Mutex<State>

  private struct State: ~Copyable {
    let file: FileHandleOwner
    let isRegular: Bool
    /// End of the last whole line.
    var end: Int
  }

  /// Opens the journal or starts an empty one; nothing is changed in it until the first append.
  public init(path: String) throws(FileStoreError) {
    self.path = path
    var status = stat()
    let isDevice = stat(path, &status) == 0 && !status.isRegular
    if isDevice && status.isFolder { throw .writing(path, EISDIR) }
    guard
      let file = FileHandleOwner(
        path, (isDevice ? O_WRONLY : O_RDWR) | O_CREAT | O_APPEND, isPipe: isDevice)
    else { throw .writing(path, errno) }
    let isRegular = file.status().isRegular
    if isRegular && !file.lock(wait: false) && errno == EWOULDBLOCK {
      throw FileStoreError(
        .busy, path: path,
        "is being written by another vidclass; wait for it or choose another file",
        errno: EWOULDBLOCK)
    }
    var end: Int = 0
    if isRegular {
      guard let found = JournalFile.endOfLastWholeLine(file) else {
        guard errno == EFBIG else { throw .reading(path, errno) }
        throw FileStoreError(
          .tooLarge, path: path,
          "its last line has more than \(JournalFile.longestLine) bytes; is it the right file?")
      }
      end = found
    }
    state = Mutex(State(file: file, isRegular: isRegular, end: end))
  }

  /// Appends one line; on return it is on the disk. If it cannot be written in full, the journal
  /// is cut back to its last whole line. A journal that somebody removed meanwhile is an error: what
  /// is appended to it would be lost.
  ///
  /// - Parameter line: without a line break in it; one is added.
  public func append(_ line: String) throws(FileStoreError) {
    var bytes = Array(line.utf8)
    precondition(!bytes.contains(UInt8(ascii: "\n")), "a journal line must not contain a newline")
    bytes.append(UInt8(ascii: "\n"))
    let code = state.withLock { state -> Int32 in
      if state.isRegular {
        let status = state.file.status()
        if status.st_nlink == 0 { return ESTALE }
        if status.st_size != state.end, ftruncate(state.file.descriptor, state.end) != 0 {
          return errno
        }
      }
      var code = bytes.withUnsafeBytes { state.file.writeAll($0) }
      if code == 0 { code = state.file.synchronize() }
      if code == 0 {
        state.end += bytes.count
      } else if state.isRegular {
        _ = ftruncate(state.file.descriptor, state.end)
      }
      return code
    }
    if code == ESTALE { throw removed }
    if code != 0 { throw .writing(path, code) }
  }

  /// Throws where somebody removed the journal, and all of it with it.
  public func requireLinked() throws(FileStoreError) {
    if state.withLock({ $0.isRegular && $0.file.status().st_nlink == 0 }) { throw removed }
  }

  private var removed: FileStoreError {
    FileStoreError(
      .notFound, path: path,
      "was removed while it was being written; leave it and its folder in place, and start again",
      errno: ESTALE)
  }

  /// Every whole line so far, in order, without its newline; bytes that are not UTF-8 are replaced.
  public func lines() throws(FileStoreError) -> [String] {
    var lines: [String] = []
    try forEachLine { lines.append($0) }
    return lines
  }

  /// Calls `body` with every whole line so far, holding one piece of the file at a time.
  public func forEachLine(_ body: (String) -> Void) throws(FileStoreError) {
    let end = state.withLock { $0.isRegular ? $0.end : 0 }
    if end == 0 { return }
    var reader = try LineReader(path, longest: JournalFile.longestLine, bytes: end)
    while let line = try reader.next() { body(String(decoding: line, as: UTF8.self)) }
  }

  /// Bytes of a line: more than the record of a day's movie takes.
  public static let longestLine = 1 << 27

  /// Nil with `errno` where the file cannot be read, `EFBIG` where a line has no end.
  private static func endOfLastWholeLine(_ file: borrowing FileHandleOwner) -> Int? {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let size = Int(file.status().st_size)
    var end = size
    while end > 0 {
      if size - end > longestLine {
        errno = EFBIG
        return nil
      }
      let start = max(0, end - piece.count)
      let count = pread(file.descriptor, &piece, end - start, start)
      if count < 0 {
        if errno == EINTR { continue }
        return nil
      }
      // Shorter than a moment ago: somebody else is cutting it; look again from where it ends now.
      if count < end - start {
        end = start + count
        continue
      }
      if let newline = piece[..<count].lastIndex(of: UInt8(ascii: "\n")) {
        return start + newline + 1
      }
      end = start
    }
    return 0
  }
}
