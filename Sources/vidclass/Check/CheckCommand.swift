import ArgumentParser
import Datasets
import FileStore
import Foundation
import Training
import VideoDecoding

/// `vidclass check`: what is wrong with clips, found by decoding all of them.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Decodes every clip in full and tells what is wrong with them.",
    discussion: """
      CLIPS is what train accepts: a folder of class folders, a folder with train, val and test, a \
      CSV manifest or a text list. Or name movies, image folders and folders of them without \
      classes.

      Lists files that cannot be read, or only in part; copies, also re-encoded, scaled or trimmed \
      ones, above all those on both sides of the split that train would make and those under two \
      labels; variable frame rates, very short, turned, blank clips; classes, groups and split; \
      sizes and rates that betray the class. Ends with the rate of decoding and an estimate of the \
      time training takes.

      EXAMPLES:
        vidclass check clips/
        vidclass check clips/ --fix-list good.csv && vidclass train good.csv
        vidclass check movies/ --fix-list good.txt
        vidclass label --files-from good.txt
      """)

  @Argument(
    help: ArgumentHelp("A data set, or movies and folders of movies.", valueName: "clips"))
  var paths: [String]

  @OptionGroup var split: DivisionOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write the clips that can be read in full here: their paths, one a line; with the extension "
        + "csv a manifest for train.", valueName: "file"))
  var fixList: String?

  @OptionGroup var json: JSONOption
  @OptionGroup var sandbox: SandboxOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if paths.contains("") { throw ValidationError("The name of a data set or movie is empty.") }
    if let fixList, fixList.isEmpty || MediaKind.isVideo(fixList) {
      throw ValidationError("--fix-list needs the name of a list such as good.txt or good.csv.")
    }
    if paths.count > 1 && split.isAny {
      throw ValidationError(
        "--val, --val-groups, --group-by, --classes and --add need one data set, not \(paths.count) paths."
      )
    }
  }

  func run() throws {
    let console = global.console
    try sandbox.prepare(console)
    if let fixList {
      try OutputFile.requireFolder(of: fixList)
      try OutputFile.requireReplaceable(fixList, .text, reads: paths)
    }
    let input = try CheckInput(request: request, paths: paths, threads: global.threadCount)
    Interrupt.install()
    for warning in input.warnings { console.warn(warning) }

    let total = Set(input.clips.lazy.map(\.file)).count
    let bar = ProgressBar("decoding", total: total, unit: "files", console: console)
    let inspection = ClipInspector(
      threads: global.threadCount, limits: request.limits
    ).run(input.clips) { progress in
      bar.update(completed: progress.files, note: "\(progress.frames) frames")
      return !Interrupt.isRequested
    }
    bar.finish()
    if inspection.isCancelled {
      throw Interrupted(
        signal: Interrupt.signal ?? SIGINT,
        message: "interrupted after \(inspection.files) of \(total) files; nothing was written")
    }
    let report = CheckReport(input, inspection: inspection, threads: global.threadCount)
    if let fixList {
      try FixList.write(report, to: fixList)
      console.note(FixList.sentence(report, path: fixList))
    }
    if json.json {
      try StandardOutput.writeJSON(CheckSummary(report))
    } else {
      let lines = report.lines(isStyled: StandardOutput.usesColor)
      try StandardOutput.write(lines.joined(separator: "\n") + "\n")
    }
    if report.good.isEmpty && report.partial.isEmpty {
      throw CheckError(
        description:
          "\(PathText.display(input.title)): nothing could be read; the files are listed "
          + "with the reasons")
    }
    if !report.unreadable.isEmpty || !report.partial.isEmpty || !input.missing.isEmpty {
      throw ExitCode.partial
    }
  }

  private var request: TrainingRequest {
    var request = TrainingRequest(data: paths.first ?? "")
    split.apply(to: &request)
    request.seed = global.seed
    return request
  }
}

/// Nothing at all could be checked.
struct CheckError: Error, CustomStringConvertible {
  let description: String
}
