import FileStore
import ModelFiles
import Networks

/// What a training starts from: a model of ours, which knows its network and what it reads, or bare
/// weights from elsewhere.
enum StartingPoint {
  case model(Model)
  case weights(SafeTensors)

  init(path: String) throws {
    if ONNXImport.isNamed(path) {
      let read = try ONNXImport(reading: path)
      self =
        read.metadata.map { .model(Model(metadata: $0, network: read.network)) }
        ?? .weights(read.weights)
      return
    }
    if let file = try? SafeTensorsFile(path), ModelMetadata.isPresent(in: file.metadata) {
      self = .model(try Model.load(path: path))
    } else {
      self = .weights(try SafeTensors.readingWeights(path))
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

  /// Takes the weights into a network.
  ///
  /// - Parameter classes: of the data set; a head for others stays new.
  /// - Returns: what was taken, for people.
  func fill(_ network: Network, classes: [String]) throws -> String {
    switch self {
    case .weights(let tensors):
      return try WeightTransfer(from: tensors, into: network).sentence
    case .model(let model):
      let isSame = model.metadata.classes == classes
      let transfer = try WeightTransfer(
        from: model.weights, into: network, skipping: isSame ? [] : network.headNames)
      guard model.network.entries.map(\.name) == network.entries.map(\.name) else {
        return transfer.sentence
      }
      return isSame
        ? "all weights taken (the classes are the same)"
        : "weights taken but for a new head (the classes differ)"
    }
  }
}
