import Glibc

/// Folders: made, listed, flushed.
public enum Folder {
  /// Makes the folder and those above it; one that exists already is fine.
  public static func create(_ path: String) throws(FileStoreError) {
    var status = stat()
    if stat(path, &status) == 0 {
      if status.isFolder { return }
      throw FileStoreError(
        .notRegular, path: path,
        "is a file where a folder is needed; remove it or choose another place", errno: ENOTDIR)
    }
    let parent = PathText.folder(of: path)
    if parent != path { try create(parent) }
    if mkdir(path, 0o777) != 0 && errno != EEXIST {
      let code = errno
      throw FileStoreError(
        code == ENOSPC || code == EDQUOT ? .noSpace : .permission, path: path,
        "cannot make this folder (\(String(cString: strerror(code)))); choose another place",
        errno: code)
    }
  }

  /// Whether `path` is a folder, symbolic links followed.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.isFolder
  }

  /// The names in a folder in the order of their Unicode scalars, without `.` and `..`;
  /// names that are not UTF-8 are left out. Nil if it cannot be listed.
  public static func names(_ path: String) -> [String]? {
    guard let stream = opendir(path) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      if let name, name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
  }

  /// Makes the names in a folder last through a power cut.
  static func synchronize(_ path: String) throws(FileStoreError) {
    guard let folder = FileHandleOwner(path, O_RDONLY | O_DIRECTORY) else {
      // A folder that may be written but not listed; its names reach the disk all the same, later.
      if errno == EACCES { return }
      throw .writing(path, errno)
    }
    let code = folder.synchronize()
    if code != 0 { throw .writing(path, code) }
  }
}
