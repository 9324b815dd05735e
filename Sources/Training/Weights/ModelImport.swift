import ClipSampling
import FileStore
import ModelFiles
import Networks

/// Makes a model of ours from a network, and from weights of elsewhere that belong to it.
public struct ModelImport: Sendable {
  /// A preset's name, with what is said of it, or the path of an architecture as JSON.
  public var architecture: String?
  /// The layer through time; nil for the preset's own.
  public var recurrence: PresetOptions.Recurrence?
  /// How steps become a vector; nil for the preset's own.
  public var head: PresetOptions.Head?
  /// Of a clip; nil for the network's own.
  public var frames: Int?
  /// Height and width in pixels; nil for the network's own.
  public var size: Int?
  /// Names of the classes; nil for as many as the weights' classifier has, called by their numbers.
  public var classes: [String]?
  /// How the weights' pixels were centred and scaled; nil for what the file or the preset says, and
  /// where nothing does, each clip by itself.
  public var normalization: Preprocessing.Normalization?
  /// Of values that no file gives.
  public var seed: UInt64 = 0

  /// Nothing is asked for yet.
  public init() {}

  /// A model with the weights of a file; without one with fresh weights.
  ///
  /// - Returns: the model, and what was taken, for people.
  public func model(weights path: String?, programVersion: String) throws -> (
    model: Model, taken: String?
  ) {
    if let classes, Set(classes).count != classes.count {
      throw TrainingError(.usage, "two classes have the same name; each needs its own")
    }
    try normalization?.requireBounds()
    if architecture == nil, let path, ONNXImport.isNamed(path) {
      return try imported(onnx: path, programVersion: programVersion)
    }
    let begin = try path.map { try StartingPoint(path: $0, architecture: architecture) }
    if case .model = begin {
      throw TrainingError(
        .usage, "\(PathText.display(path ?? "")): is a model already; use it as it is")
    }
    let blueprint = try blueprint()
    func network(_ count: Int?) throws -> Network {
      try Network(architecture: try blueprint.architecture(classes: count), seed: seed)
    }
    var count = classes?.count
    if count == nil, case .weights(let tensors) = begin,
      let rows = try network(nil).headNames.sorted().lazy.compactMap({ tensors[$0]?.shape.first })
        .first, (2...1 << 20).contains(rows)
    {
      count = rows
    }
    let made = try network(count)
    let taken = try begin?.fill(made, classes: []).sentence
    return (
      try model(
        made, normalization: path == nil ? nil : blueprint.normalization,
        programVersion: programVersion),
      taken
    )
  }

  /// What the network is to be, but for the number of its classes.
  private struct Blueprint {
    var input: InputShape
    /// Of the pixels that the weights have learned from; nil where it is not known.
    let normalization: Preprocessing.Normalization?
    /// The network with this input, for so many classes; nil for the usual number.
    let make: (InputShape, Int?) throws -> Architecture

    func architecture(classes: Int?) throws -> Architecture { try make(input, classes) }
  }

  private func blueprint() throws -> Blueprint {
    var blueprint = try ArchitectureFile(architecture).map(drawn) ?? preset()
    blueprint.input.frames = frames ?? blueprint.input.frames
    if let size { (blueprint.input.height, blueprint.input.width) = (size, size) }
    if let flaw = blueprint.input.flaw { throw TrainingError(.usage, "the input's \(flaw)") }
    return blueprint
  }

  private func preset() throws -> Blueprint {
    let names = Architecture.presets.joined(separator: ", ")
    guard let name = architecture else {
      throw TrainingError(
        .usage,
        "the network that the weights belong to is not named; give `architecture` a JSON file or one of "
          + names)
    }
    guard let preset = Preset.all.first(where: { $0.name == name }) else {
      throw TrainingError(
        .usage,
        "no network is called '\(PathText.display(name))'; give `architecture` a JSON file or one of "
          + names)
    }
    let options = PresetOptions(recurrence: recurrence, head: head)
    return Blueprint(
      input: preset.input,
      normalization: preset.pixels.map { .fixed(mean: $0.mean, std: $0.deviation) },
      make: { try preset.architecture(input: $0, classes: $1 ?? 2, options: options) })
  }

  private func drawn(_ file: ArchitectureFile) throws -> Blueprint {
    guard recurrence == nil, head == nil else { throw ArchitectureFile.cannotBeVaried }
    if frames == nil, size == nil, let flaw = file.architecture.input.flaw {
      throw TrainingError(.settings, "\(file.path): input.\(flaw)")
    }
    return Blueprint(
      input: file.architecture.input, normalization: nil,
      make: { input, classes in
        var architecture = file.architecture
        architecture.input = input
        try ArchitectureFile.fit(&architecture, of: file.path, classes: classes)
        return architecture
      })
  }

  /// The network of an ONNX file, which says itself what it is. What our own exporter wrote of
  /// classes and preprocessing stays; that of others is unknown, and each clip is normalised by
  /// itself.
  private func imported(onnx path: String, programVersion: String) throws -> (
    model: Model, taken: String?
  ) {
    guard recurrence == nil, head == nil else {
      throw TrainingError(
        .usage, "`recurrence` and `head` change networks of `architecture`, not of an ONNX file")
    }
    let read = try ONNXImport(reading: path, frames: frames, size: size)
    return try model(of: read, programVersion: programVersion)
  }

  /// The model of a network that an ONNX file described.
  func model(of read: ONNXImport, programVersion: String) throws -> (model: Model, taken: String?) {
    let path = read.source
    let architecture = read.network.architecture
    if let classes, classes.count != architecture.classes {
      throw TrainingError(
        .usage,
        "\(classes.count) names for the \(architecture.classes) classes of \(PathText.display(path))"
      )
    }
    guard [1, 2, 3, 6].contains(architecture.input.channels) else {
      throw TrainingError(
        .usage,
        "\(PathText.display(path)): reads \(architecture.input.channels) channels; vidclass prepares "
          + "1 or 3 colours, with their differences over time 2 or 6")
    }
    var taken =
      "\(architecture.layers.count) layers with "
      + "\(read.network.entries.count + read.network.bufferEntries.count) tensors, for clips of "
      + "\(architecture.input)"
    if read.isFramewise { taken += "; each frame by itself, the mean over time scores" }
    for note in read.notes { taken += "; \(note)" }
    guard var metadata = read.metadata else {
      if normalization == nil {
        taken +=
          "; pixels are normalised for each clip, as the file does not say how: `pixels`, "
          + "or `mean` and `std`, do"
      }
      return (try model(read.network, normalization: nil, programVersion: programVersion), taken)
    }
    if let normalization {
      metadata.preprocessing.normalization = try normalization.fitting(metadata.preprocessing)
    }
    if let classes { metadata.classes = classes }
    metadata.programVersion = programVersion
    return (Model(metadata: metadata, network: read.network), taken)
  }

  private func model(
    _ network: Network, normalization usual: Preprocessing.Normalization?, programVersion: String
  ) throws -> Model {
    let architecture = network.architecture
    let input = architecture.input
    let names =
      classes.flatMap { $0.count == architecture.classes ? $0 : nil }
      ?? (0..<architecture.classes).map { "class \($0)" }
    var preprocessing = Preprocessing(
      frames: input.frames, height: input.height, width: input.width,
      color: input.channels < 3 ? .gray : .rgb,
      motion: input.channels % 2 == 0 ? .difference : .none,
      normalization: usual ?? .perClip)
    if let normalization {
      preprocessing.normalization = try normalization.fitting(preprocessing)
    }
    return Model(
      metadata: ModelMetadata(
        architecture: architecture, classes: names, preprocessing: preprocessing,
        programVersion: programVersion),
      network: network)
  }
}
