import FileStore
import Networks

/// A network with all that is needed to use it: one self-describing file.
///
/// Not thread-safe, as the network is not.
public struct Model {
  /// All that the file says besides its weights.
  public var metadata: ModelMetadata
  /// With the file's weights.
  public let network: Network
  private let fileHash: String?
  /// The file it was loaded from; nil for a model that is not in one yet.
  public let path: String?

  /// A model that is not in a file yet.
  ///
  /// - Parameters:
  ///   - metadata: its architecture must be the network's, and all of it fit together.
  public init(metadata: ModelMetadata, network: Network) {
    precondition(metadata.architecture == network.architecture, "two architectures in one model")
    if let flaw = metadata.flaw { preconditionFailure("the model \(flaw)") }
    self.metadata = metadata
    self.network = network
    fileHash = nil
    path = nil
  }

  /// `sha256:…` of the file the model was loaded from, or would be saved as.
  public var hash: String { fileHash ?? "sha256:" + Digest.sha256(tensors.serialized()) }

  // MARK: Reading

  /// Reads a model and checks all of it: the file's form, the metadata, and every tensor's name,
  /// type, shape and values.
  ///
  /// - Throws: a one-line error that names the file, what does not fit and what to do.
  public static func load(path: String) throws(ModelFileError) -> Model {
    let tensors = try SafeTensors(reading: path)
    return try Model(tensors, hash: tensors.digest.map { "sha256:" + $0 })
  }

  init(_ tensors: SafeTensors, hash: String?) throws(ModelFileError) {
    let path = tensors.source
    let metadata = try ModelMetadata(
      tensors.metadata, path: path, weights: tensors.byteCount)
    if let flaw = metadata.flaw {
      throw ModelFileError(
        .mismatch, path: path, "\(flaw); give a model that vidclass train wrote")
    }
    try ArchitectureCheck.check(metadata.architecture, against: tensors)
    let network: Network
    do {
      network = try Network(architecture: metadata.architecture, seed: 0)
    } catch {
      throw ModelFileError(
        .mismatch, path: path, "describes an impossible network (\(error.message))",
        underlying: error)
    }
    var expected: Set<String> = []
    for (entries, values) in [
      (network.entries, network.parameters), (network.bufferEntries, network.buffers),
    ] {
      for entry in entries {
        try tensors.copy(
          entry.name, shape: entry.shape, into: .init(rebasing: values[entry.range]))
        expected.insert(entry.name)
      }
    }
    var batches: Set<Int64> = []
    for name in network.normalizationNames {
      let counter = Model.counterName(name)
      batches.insert(try tensors.integers(counter, shape: [])[0])
      expected.insert(counter)
    }
    if let count = batches.first {
      guard batches.count == 1, count >= 0 else {
        throw ModelFileError(
          .mismatch, path: path, "its counts of training batches (num_batches_tracked) disagree")
      }
      network.batchesTracked = Int(count)
    }
    if let stranger = tensors.names.first(where: { !expected.contains($0) }) {
      throw ModelFileError(
        .mismatch, path: path,
        "holds the tensor \(stranger), which its network does not have; "
          + "was it made for another network?")
    }
    try Model.checkVariances(network, path)
    self.metadata = metadata
    self.network = network
    fileHash = hash
    self.path = path
  }

  /// A negative variance would make scores that are not numbers.
  private static func checkVariances(_ network: Network, _ path: String) throws(ModelFileError) {
    for entry in network.bufferEntries where entry.name.hasSuffix(".running_var") {
      if network.buffers[entry.range].contains(where: { $0 < 0 }) {
        throw ModelFileError(.mismatch, path: path, "tensor \(entry.name) has a negative variance")
      }
    }
  }

  // MARK: Writing

  /// Writes the model in one step; the same model always gives the same bytes.
  ///
  /// - Throws: `nonFinite` for weights that `load` would refuse.
  public func save(to path: String) throws(ModelFileError) {
    for (entries, values) in [
      (network.entries, network.parameters), (network.bufferEntries, network.buffers),
    ] {
      for entry in entries where !values[entry.range].allSatisfy(\.isFinite) {
        throw ModelFileError(
          .nonFinite, path: path,
          "not written: the training drove \(entry.name) beyond all numbers; train again, with a "
            + "lower --lr or from another start")
      }
    }
    try tensors.write(to: path)
  }

  /// The weights and running statistics by name.
  public var weights: SafeTensors { tensors }

  /// The model's file content.
  var tensors: SafeTensors {
    var tensors = SafeTensors(metadata: metadata.strings)
    for (entries, values) in [
      (network.entries, network.parameters), (network.bufferEntries, network.buffers),
    ] {
      for entry in entries {
        tensors.set(
          entry.name, shape: entry.shape,
          floats: UnsafeBufferPointer(rebasing: values[entry.range]))
      }
    }
    for name in network.normalizationNames {
      tensors.set(
        Model.counterName(name), shape: [], integers: [Int64(network.batchesTracked)])
    }
    return tensors
  }

  private static func counterName(_ normalization: String) -> String {
    normalization + ".num_batches_tracked"
  }
}
