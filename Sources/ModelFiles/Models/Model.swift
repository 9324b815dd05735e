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

  /// A model that is not in a file of its own yet.
  ///
  /// - Parameters:
  ///   - metadata: its architecture must be the network's, and all of it fit together.
  ///   - path: the file of another format that it was made of.
  public init(metadata: ModelMetadata, network: Network, path: String? = nil) {
    precondition(metadata.architecture == network.architecture, "two architectures in one model")
    if let flaw = metadata.flaw { preconditionFailure("the model \(flaw)") }
    self.metadata = metadata
    self.network = network
    fileHash = nil
    self.path = path
  }

  /// `sha256:…` of the file the model was loaded from, or would be saved as.
  public var hash: String {
    if let fileHash { return fileHash }
    var hash = SHA256()
    writer.forEachPiece { hash.update($0) }
    return "sha256:" + hash.finish()
  }

  /// The networks of an ensemble as models of their own, with copies of the weights; empty for a
  /// single network.
  public func members() throws(NetworkError) -> [Model] {
    guard let networks = try network.members() else { return [] }
    var metadata = metadata
    metadata.temperature = Double(network.architecture.memberTemperature)
    return networks.map { network in
      metadata.architecture = network.architecture
      return Model(metadata: metadata, network: network, path: path)
    }
  }

  // MARK: Reading

  /// Reads a model and checks all of it: the file's form, the metadata, and every tensor's name,
  /// type, shape and values.
  ///
  /// - Throws: a one-line error that names the file, what does not fit and what to do.
  public static func load(path: String) throws(ModelFileError) -> Model {
    try Model(reading: try SafeTensorsFile(path))
  }

  private init(reading file: SafeTensorsFile) throws(ModelFileError) {
    let path = file.path
    let metadata = try ModelMetadata(file.metadata, path: path, weights: file.byteCount)
    if let flaw = metadata.flaw {
      throw ModelFileError(
        .mismatch, path: path, "\(flaw); give a model that vidclass train wrote")
    }
    try ArchitectureCheck.check(metadata.architecture, against: file)
    let network: Network
    do {
      network = try Network(architecture: metadata.architecture, seed: 0)
    } catch {
      throw ModelFileError(
        .mismatch, path: path, "describes an impossible network (\(error.message))",
        underlying: error)
    }
    try Model.read(file, into: network)
    try Model.checkVariances(network, path)
    self.metadata = metadata
    self.network = network
    fileHash = "sha256:" + file.digest()
    self.path = path
  }

  /// Fills the network with the file's tensors, which must be just those that it has.
  private static func read(
    _ file: SafeTensorsFile, into network: Network
  ) throws(ModelFileError) {
    var places: [String: UnsafeMutableBufferPointer<Float>] = [:]
    for (entries, values) in [
      (network.entries, network.parameters), (network.bufferEntries, network.buffers),
    ] {
      for entry in entries {
        try file.entry(entry.name, type: .float32, shape: entry.shape)
        places[entry.name] = .init(rebasing: values[entry.range])
      }
    }
    let counters = Set(network.normalizationNames.map(counterName))
    for counter in counters.sorted() { try file.entry(counter, type: .int64, shape: []) }
    let strangers = file.entries.map(\.name).filter { places[$0] == nil && !counters.contains($0) }
    if let stranger = strangers.min(by: SafeTensors.precedes) {
      throw ModelFileError(
        .mismatch, path: file.path,
        "holds the tensor \(stranger), which its network does not have; "
          + "was it made for another network?")
    }
    var batches: Set<Int64> = []
    for entry in file.entries {
      if let place = places[entry.name] {
        try file.read(entry, into: place)
      } else {
        batches.insert(try file.read(entry).withUnsafeBytes { $0.loadUnaligned(as: Int64.self) })
      }
    }
    guard let count = batches.first else { return }
    guard batches.count == 1, count >= 0 else {
      throw ModelFileError(
        .mismatch, path: file.path, "its counts of training batches (num_batches_tracked) disagree")
    }
    network.batchesTracked = Int(count)
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
            + "lower `learningRate` or from another start")
      }
    }
    try writer.write(to: path)
  }

  /// The file's content, whose values are the network's own.
  private var writer: SafeTensorsWriter {
    var writer = SafeTensorsWriter(metadata: metadata.strings)
    for (entries, values) in [
      (network.entries, network.parameters), (network.bufferEntries, network.buffers),
    ] {
      for entry in entries {
        writer.lend(
          entry.name, shape: entry.shape, floats: UnsafeBufferPointer(rebasing: values[entry.range])
        )
      }
    }
    for tensor in counters { writer.add(tensor) }
    return writer
  }

  /// The batches that each normalisation has seen.
  private var counters: [SafeTensors.Tensor] {
    let bytes = withUnsafeBytes(of: Int64(network.batchesTracked).littleEndian) { Array($0) }
    return network.normalizationNames.map {
      SafeTensors.Tensor(name: Model.counterName($0), type: .int64, shape: [], bytes: bytes)
    }
  }

  /// A copy of the weights and running statistics, by name.
  public var weights: SafeTensors {
    var tensors = SafeTensors(
      source: path ?? "", digest: nil, metadata: metadata.strings, tensors: [])
    for entry in network.entries + network.bufferEntries {
      tensors.set(entry.name, shape: entry.shape, floats: network.values(of: entry))
    }
    for counter in counters {
      tensors.set(counter.name, type: counter.type, shape: counter.shape, bytes: counter.bytes)
    }
    return tensors
  }

  private static func counterName(_ normalization: String) -> String {
    normalization + ".num_batches_tracked"
  }
}
