import ArgumentParser
import FileStore
import Foundation
import Labelling
import ModelFiles
import VideoDecoding

/// Whether and how `label` makes a page on which its labels can be put right.
struct LabelReviewOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A page to look at the labels and correct them in a browser; -o with such a name makes the page alone.",
      valueName: "file.html"))
  var report: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The page asks about the n segments whose labels would teach most: doubted or contradicted, spread over groups.",
      valueName: "n"))
  var doubtful: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Groups of movies for the page, by a pattern's first capture in their paths, or folder (default: read from names).",
      valueName: "regex|folder"))
  var groupBy: String?

  /// Whether a name is that of a page.
  static func isPage(_ path: String?) -> Bool {
    guard let path, !path.hasSuffix("/") else { return false }
    return ["html", "htm"].contains(MediaPath(path).fileExtension)
  }

  /// Whether a page was asked for.
  func isOn(output: String?, format: OutputFormat?) -> Bool {
    report != nil || format == nil && LabelReviewOptions.isPage(output)
  }

  func validate(output: String?, format: OutputFormat?) throws {
    let isOutput = format == nil && LabelReviewOptions.isPage(output)
    if let report {
      if !LabelReviewOptions.isPage(report) {
        throw ValidationError("--report needs the name of a page, such as review.html.")
      }
      if isOutput || report == output {
        throw ValidationError(
          "-o is the page itself; give records another name, such as -o labels.jsonl.")
      }
    } else if !isOutput && (doubtful != nil || groupBy != nil) {
      throw ValidationError(
        "--doubtful and --group-by are about the review page; give --report FILE.html.")
    }
    if let doubtful, !(1...1_000_000).contains(doubtful) {
      throw ValidationError("--doubtful must be from 1 to 1000000, not \(doubtful).")
    }
  }

  /// Nil where no page was asked for.
  ///
  /// - Throws: `LabelError` when it could not be written.
  func collector(
    for model: Model, output: String?, format: OutputFormat?
  ) throws -> LabelReview? {
    let isOutput = format == nil && LabelReviewOptions.isPage(output)
    guard let path = report ?? (isOutput ? output : nil) else { return nil }
    if Folder.exists(path) { throw LabelError(.output, "\(path): is a folder; name a page") }
    try OutputPlace.requireWritable(file: path)
    if let groupBy, groupBy != "folder", (try? Regex(groupBy)) == nil {
      throw ValidationError("--group-by \"\(groupBy)\" is not a regular expression.")
    }
    var settings = ReviewCollector.Settings(
      doubtful: doubtful, groupBy: groupBy, model: "the model \(model.hash.prefix(19))",
      classes: model.metadata.classes)
    settings.wording = { SettingNames.options(in: $0) }
    settings.training = "vidclass train CLIPS --add corrections.csv"
    return LabelReview(path: path, collector: ReviewCollector(settings))
  }
}

/// The page of one run.
struct LabelReview {
  let path: String
  let collector: ReviewCollector

  func write(limits: DecodeLimits, threads: Int, console: Console) throws {
    let bar = ProgressBar("pictures", total: nil, unit: "movies", console: console)
    let page = try collector.page(
      folder: PathText.folder(of: path),
      current: FileManager.default.currentDirectoryPath, limits: limits, threads: threads
    ) { done, _ in
      bar.update(completed: done)
      return !Interrupt.isRequested
    }
    bar.finish()
    try AtomicFile.write(try page.html(), to: path)
    let bare =
      page.withoutStrip > 0 ? " (\(page.withoutStrip) without pictures, which do not all fit)" : ""
    console.note(
      "review page: \(PathText.display(path)), \(page.count) movies\(bare); open it in a browser")
  }
}
