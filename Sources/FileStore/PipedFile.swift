import Glibc

/// Small inputs that may also come through a pipe, such as `<(find …)`, read at once and never
/// beyond a given size.
public enum PipedFile {
  /// The bytes of a regular file or pipe. One that nobody has opened for writing is empty.
  public static func read(_ path: String, maximumBytes: Int) throws(FileStoreError) -> [UInt8] {
    guard let file = FileHandleOwner(path, O_RDONLY, isPipe: true) else {
      throw .reading(path, errno)
    }
    let status = file.status()
    guard status.isRegular || status.st_mode & S_IFMT == S_IFIFO else {
      throw .reading(path, EISDIR)
    }
    return try read(from: file.descriptor, path, maximumBytes)
  }

  /// What comes through standard input.
  public static func readStandardInput(maximumBytes: Int) throws(FileStoreError) -> [UInt8] {
    try read(from: STDIN_FILENO, "standard input", maximumBytes)
  }

  private static func read(
    from descriptor: Int32, _ name: String, _ maximumBytes: Int
  ) throws(FileStoreError) -> [UInt8] {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .reading(name, errno)
      }
      if count == 0 { return bytes }
      bytes.append(contentsOf: piece[..<count])
      guard bytes.count <= maximumBytes else {
        throw FileStoreError(
          .tooLarge, path: name,
          "has more than the \(maximumBytes) bytes expected here; is it the right file?")
      }
    }
  }
}
