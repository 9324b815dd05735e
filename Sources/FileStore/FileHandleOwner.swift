import Glibc

/// Owns an open file descriptor and closes it at the end of its life.
///
/// Every call repeats after `EINTR` and after short reads and writes.
struct FileHandleOwner: ~Copyable {
  let descriptor: Int32

  /// Opens with `O_CLOEXEC`; returns nil and leaves `errno` set where the system refuses.
  ///
  /// - Parameter isPipe: does not wait for the other end of a pipe, who may never come; where it is
  ///   there already, it is waited for as in any file.
  init?(_ path: String, _ flags: Int32, mode: mode_t = 0o666, isPipe: Bool = false) {
    let all = flags | O_CLOEXEC | (isPipe ? O_NONBLOCK : 0)
    var opened: Int32
    repeat { opened = open(path, all, mode) } while opened < 0 && errno == EINTR
    guard opened >= 0 else { return nil }
    if isPipe { _ = fcntl(opened, F_SETFL, fcntl(opened, F_GETFL) & ~O_NONBLOCK) }
    descriptor = opened
  }

  deinit { _ = close(descriptor) }

  func status() -> stat {
    var status = stat()
    _ = fstat(descriptor, &status)
    return status
  }

  /// Writes everything; returns 0 or the error number.
  func writeAll(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    var done = 0
    while done < bytes.count {
      let count = write(descriptor, bytes.baseAddress! + done, min(bytes.count - done, 1 << 30))
      if count < 0 {
        if errno == EINTR { continue }
        return errno
      }
      done += count
    }
    return 0
  }

  /// Fills `buffer` from the current position as far as the file goes; nil with `errno` on failure.
  func readAll(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    var done = 0
    while done < buffer.count {
      let count = read(descriptor, buffer.baseAddress! + done, min(buffer.count - done, 1 << 30))
      if count < 0 {
        if errno == EINTR { continue }
        return nil
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Fills `buffer` from `offset` on as far as the file goes and leaves the current position; nil
  /// with `errno` on failure.
  func readAll(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int? {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress! + done, min(buffer.count - done, 1 << 30), offset + done)
      if count < 0 {
        if errno == EINTR { continue }
        return nil
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Flushes to the disk; returns 0 or the error number. Pipes and devices, which cannot be
  /// flushed, count as flushed.
  func synchronize() -> Int32 {
    while fsync(descriptor) != 0 {
      if errno == EINTR { continue }
      return errno == EINVAL || errno == ENOTSUP || errno == EROFS ? 0 : errno
    }
    return 0
  }

  /// Takes the advisory lock of the open file; false with `errno` set where another holds it.
  func lock(wait: Bool) -> Bool {
    while flock(descriptor, wait ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
      if errno != EINTR { return false }
    }
    return true
  }
}

extension stat {
  var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
}
