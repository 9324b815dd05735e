import Glibc

/// Whole files read at once: regular files only, never more than a given size.
public enum RegularFile {
  /// The bytes of the file at `path`.
  ///
  /// - Parameter maximumBytes: larger files are refused before anything is allocated.
  public static func read(
    _ path: String, maximumBytes: Int = 1 << 30
  ) throws(FileStoreError) -> [UInt8] {
    var reader = try FileReader(path)
    if reader.size > maximumBytes {
      throw FileStoreError(
        .tooLarge, path: path,
        "has \(reader.size) bytes, more than the \(maximumBytes) expected here; "
          + "is it the right file?")
    }
    return try reader.read(reader.size)
  }

  /// The text of a UTF-8 file, without a byte order mark.
  public static func readText(
    _ path: String, maximumBytes: Int = 1 << 28
  ) throws(FileStoreError) -> String {
    var bytes = try read(path, maximumBytes: maximumBytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileStoreError(.format, path: path, "is not UTF-8 text; save it as UTF-8")
    }
    return text
  }

  /// Whether `path` is a regular file, symbolic links followed.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.isRegular
  }

  /// Opens without ever waiting (a named pipe would) and refuses all but regular files.
  static func open(_ path: String) throws(FileStoreError) -> FileHandleOwner {
    guard let file = FileHandleOwner(path, O_RDONLY | O_NONBLOCK) else {
      throw .reading(path, errno)
    }
    if !file.status().isRegular { throw .reading(path, EISDIR) }
    return file
  }
}
