import FileStore
import Foundation
import Labelling

/// Takes finished records and writes them where and as the user wants.
final class LabelOutput {
  private enum Sink {
    /// Standard output, movie by movie in the order of the inputs.
    case stream
    /// A JSON Lines file, movie by movie as they finish.
    case journal(RecordJournal)
    /// One text at the end.
    case whole(LabelOutputPlan.Place)
    /// A file for each movie as it finishes.
    case movies(MovieFiles)
    /// Records are not wanted.
    case nothing
  }

  /// Movies whose own file could not be written; the others go on.
  private(set) var refused: [LabelError] = []
  private let format: OutputFormat
  private let settings: RenderSettings
  private let sink: Sink
  private var table: TableFormat
  private var ordered = OrderedOutput<LabelRecord>()
  private var collected: [Int: LabelRecord] = [:]

  /// - Throws: when the output cannot be opened or holds something that must not be lost.
  init(plan: LabelOutputPlan, jobs: [LabelJob], classNames: [String]) throws {
    format = plan.format
    settings = plan.settings
    table = TableFormat(
      paths: jobs.map(\.path), labels: classNames + [LabelRecord.unknown],
      columns: StandardOutput.isTerminal ? StandardOutput.columns : 100)
    if StandardOutput.usesColor { table.emphasis = { TextStyle.cyan.on($0, enabled: true) } }
    switch (plan.place, plan.format) {
    case (.standardOutput, .jsonl), (.standardOutput, .table): sink = .stream
    case (.file(let path), .jsonl):
      sink = .journal(try RecordJournal(path: path, others: LabelOutput.parts(beside: path)))
    case (.nowhere, _): sink = .nothing
    case (.movies(let place), let format):
      sink = .movies(MovieFiles(of: jobs, format: format, place: place, settings: settings))
    case (let place, _): sink = .whole(place)
    }
  }

  /// What earlier runs left in this output.
  var done: DoneList {
    if case .journal(let journal) = sink { return journal.done }
    return DoneList()
  }

  /// Takes the record of input number `index`.
  func add(_ record: LabelRecord, at index: Int) throws {
    switch sink {
    case .stream: for due in ordered.add(record, at: index) { try stream(due) }
    case .journal(let journal): try journal.append(record)
    case .whole: collected[index] = record
    case .movies(let files):
      do { try files.write(record, at: index) } catch let error as LabelError {
        refused.append(error)
      }
    case .nothing: break
    }
  }

  /// All records are there: writes what waited for that.
  func finish(console: Console) throws {
    if case .journal(let journal) = sink { try journal.requireLinked() }
    guard case .whole(let place) = sink else { return }
    let records = collected.keys.sorted().map { collected[$0]! }
    switch place {
    case .file(let path):
      try OutputOrigin.requireUnchanged(path, format)
      try AtomicFile.write(format.render(records, settings.writing(to: path)), to: path)
      if format == .labelstudio {
        return try LabelStudioConfiguration.write(for: records, beside: path, console: console)
      }
    case .standardOutput, .movies: try StandardOutput.write(format.render(records, settings))
    case .nowhere: break
    }
    if format == .labelstudio {
      let configuration = LabelStudioFormat.configuration(for: records)
      console.note("labelling configuration: \(PathText.display(configuration))")
    }
  }

  /// The run was interrupted: lets out what is finished where that can be gone on with.
  func flush(console: Console) throws {
    switch sink {
    case .stream: for record in ordered.drain() { try stream(record) }
    case .whole:
      console.warn(
        "nothing was written: \(format.rawValue) is written at the end; -o FILE.jsonl is kept "
          + "movie by movie, and vidclass merge turns it into any format")
    case .journal, .movies, .nothing: break
    }
  }

  private func stream(_ record: LabelRecord) throws {
    try StandardOutput.write(
      format == .table ? table.render(record) : format.render([record], settings))
  }

  /// Outputs of other shards in the same folder.
  private static func parts(beside path: String) -> [String] {
    let folder = PathText.folder(of: path)
    guard PathText.name(of: path).hasPrefix("part-") else { return [] }
    return (Folder.names(folder) ?? [])
      .filter { $0.hasPrefix("part-") && $0.hasSuffix(".jsonl") }
      .map { PathText.join(folder, $0) }
  }
}
