import FileStore
import ModelFiles
import Networks

/// `--arch FILE`: a network as `vidclass info --json` prints it.
struct ArchitectureFile {
  let path: String
  let architecture: Architecture

  /// Nil where a preset is asked for, or none.
  init?(_ name: String?) throws {
    guard let name else { return nil }
    let ending = name.lowercased()
    if [".onnx", ".pt", ".pth", ".safetensors"].contains(where: ending.hasSuffix) {
      throw TrainingError(
        .settings,
        "\(PathText.display(name)): holds weights and is no architecture; a training starts from it "
          + "with `initialModel`, and vidclass import FILE -o MODEL makes a model of it")
    }
    guard name.hasSuffix(".json") || name.contains("/") else { return nil }
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

  /// Checks the network of a file, perhaps with another input.
  ///
  /// - Parameter classes: of another number, which it is made to give first; nil for its own.
  static func fit(
    _ architecture: inout Architecture, of path: String, classes: Int?
  ) throws(TrainingError) {
    do {
      if let classes { try architecture.setClasses(classes) }
      try architecture.validate()
    } catch {
      throw TrainingError(.settings, "\(path): \(error.message)", underlying: error)
    }
  }
}

extension InputShape {
  /// What no clip can be made to, of a field: `frames is 0: …`; nil for a shape that clips can have.
  var flaw: String? {
    let sides = "8 to 1024 can be"
    for (field, count, isPossible, possible) in [
      ("frames", frames, (1...512).contains(frames), "1 to 512 can be"),
      ("height", height, (8...1024).contains(height), sides),
      ("width", width, (8...1024).contains(width), sides),
      (
        "channels", channels, [1, 2, 3, 6].contains(channels),
        "1 for grey and 3 for colour can be, twice that with differences of frames"
      ),
    ] where !isPossible {
      return "\(field) is \(count): \(possible)"
    }
    return nil
  }
}
