import FileStore

/// The files of a format that holds one movie each: a name for every movie, no two alike, beside
/// the movies or below a folder.
///
/// Names follow from the list of movies alone, so that the same command writes the same files. A
/// file that is there already is written anew only if it is one of these and nobody has changed it.
public struct MovieFiles: Sendable {
  /// Where the files go.
  public enum Place: Sendable, Equatable {
    /// Below a folder as the movies lie below the one that was searched.
    case folder(String)
    /// Each into the folder of its movie.
    case beside
  }

  /// For each movie in its order; nil where the name of its folder is no text.
  public let paths: [String?]
  private let format: OutputFormat
  private let settings: RenderSettings

  /// - Precondition: a format that is `isPerMovie`.
  public init(
    of movies: [LabelJob], format: OutputFormat, place: Place, settings: RenderSettings
  ) {
    precondition(format.isPerMovie)
    self.format = format
    self.settings = settings
    var used: Set<String> = []
    paths = movies.map { movie in
      guard let place = MovieFiles.place(of: movie, in: place) else { return nil }
      let folder = PathText.folder(of: place)
      func path(_ stem: String) -> String {
        let name = FileName.joining(stem, ".\(format.fileExtension)")
        return folder == "." ? name : PathText.join(folder, name)
      }
      // Players look for the movie's name with another extension; its twin keeps its own as well.
      var chosen = path(PathText.stem(of: place))
      var number = 1
      while !used.insert(chosen).inserted {
        chosen = path(PathText.name(of: place) + (number > 1 ? " (\(number))" : ""))
        number += 1
      }
      return chosen
    }
  }

  /// Where the movie itself would lie.
  private static func place(of movie: LabelJob, in place: Place) -> String? {
    switch place {
    case .beside: return movie.path.isText ? movie.path.text : nil
    case .folder(let folder):
      // A path from elsewhere by its name.
      let below = movie.relativePath.text
      let isInside = !below.hasPrefix("/") && !below.split(separator: "/").contains("..")
      return PathText.join(folder, isInside ? below : movie.path.name.text)
    }
  }

  /// Finds out before hours of work that a file of somebody else is in the way.
  ///
  /// - Throws: `LabelError` with code `output` that names the first one.
  public func requireOurs() throws(LabelError) {
    for path in paths {
      if let path { try OutputOrigin.requireOurs(path, format) }
    }
  }

  /// Writes the file of movie number `index`; a movie without an answer has none.
  ///
  /// - Throws: `LabelError` where the file is not ours or has no name, `FileStoreError` where it
  ///   cannot be written.
  public func write(_ record: LabelRecord, at index: Int) throws {
    if record.failure != nil { return }
    guard let path = paths[index] else {
      throw LabelError(
        .output, "\(record.path.text): its name is not UTF-8; rename it first, or give a folder")
    }
    try OutputOrigin.requireOurs(path, format)
    let folder = PathText.folder(of: path)
    try Folder.create(folder)
    try AtomicFile.write(format.render([record], settings.writing(to: path)), to: path)
  }
}

/// Whether a file that would be overwritten is one that this program wrote.
public enum OutputOrigin {
  /// Of what is read to find out.
  private static let mostBytes = 1 << 28

  /// As `requireOurs`, of a file that the user has named: only documents that people go on working
  /// in are kept, all else is meant to be written over.
  ///
  /// - Throws: `LabelError` with code `output`.
  public static func requireUnchanged(
    _ path: String, _ format: OutputFormat
  ) throws(LabelError) {
    if format.isSealed { try requireOurs(path, format) }
  }

  /// Refuses to overwrite the work of others: subtitles in another form, documents that somebody
  /// has gone on working in, anything else of that name. Formats of other kinds pass.
  ///
  /// - Throws: `LabelError` with code `output`.
  public static func requireOurs(_ path: String, _ format: OutputFormat) throws(LabelError) {
    guard format.isPerMovie || format.isSealed, !Folder.exists(path),
      let identity = FileIdentity(MediaPath(path)), identity.kind == .file, identity.size > 0
    else { return }
    let bytes = try? RegularFile.read(path, maximumBytes: mostBytes)
    let text = bytes.flatMap { String(validating: $0, as: UTF8.self) }
    if let text, format.isSealed ? FileSeal.fits(text) : SubtitleFormat.isOurs(text, format) {
      return
    }
    throw LabelError(
      .output,
      "\(path): is there already, and not as vidclass wrote it; move it away or choose another place"
    )
  }
}
