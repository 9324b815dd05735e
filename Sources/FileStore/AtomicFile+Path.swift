extension AtomicFile {
  /// Writes `path` by a library that opens files by their names: `body` fills the empty temporary
  /// file that it is given, which then takes the place of `path`; if it throws, the old file stays.
  ///
  /// - Throws: what `body` throws, and `FileStoreError` where the file cannot be written or is none.
  public static func write(to path: String, byName body: (String) throws -> Void) throws {
    var file = try PendingFile(path)
    guard let temporary = file.temporaryName else {
      throw FileStoreError(
        .notRegular, path: path, "is no regular file, which is needed here; choose another place")
    }
    try body(temporary)
    try file.commit()
  }
}
