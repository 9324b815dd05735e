/// What a clip is read from: an open movie, or images that can be opened.
enum ClipFiles: ~Copyable {
  case movie(SourceFile)
  case images(any ImageFiles)

  /// Opens what is at `path`.
  init(path: String) throws(DecodeError) {
    if SourceFile.isDirectory(path) {
      self = .images(try ImageFolder(path: path))
    } else if MediaKind.isArchive(path) {
      self = .images(try ImageArchive(path: path))
    } else if MediaKind.isPaged(path) {
      self = .images(try ImagePages(path: path))
    } else {
      self = .movie(try SourceFile(path: path))
    }
  }
}
