import Networks

/// Takes the weights of a file into a network, by name and shape: what fits is copied, the rest is
/// told.
public struct WeightTransfer: Sendable {
  /// Tensors of the network that were filled, in its order.
  public private(set) var taken: [String] = []
  /// Tensors of the network that the file does not have.
  public private(set) var missing: [String] = []
  /// Tensors of the network that the file has in another shape.
  public private(set) var misshapen: [Misfit] = []
  /// Tensors of the file that the network has no use for.
  public private(set) var left: [String] = []
  /// What the file puts before the network's names, such as `backbone.`.
  public let prefix: String

  /// A tensor that has one shape in the file and another in the network.
  public struct Misfit: Sendable, CustomStringConvertible {
    /// As the network calls it.
    public let name: String
    /// Its shape in the file.
    public let found: [Int]
    /// Its shape in the network.
    public let needed: [Int]

    public var description: String { "\(name) \(found) instead of \(needed)" }
  }

  /// What programs put before a network's own names.
  private static let prefixes = [
    "", "module.", "model.", "backbone.", "trunk.", "net.", "encoder.",
  ]
  private static let counter = "num_batches_tracked"

  /// Copies what fits.
  ///
  /// - Parameter skipped: tensors of the network that stay as they are.
  /// - Throws: `mismatch` where not one tensor fits, before anything is changed.
  public init(
    from tensors: SafeTensors, into network: Network, skipping skipped: Set<String> = []
  ) throws(ModelFileError) {
    let entries = (network.entries + network.bufferEntries).filter { !skipped.contains($0.name) }
    func fitting(_ prefix: String) -> Int {
      entries.count { tensors[prefix + $0.name]?.shape == $0.shape }
    }
    let found = Self.prefixes.map { (prefix: $0, count: fitting($0)) }
    let best = found.max { $0.count < $1.count }
    guard let best, best.count > 0 else {
      let names = tensors.names.prefix(3).joined(separator: ", ")
      throw ModelFileError(
        .mismatch, path: tensors.source,
        "none of its \(tensors.names.count) tensors (\(names) …) fits the network "
          + "\(network.architecture.name) by name and shape; choose the network it was made for")
    }
    prefix = best.prefix
    var used: Set<String> = []
    for (entries, values) in [
      (network.entries, network.parameters), (network.bufferEntries, network.buffers),
    ] {
      for entry in entries where !skipped.contains(entry.name) {
        let name = prefix + entry.name
        used.insert(name)
        guard let tensor = tensors[name] else {
          missing.append(entry.name)
          continue
        }
        guard tensor.shape == entry.shape, tensor.type == .float32 else {
          misshapen.append(Misfit(name: entry.name, found: tensor.shape, needed: entry.shape))
          continue
        }
        try tensors.copy(
          name, shape: entry.shape, into: .init(rebasing: values[entry.range]))
        taken.append(entry.name)
      }
    }
    left = tensors.names.filter { !used.contains($0) && !$0.hasSuffix("." + Self.counter) }
    for name in network.normalizationNames {
      guard let count = try? tensors.integers("\(prefix)\(name).\(Self.counter)", shape: []).first,
        count >= 0, count < 1 << 53
      else { continue }
      network.batchesTracked = max(network.batchesTracked, Int(count))
    }
    try requireVariances(network, tensors.source)
  }

  private func requireVariances(_ network: Network, _ path: String) throws(ModelFileError) {
    for entry in network.bufferEntries where entry.name.hasSuffix(".running_var") {
      if network.buffers[entry.range].contains(where: { $0 < 0 }) {
        throw ModelFileError(.mismatch, path: path, "tensor \(entry.name) has a negative variance")
      }
    }
  }

  /// What was taken, left and missing, in a sentence.
  public var sentence: String {
    func some(_ names: [String]) -> String {
      names.prefix(4).joined(separator: ", ")
        + (names.count > 4 ? " and \(names.count - 4) more" : "")
    }
    var parts = ["\(taken.count) tensors taken"]
    if !prefix.isEmpty { parts[0] += " (named \(prefix)… there)" }
    if !misshapen.isEmpty {
      parts.append("of another shape: \(some(misshapen.map(\.description)))")
    }
    if !missing.isEmpty { parts.append("new: \(some(missing))") }
    if !left.isEmpty { parts.append("not used: \(some(left))") }
    return parts.joined(separator: "; ")
  }
}
