import ArgumentParser
import FileStore
import Labelling

/// `vidclass merge`: joins what shards and earlier runs of `label` wrote.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Joins files of labels: duplicates removed, sorted by path, in any format.",
    usage: "vidclass merge [<options>] <dir|file> ... --output <file>",
    discussion: """
      Of several records of a movie the best stays: one with a label before an error, then the \
      later one.

      EXAMPLES:
        vidclass merge out/ -o labels.csv
        vidclass merge out/ --expect all-movies.txt -o labels.jsonl
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(
    help: ArgumentHelp(
      "Files that vidclass label wrote (jsonl or json), or folders of *.jsonl.",
      valueName: "dir|file"))
  var inputs: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The merged file; - for standard output.", valueName: "file"))
  var output: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "As in vidclass label (default: by the name of -o, else jsonl).", valueName: "format"))
  var format: OutputFormat?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A list of paths, one a line, that must all be there; those missing are listed.",
      valueName: "file"))
  var expect: String?

  func run() throws {
    let console = global.console
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
    try write(merged.records)

    for record in merged.failed { console.error(record.failure?.message ?? record.path.text) }
    var missing: [MediaPath] = []
    if let expect {
      let expected = try InputFile.paths(in: expect)
      missing = merged.missing(from: expected)
      for path in missing { console.error("\(path.text): missing; no record in the inputs") }
    }
    var parts = ["\(merged.records.count) movies", "\(merged.duplicateCount) duplicates removed"]
    if !merged.partial.isEmpty { parts.append("\(merged.partial.count) partial") }
    if !merged.failed.isEmpty { parts.append("\(merged.failed.count) failed") }
    if refused > 0 { parts.append("\(refused) records left out") }
    if expect != nil { parts.append("\(missing.count) missing") }
    console.note(parts.joined(separator: ", "))
    if !missing.isEmpty || !merged.failed.isEmpty || refused > 0 { throw ExitCode.partial }
  }

  /// The files to read, folders searched, without the output of an earlier merge.
  private func files() throws -> [String] {
    var files: [String] = []
    for input in inputs {
      guard Folder.exists(input) else {
        files.append(input)
        continue
      }
      let outputIdentity = FileIdentity(MediaPath(output))
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

  private func write(_ records: [LabelRecord]) throws {
    let known: [OutputFormat] = [.jsonl, .json, .csv, .vtt, .srt]
    let suffix = MediaPath(output).fileExtension
    let format = format ?? known.first { $0.fileExtension == suffix } ?? .jsonl
    if format.isPerMovie && records.count > 1 {
      throw ValidationError(
        "\(format.rawValue) holds one movie and there are \(records.count); choose another format.")
    }
    let text = format.render(records)
    if output == "-" {
      try StandardOutput.write(text)
    } else {
      try AtomicFile.write(text, to: output)
    }
  }
}
