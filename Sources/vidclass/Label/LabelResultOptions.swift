import ArgumentParser
import FileStore
import Labelling
import VideoDecoding

extension OutputFormat: ExpressibleByArgument {}

/// Where the labels go and in which form.
struct LabelResultOptions: ParsableArguments {
  /// How `--sort-into` puts a movie into its folder.
  enum Way: String, EnumerableFlag {
    case link, copy, move

    static func help(for value: Way) -> ArgumentHelp? {
      switch value {
      case .link: "With --sort-into: symbolic links to the movies (the default)."
      case .copy: "With --sort-into: copies."
      case .move: "With --sort-into: the movies themselves."
      }
    }
  }

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "How results are written (default: by the name of -o; a table on a terminal; else jsonl).",
      valueName: "format"))
  var format: OutputFormat?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A file, a folder, or - for standard output. jsonl is appended to movie by movie.",
      valueName: "file|dir|-"))
  var output: String?

  @Flag(name: .long, help: "Try again what failed in an earlier run of the same command.")
  var retryFailed = false

  @Option(
    name: .long,
    help: ArgumentHelp("Put every movie into a folder named after its label.", valueName: "dir"))
  var sortInto: String?

  @Flag(exclusivity: .exclusive) var way: Way?

  @OptionGroup var forFormats: FormatOptions

  func validate() throws {
    if output?.isEmpty == true { throw ValidationError("-o needs the name of a file or folder.") }
    if sortInto?.isEmpty == true { throw ValidationError("--sort-into needs a folder.") }
    if way != nil && sortInto == nil {
      throw ValidationError("--link, --copy and --move belong to --sort-into.")
    }
    if forFormats.beside && output != nil {
      throw ValidationError("--beside and -o exclude each other; give one of them.")
    }
    try forFormats.validate()
  }

  var sorter: LabelSorter? {
    guard let sortInto else { return nil }
    let way: LabelSorter.Way =
      switch way {
      case .copy: .copy
      case .move: .move
      case .link, nil: .link
      }
    return LabelSorter(folder: MediaPath(sortInto), way: way)
  }

  /// Decides on format and place.
  ///
  /// - Throws: `ValidationError` for a format that cannot hold these movies, `LabelError` for a
  ///   place that must not or cannot be written.
  func plan(jobs: [LabelJob], shard: Shard, wantsJSON: Bool) throws -> LabelOutputPlan {
    let place = output == "-" ? nil : output
    let isFolder = place.map { $0.hasSuffix("/") || Folder.exists($0) } ?? false
    let format =
      format ?? (forFormats.beside ? .vtt : nil)
      ?? defaultFormat(place: isFolder ? nil : place, wantsJSON: wantsJSON)
    try forFormats.require(format)
    let settings = try forFormats.settings
    func plan(_ place: LabelOutputPlan.Place) throws -> LabelOutputPlan {
      let plan = LabelOutputPlan(format: format, place: place, settings: settings)
      try plan.check(jobs)
      return plan
    }
    // Of one movie the text goes to standard output, unless it is asked for beside it.
    if forFormats.beside || format.isPerMovie && jobs.count > 1 && output == nil {
      return try plan(.movies(.beside))
    }
    if format.isPerMovie && jobs.count > 1 && !isFolder {
      throw ValidationError(
        "\(format.rawValue) holds one movie and there are \(jobs.count): give a folder with -o DIR/, "
          + "or --beside."
      )
    }
    guard let place else { return try plan(.standardOutput) }
    if isFolder {
      try Folder.create(place)
      try OutputPlace.requireWritable(folder: place)
      if format.isPerMovie { return try plan(.movies(.folder(place))) }
      let name =
        shard == .all || format != .jsonl ? "labels.\(format.fileExtension)" : shard.fileName
      return try plan(.file(PathText.join(place, name)))
    }
    if MediaKind.isVideo(place) {
      throw LabelError(.output, "\(place): is named like a movie; choose another -o")
    }
    try OutputPlace.requireWritable(file: place)
    return try plan(.file(place))
  }

  private func defaultFormat(place: String?, wantsJSON: Bool) -> OutputFormat {
    if let place {
      return OutputFormat.named(MediaPath(place).fileExtension) ?? .jsonl
    }
    if wantsJSON && output == nil { return .json }
    return output == nil && StandardOutput.isTerminal ? .table : .jsonl
  }
}
