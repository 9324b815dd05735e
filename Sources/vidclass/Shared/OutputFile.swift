import FileStore

/// Files a command writes at its end.
enum OutputFile {
  /// An hour of work must not end in an error that could be had at once.
  static func requireFolder(of path: String) throws {
    let folder = PathText.folder(of: path)
    if Folder.exists(folder) { return }
    throw FileStoreError(
      .notFound, path: path, "cannot be written because \(folder) is not a folder; create it first")
  }
}
