import ArgumentParser
import FileStore
import Labelling

/// `vidclass merge`: joins what shards and earlier runs of `label` wrote.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Joins files of labels: duplicates removed, sorted by path, in any format.",
    usage: "vidclass merge [<options>] <dir|file> ... --output <file|dir>",
    discussion: """
      Of several records of a movie the best stays: one with a label before an error, then the \
      later one.

      EXAMPLES:
        vidclass merge out/ -o labels.csv
        vidclass merge out/ --expect all-movies.txt -o labels.jsonl
        vidclass merge labels.jsonl -f eaf --beside    # for ELAN, beside movies
        vidclass merge out/ --sqlite labels.sqlite
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(
    help: ArgumentHelp(
      "Files that vidclass label wrote (jsonl or json), or folders of *.jsonl.",
      valueName: "dir|file"))
  var inputs: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The merged file, or a folder for formats of one movie a file; - for standard output.",
      valueName: "file|dir"))
  var output: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "As in vidclass label (default: by the name of -o, else jsonl).", valueName: "format"))
  var format: OutputFormat?

  @OptionGroup var forFormats: FormatOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A database of the records: tables movies, segments, scores, failures, warnings.",
      valueName: "file"))
  var sqlite: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A list of paths, one a line, that must all be there; those missing are listed.",
      valueName: "file"))
  var expect: String?

  func validate() throws {
    if output == nil && sqlite == nil && !forFormats.beside {
      throw ValidationError("Say where the records go: -o, --sqlite or --beside.")
    }
    if output?.isEmpty == true { throw ValidationError("-o needs the name of a file or folder.") }
    if sqlite?.isEmpty == true { throw ValidationError("--sqlite needs the name of a file.") }
    if output != nil && forFormats.beside {
      throw ValidationError("--beside and -o exclude each other; give one of them.")
    }
    if output == nil && !forFormats.beside, let format {
      throw ValidationError("-f \(format.rawValue) needs -o or --beside.")
    }
  }

  func run() throws {
    let console = global.console
    let settings = try forFormats.settings
    if let sqlite { try RecordDatabase.requireOurs(sqlite) }
    if let output, output != "-" { try OutputFile.requireReplaceable(output, .text) }
    var records: [LabelRecord] = []
    var refused = 0
    for file in try files() {
      let found = try RecordFile.read(file)
      if found.badLines > 0 {
        console.warn("\(file): \(found.badLines) lines are no records; passed over")
      }
      for reason in found.refused { console.error("\(reason); this record is left out") }
      refused += found.refused.count
      records += found.records
    }
    let merged = MergedRecords(records)
    if merged.models.count > 1 {
      console.warn("the records come from \(merged.models.count) different models")
    }
    if let first = merged.replaced.first {
      console.warn(
        "\(first.text)\(merged.replaced.count > 1 ? " and \(merged.replaced.count - 1) more" : ""): "
          + "the records are of files of different size or time; the last record given counts")
    }
    if let sqlite { try RecordDatabase.write(merged.records, to: sqlite) }
    let unwritten = try write(merged.records, settings, console: console)

    for record in merged.failed { console.error(record.failure?.message ?? record.path.text) }
    var missing: [MediaPath] = []
    if let expect {
      let expected = try InputFile.paths(in: expect)
      missing = merged.missing(from: expected)
      for path in missing { console.error("\(path.text): missing; no record in the inputs") }
    }
    var parts = [
      merged.records.count == 1 ? "1 movie" : "\(merged.records.count) movies",
      "\(merged.duplicateCount) duplicate\(merged.duplicateCount == 1 ? "" : "s") removed",
    ]
    if !merged.partial.isEmpty { parts.append("\(merged.partial.count) partial") }
    if !merged.failed.isEmpty { parts.append("\(merged.failed.count) failed") }
    if refused > 0 { parts.append("\(refused) records left out") }
    if expect != nil { parts.append("\(missing.count) missing") }
    console.note(parts.joined(separator: ", "))
    if !missing.isEmpty || !merged.failed.isEmpty || refused + unwritten > 0 {
      throw ExitCode.partial
    }
  }

  /// The files to read, folders searched, without the output of an earlier merge.
  private func files() throws -> [String] {
    var files: [String] = []
    for input in inputs {
      guard Folder.exists(input) else {
        files.append(input)
        continue
      }
      let outputIdentity = output.flatMap { FileIdentity(MediaPath($0)) }
      let found = (Folder.names(input) ?? []).filter { $0.hasSuffix(".jsonl") }
        .map { PathText.join(input, $0) }
        .filter { outputIdentity == nil || FileIdentity(MediaPath($0)) != outputIdentity }
      if found.isEmpty {
        throw LabelError(.input, "\(input): no *.jsonl in it; name the files to merge")
      }
      files += found
    }
    return files
  }

  /// Writes the records in their format.
  ///
  /// - Returns: how many movies have no file of their own because it could not be written.
  private func write(
    _ records: [LabelRecord], _ settings: RenderSettings, console: Console
  ) throws -> Int {
    let isFolder = output.map { $0.hasSuffix("/") || Folder.exists($0) } ?? false
    let named = output.flatMap { OutputFormat.named(MediaPath($0).fileExtension) }
    let format = format ?? (forFormats.beside ? .vtt : named ?? .jsonl)
    try forFormats.require(format)
    if forFormats.beside || isFolder && format.isPerMovie {
      let place = output.map { MovieFiles.Place.folder($0) } ?? .beside
      return try writeEach(records, format, place, settings, console: console)
    }
    guard let output else { return 0 }
    if format.isPerMovie && records.count > 1 {
      throw ValidationError(
        "\(format.rawValue) holds one movie and there are \(records.count): give a folder with "
          + "-o DIR/, or --beside.")
    }
    if format == .labelstudio {
      try LabelStudioFormat.requireInside(records.map(\.path), settings)
    }
    if output == "-" {
      try StandardOutput.write(format.render(records, settings))
      return 0
    }
    try OutputOrigin.requireUnchanged(output, format)
    try AtomicFile.write(format.render(records, settings.writing(to: output)), to: output)
    if format == .labelstudio {
      try LabelStudioConfiguration.write(for: records, beside: output, console: console)
    }
    return 0
  }

  private func writeEach(
    _ records: [LabelRecord], _ format: OutputFormat, _ place: MovieFiles.Place,
    _ settings: RenderSettings, console: Console
  ) throws -> Int {
    let jobs = records.map { LabelJob(path: $0.path, relativePath: $0.path) }
    let files = MovieFiles(of: jobs, format: format, place: place, settings: settings)
    try files.requireOurs()
    var refused = 0
    for (index, record) in records.enumerated() {
      do { try files.write(record, at: index) } catch let error as LabelError {
        console.error(error.message)
        refused += 1
      }
    }
    return refused
  }
}
