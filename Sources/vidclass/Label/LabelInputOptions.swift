import ArgumentParser
import Foundation
import Labelling
import VideoDecoding

/// Which movies `label` works on.
struct LabelInputOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Movies, folders of images, folders of these (searched through), or - for a list of paths "
        + "on standard input.", valueName: "path"))
  var paths: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Paths from a file, one a line; - for standard input.", valueName: "file"))
  var filesFrom: String?

  @Option(
    name: .customLong("files-from0"),
    help: ArgumentHelp("As --files-from, paths ended by zero bytes.", valueName: "file"))
  var filesFrom0: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only this share of the movies, by a hash of their paths: i/n counted from 0, or auto for "
        + "Slurm arrays, Kubernetes indexed jobs and MPI launchers.", valueName: "i/n|auto"))
  var shard: String?

  @Option(
    name: .long, help: ArgumentHelp("With --shard auto: how many shards there are.", valueName: "n")
  )
  var shardCount: Int?

  /// Whether no movie is named.
  var isEmpty: Bool { paths.isEmpty && filesFrom == nil && filesFrom0 == nil }

  func validate() throws {
    if paths.contains("") { throw ValidationError("The name of a movie or folder is empty.") }
    if [paths.contains("-"), filesFrom == "-", filesFrom0 == "-"].filter({ $0 }).count > 1 {
      throw ValidationError(
        "Standard input can be read once: give one of -, --files-from - and --files-from0 -.")
    }
    if shardCount != nil && shard != "auto" {
      throw ValidationError("--shard-count belongs to --shard auto.")
    }
    if let shardCount, shardCount < 1 {
      throw ValidationError("--shard-count must be at least 1, not \(shardCount).")
    }
    do { _ = try foundShard } catch { throw ValidationError(error.message) }
  }

  /// The shard asked for; all movies without `--shard`.
  var foundShard: Shard {
    get throws(LabelError) {
      guard let shard else { return .all }
      if shard != "auto" { return try Shard(parsing: shard) }
      return try ShardEnvironment.shard(
        in: ProcessInfo.processInfo.environment, count: shardCount
      ).shard
    }
  }

  /// This shard's movies, in their order.
  ///
  /// - Throws: when a list cannot be read or there is nothing at all to label.
  func jobs(console: Console) throws -> [LabelJob] {
    var finder = MediaFinder(kinds: MediaNames())
    for path in try named() { finder.add(path) }
    if finder.jobs.isEmpty {
      throw LabelError(.input, finder.warnings.first ?? "the list holds no path; nothing to label")
    }
    for warning in finder.warnings + finder.passedOver { console.warn(warning) }
    if finder.ignoredCount > 0 {
      console.note("\(finder.ignoredCount) files that are no movies were ignored")
    }
    guard shard != nil else { return finder.jobs }
    let shard = try foundShard
    let own = finder.jobs.filter { shard.contains($0.relativePath) }
    console.note("shard \(shard.index)/\(shard.count): \(own.count) of \(finder.jobs.count) movies")
    return own
  }

  private func named() throws -> [MediaPath] {
    var all: [MediaPath] = []
    for path in paths {
      all += path == "-" ? try list("-", .line) : [RawArguments.path(path)]
    }
    if let filesFrom { all += try list(filesFrom, .line) }
    if let filesFrom0 { all += try list(filesFrom0, .zero) }
    return all
  }

  private func list(_ file: String, _ separator: PathList.Separator) throws -> [MediaPath] {
    try InputFile.paths(in: file, separator: separator)
  }
}

/// Movies and images by their names.
struct MediaNames: MediaClassifying {
  func isVideo(name: MediaPath) -> Bool { MediaKind.isVideo(name.text) }

  /// Numbered, as frames are: a cover picture makes no clip.
  func isImage(name: MediaPath) -> Bool {
    MediaKind.isImage(name.text) && name.bytes.contains { (0x30...0x39).contains($0) }
  }
}

/// Arguments as the system passed them: Swift's are UTF-8, names need not be.
enum RawArguments {
  /// The bytes behind an argument that came with characters it cannot have had.
  static func path(_ argument: String) -> MediaPath {
    guard argument.unicodeScalars.contains("\u{FFFD}") else { return MediaPath(argument) }
    for index in 0..<Int(CommandLine.argc) {
      guard let raw = CommandLine.unsafeArgv[index] else { continue }
      let path = MediaPath(bytes: Array(UnsafeRawBufferPointer(start: raw, count: strlen(raw))))
      if path.text == argument { return path }
    }
    return MediaPath(argument)
  }
}
