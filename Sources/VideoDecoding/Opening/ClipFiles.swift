/// What a clip is read from: an open movie, or images that can be opened.
enum ClipFiles: ~Copyable {
  case movie(SourceFile)
  case images(any ImageFiles)

  /// Opens what is at `path`.
  init(path: String) throws(DecodeError) {
    self =
      SourceFile.isDirectory(path)
      ? .images(try ImageFolder(path: path)) : .movie(try SourceFile(path: path))
  }
}
