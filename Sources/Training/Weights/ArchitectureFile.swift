import FileStore
import ModelFiles
import Networks

/// `--arch FILE`: a network as `vidclass info --json` prints it.
struct ArchitectureFile {
  let path: String
  let architecture: Architecture

  /// Nil where a preset is asked for, or none.
  init?(_ name: String?) throws {
    guard let name, name.hasSuffix(".json") || name.contains("/") else {
      return nil
    }
    path = PathText.display(name)
    let bytes: [UInt8]
    do {
      bytes = try RegularFile.read(name, maximumBytes: ArchitectureFile.largest)
    } catch {
      throw TrainingError(
        .settings, "\(error.message); give `architecture` a preset or a JSON file",
        underlying: error)
    }
    do {
      architecture = try Architecture(json: bytes, source: name)
    } catch {
      throw TrainingError(.settings, error.message, underlying: error)
    }
  }

  /// Bytes of a file: a thousand for each of the most layers that a network may have.
  private static let largest = 2 << 20

  static var cannotBeVaried: TrainingError {
    TrainingError(.usage, "`recurrence` and `head` vary the presets, and not a network of your own")
  }

  /// Checks the network of the file with another input or number of classes.
  func validate(_ changed: Architecture) throws {
    do {
      try changed.validate()
    } catch {
      throw TrainingError(.settings, "\(path): \(error.message)", underlying: error)
    }
  }
}
