import FileStore
import Labelling

/// Files a command writes at its end.
enum OutputFile {
  /// What a file will be.
  enum Kind: String {
    /// A page for a browser, as `--report` writes it.
    case page
    /// A list, table or document of text.
    case text
  }

  /// An hour of work must not end in an error that could be had at once.
  static func requireFolder(of path: String) throws {
    let folder = PathText.folder(of: path)
    if Folder.exists(folder) { return }
    throw FileStoreError(
      .notFound, path: path, "cannot be written because \(folder) is not a folder; create it first")
  }

  /// Refuses to write over what the command reads, and over what is no earlier output of its kind: a
  /// slip of the pen must not cost a movie, a model or a page of somebody's own.
  ///
  /// - Parameter inputs: files that the command reads.
  static func requireReplaceable(
    _ path: String, _ kind: Kind, reads inputs: [String?] = []
  ) throws {
    guard let own = FileIdentity(MediaPath(path)), own.kind == .file, own.size > 0 else { return }
    for case let input? in inputs {
      if let read = FileIdentity(MediaPath(input)), read.device == own.device,
        read.inode == own.inode
      {
        throw FileStoreError(
          .busy, path: path, "is what is read here; give what is written another name")
      }
    }
    guard var reader = try? FileReader(path),
      let start = try? reader.read(opening)
    else { return }
    let isOurs =
      switch kind {
      case .page: isPage(start)
      case .text: !start.contains(0)
      }
    if isOurs { return }
    throw FileStoreError(
      .format, path: path,
      "exists and is not a \(kind.rawValue) of vidclass; choose another name, or remove it")
  }

  /// So many bytes tell what a file is.
  private static let opening = 4096

  /// All pages forbid themselves the network, in these words.
  private static func isPage(_ start: [UInt8]) -> Bool {
    let text = String(decoding: start, as: UTF8.self)
    return text.hasPrefix("<!DOCTYPE html>") && text.contains("default-src 'none'")
  }
}
