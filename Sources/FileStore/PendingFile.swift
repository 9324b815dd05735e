import Glibc

/// The file being written in place of `path`: a locked temporary file, or the device itself.
///
/// The temporary file is removed unless `commit` was reached. One left behind by a killed process
/// is removed by the next write to the same path: the lock of a living writer protects its own.
struct PendingFile: ~Copyable {
  private let path: String
  private let file: FileHandleOwner
  /// The temporary file and where it goes; nil for a device.
  private var move: (temporary: String, destination: String)?

  init(_ path: String) throws(FileStoreError) {
    self.path = path
    var status = stat()
    let exists = stat(path, &status) == 0
    if path.isEmpty || (exists && status.isFolder) || path.hasSuffix("/") {
      throw .writing(path, EISDIR)
    }
    if path.hasPrefix("/dev/") || path.hasPrefix("/proc/") || (exists && !status.isRegular) {
      guard let device = FileHandleOwner(path, O_WRONLY | O_CREAT | O_TRUNC, isPipe: true) else {
        throw .writing(path, errno)
      }
      file = device
      move = nil
      return
    }
    if exists && access(path, W_OK) != 0 { throw .writing(path, errno) }
    let destination = exists ? PendingFile.followingLinks(path) : path
    AbandonedFiles.remove(of: destination)
    while true {
      let temporary = PendingFile.temporaryName(destination)
      guard let created = FileHandleOwner(temporary, O_WRONLY | O_CREAT | O_EXCL) else {
        if errno == EEXIST { continue }
        throw .writing(path, errno)
      }
      // Between creation and lock another writer may have taken the file for an abandoned one.
      if created.lock(wait: true) && created.status().st_nlink == 0 { continue }
      if exists { _ = fchmod(created.descriptor, status.st_mode & 0o7777) }
      file = created
      move = (temporary, destination)
      return
    }
  }

  deinit {
    if let move { _ = unlink(move.temporary) }
  }

  /// The file that is being written; nil for a device.
  var temporaryName: String? { move?.temporary }

  func write(_ bytes: UnsafeRawBufferPointer) throws(FileStoreError) {
    let code = file.writeAll(bytes)
    if code != 0 { throw .writing(path, code) }
  }

  /// Flushes and puts the file in its place.
  mutating func commit() throws(FileStoreError) {
    let code = file.synchronize()
    if code != 0 { throw .writing(path, code) }
    guard let (temporary, destination) = move else { return }
    if rename(temporary, destination) != 0 { throw .writing(path, errno) }
    move = nil
    try Folder.synchronize(PathText.folder(of: destination))
  }

  /// As `commit`, but never in the place of another file.
  ///
  /// - Returns: false, with nothing changed, when there is one by now.
  mutating func commitAsNew() throws(FileStoreError) -> Bool {
    guard let (temporary, destination) = move else { return false }
    let code = file.synchronize()
    if code != 0 { throw .writing(path, code) }
    if link(temporary, destination) != 0 {
      // Otherwise a file system without hard links.
      if errno == EEXIST || access(destination, F_OK) == 0 { return false }
      try commit()
      return true
    }
    // The end of its life removes the temporary name.
    try Folder.synchronize(PathText.folder(of: destination))
    return true
  }

  /// Gives the file the permissions and times of another.
  func imitate(_ status: stat) {
    _ = fchmod(file.descriptor, status.st_mode & 0o7777)
    _ = withUnsafePointer(to: (status.st_atim, status.st_mtim)) { times in
      times.withMemoryRebound(to: timespec.self, capacity: 2) { futimens(file.descriptor, $0) }
    }
  }

  /// `.<name>.<process>-<counter>.tmp` beside `destination`; hidden, and never over 255 bytes.
  private static func temporaryName(_ destination: String) -> String {
    var random = SystemRandomNumberGenerator()
    let unique = String(random.next() as UInt32, radix: 16)
    return PathText.join(
      PathText.folder(of: destination), "\(temporaryPrefix(destination))\(getpid())-\(unique).tmp")
  }

  static func temporaryPrefix(_ destination: String) -> String {
    let name = PathText.name(of: destination)
    return ".\(FileName.beginning(of: String(name.prefix(50)), bytes: 200))."
  }

  private static func followingLinks(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
