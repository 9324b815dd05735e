import FileStore
import ModelFiles
import Networks

/// What a training starts from: a model of ours, which knows its network and what it reads, or bare
/// weights from elsewhere.
enum StartingPoint {
  case model(Model)
  case weights(SafeTensors)

  /// - Parameter architecture: the network that `--arch` names; nil for the file's own.
  init(path: String, architecture: String?) throws {
    if path.lowercased().hasSuffix(".json") {
      throw TrainingError(
        .settings,
        "\(PathText.display(path)): is an architecture, which has no weights; give it as "
          + "`architecture`")
    }
    if ONNXImport.isNamed(path) {
      self = try StartingPoint(onnx: path, architecture: architecture)
    } else if let file = try? SafeTensorsFile(path), ModelMetadata.isPresent(in: file.metadata) {
      self = .model(try Model.load(path: path))
    } else {
      self = .weights(try SafeTensors.readingWeights(path))
    }
  }

  private init(onnx path: String, architecture: String?) throws {
    let read = try ONNXImport(reading: path)
    if let metadata = read.metadata {
      self = .model(Model(metadata: metadata, network: read.network, path: path))
    } else if architecture == nil {
      self = .model(try ModelImport().model(of: read, programVersion: "").model)
    } else if Architecture.presets.contains(architecture ?? "") {
      // Exporters fold batch normalisations into convolutions, so that few tensors would fit.
      throw TrainingError(
        .settings,
        "\(PathText.display(path)): is a network of its own, which does not go into another; make a "
          + "model of it with vidclass import \(PathText.display(path)) -o MODEL, or leave out `architecture`"
      )
    } else {
      self = .weights(read.weights)
    }
  }

  var model: Model? {
    if case .model(let model) = self { model } else { nil }
  }

  /// Of the file.
  var hash: String {
    switch self {
    case .model(let model): model.hash
    case .weights(let tensors): "sha256:" + (tensors.digest ?? "")
    }
  }

  /// What a network has of the weights.
  struct Filling {
    /// What was taken, for people.
    let sentence: String
    /// The first node of the network that has weights of its own; nil where all were taken.
    let firstNewNode: Int?
  }

  /// Takes the weights into a network.
  ///
  /// - Parameter classes: of the data set; a head for others stays new.
  func fill(_ network: Network, classes: [String]) throws -> Filling {
    switch self {
    case .weights(let tensors):
      let transfer = try WeightTransfer(from: tensors, into: network)
      return Filling(sentence: transfer.sentence, firstNewNode: transfer.firstNewNode)
    case .model(let model):
      let isSame = model.metadata.classes == classes
      let transfer = try WeightTransfer(
        from: model.weights, into: network, skipping: isSame ? [] : network.headNames)
      let sentence =
        switch (transfer.isWhole, isSame) {
        case (true, true): "all weights taken (the classes are the same)"
        case (true, false): "weights taken but for a new head (the classes differ)"
        case (false, true): transfer.sentence
        case (false, false): transfer.sentence + "; a new head (the classes differ)"
        }
      return Filling(sentence: sentence, firstNewNode: transfer.firstNewNode)
    }
  }
}
