import ArgumentParser
import FileStore
import Labelling

/// What single formats want to know, of `label` and `merge`.
struct FormatOptions: ParsableArguments {
  @Flag(
    name: .long,
    help: "A file beside each movie: vtt (the default here), srt, eaf, edl.")
  var beside = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With -f labelstudio: the folder that its local storage serves (its document root).",
      valueName: "dir"))
  var labelstudioRoot: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With -f edl or fcpxml: where the editor's timeline begins, such as 01:00:00:00, or "
        + "01:00:00;00 in drop-frame (default: the movie's own timecode, else zero).",
      valueName: "timecode"))
  var startTimecode: String?

  func validate() throws {
    if let startTimecode, Timecode(startTimecode) == nil {
      throw ValidationError("--start-timecode \(startTimecode): expected hh:mm:ss:ff.")
    }
    if labelstudioRoot?.isEmpty == true {
      throw ValidationError("--labelstudio-root needs a folder.")
    }
  }

  /// Refuses options that say nothing about `format`.
  func require(_ format: OutputFormat) throws(ValidationError) {
    if beside && !format.isPerMovie {
      throw ValidationError(
        "--beside is for formats of one movie a file: vtt, srt, eaf, edl; not \(format.rawValue).")
    }
    if labelstudioRoot != nil && format != .labelstudio {
      throw ValidationError("--labelstudio-root belongs to -f labelstudio.")
    }
    if startTimecode != nil && format != .edl && format != .fcpxml {
      throw ValidationError("--start-timecode belongs to -f edl and -f fcpxml.")
    }
  }

  /// The settings for files of this run.
  ///
  /// - Throws: `LabelError` where there is no such root.
  var settings: RenderSettings {
    get throws(LabelError) {
      var settings = RenderSettings()
      settings.startTimecode = startTimecode.flatMap { Timecode($0) }
      if let labelstudioRoot {
        guard Folder.exists(labelstudioRoot) else {
          throw LabelError(.input, "\(labelstudioRoot): no such folder to serve movies from")
        }
        settings.labelStudioRoot = settings.absolute(labelstudioRoot)
      }
      return settings
    }
  }
}

/// Label Studio's labelling configuration, which goes beside its tasks.
enum LabelStudioConfiguration {
  /// `tasks.xml` of `tasks.json`.
  static func path(beside tasks: String) -> String {
    PathText.join(
      PathText.folder(of: tasks), FileName.joining(PathText.stem(of: tasks), ".xml"))
  }

  /// - Throws: `LabelError` where somebody has worked on the one that is there.
  static func requireOurs(beside tasks: String) throws(LabelError) {
    let path = path(beside: tasks)
    guard RegularFile.exists(path) else { return }
    let text = try? RegularFile.readText(path, maximumBytes: 1 << 24)
    if text.map(LabelStudioFormat.isOurs) ?? false { return }
    throw LabelError(
      .output,
      "\(path): is there already, and not as vidclass wrote it; move it away or choose another -o")
  }

  /// Writes it, and says where.
  static func write(for records: [LabelRecord], beside tasks: String, console: Console) throws {
    let path = path(beside: tasks)
    try requireOurs(beside: tasks)
    try AtomicFile.write(LabelStudioFormat.configuration(for: records) + "\n", to: path)
    console.note("labelling configuration: \(path)")
  }
}
