import Glibc

/// Reads a regular file from front to back or at given places; nothing is allocated beyond what is asked for.
public struct FileReader: ~Copyable {
  /// As it was given.
  public let path: String
  /// Bytes the file had when it was opened.
  public let size: Int
  private let file: FileHandleOwner

  /// Opens without ever waiting and refuses all but regular files.
  public init(_ path: String) throws(FileStoreError) {
    file = try RegularFile.open(path)
    self.path = path
    size = Int(file.status().st_size)
  }

  /// The next `count` bytes, or fewer where the file ends before.
  public mutating func read(_ count: Int) throws(FileStoreError) -> [UInt8] {
    precondition(count >= 0)
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

  /// Fills `buffer` with the bytes from `offset` on; the next `read(_:)` goes on where it was.
  ///
  /// - Returns: How many there were: fewer than asked for only where the file ends.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(FileStoreError) -> Int {
    precondition(offset >= 0)
    guard let done = file.readAll(into: buffer, at: offset) else { throw .reading(path, errno) }
    return done
  }
}
