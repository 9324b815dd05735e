import Glibc

/// Whole-file writes that leave either the old file or the new one, never half of one.
///
/// The bytes go to a temporary file in the same folder, are flushed to the disk, take the place of
/// `path` by one rename, and the folder is flushed too. Symbolic links are followed. Devices, pipes
/// and everything under `/dev` and `/proc` are written straight, and their errors reported.
public enum AtomicFile {
  /// Writes `bytes` as the whole content of `path`.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileStoreError) {
    var writer = Writer(try PendingFile(path))
    try writer.write(bytes)
    try writer.finish()
  }

  /// Writes `text` as UTF-8 as the whole content of `path`.
  public static func write(_ text: String, to path: String) throws(FileStoreError) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes `path` piece by piece; if `body` throws, the old file stays and the error is passed on.
  public static func write(to path: String, _ body: (inout Writer) throws -> Void) throws {
    var writer = Writer(try PendingFile(path))
    try body(&writer)
    try writer.finish()
  }

  /// Copies the regular file at `source` to `path`, with its permissions and times; never in the
  /// place of another file.
  ///
  /// - Returns: false when there is a file at `path` by now.
  public static func copy(
    _ source: String, toNew path: String
  ) throws(FileStoreError) -> Bool {
    let reader = try RegularFile.open(source)
    var file = try PendingFile(path)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { piece.deallocate() }
    while true {
      guard let count = reader.readAll(into: piece) else { throw .reading(source, errno) }
      try file.write(UnsafeRawBufferPointer(rebasing: piece[..<count]))
      if count < piece.count { break }
    }
    file.imitate(reader.status())
    return try file.commitAsNew()
  }

  /// Takes the bytes of one file in order and hands them to the system in large pieces.
  public struct Writer: ~Copyable {
    private var file: PendingFile
    private var pending: [UInt8] = []
    private static let pieceSize = 1 << 18

    fileprivate init(_ file: consuming PendingFile) {
      self.file = file
    }

    /// Appends these bytes.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileStoreError) {
      if pending.count + bytes.count > Writer.pieceSize { try flush() }
      if bytes.count >= Writer.pieceSize {
        try file.write(bytes)
      } else {
        pending.append(contentsOf: bytes)
      }
    }

    /// Appends these bytes.
    public mutating func write(_ bytes: [UInt8]) throws(FileStoreError) {
      try bytes.span.withUnsafeBytes { (raw) throws(FileStoreError) in try write(raw) }
    }

    /// Appends this text as UTF-8.
    public mutating func write(_ text: String) throws(FileStoreError) {
      try write(Array(text.utf8))
    }

    private mutating func flush() throws(FileStoreError) {
      try pending.span.withUnsafeBytes { (raw) throws(FileStoreError) in try file.write(raw) }
      pending.removeAll(keepingCapacity: true)
    }

    fileprivate mutating func finish() throws(FileStoreError) {
      try flush()
      try file.commit()
    }
  }
}
