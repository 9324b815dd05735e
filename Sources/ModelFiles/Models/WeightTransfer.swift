import Networks

/// Takes the weights of a file into a network, by name and shape: what fits is copied, the rest is
/// told.
public struct WeightTransfer: Sendable {
  /// Tensors of the network that were filled, in its order.
  public private(set) var taken: [String] = []
  /// Tensors of the network that the file does not have.
  public private(set) var missing: [String] = []
  /// Tensors of the network that the file has in another shape or of another type.
  public private(set) var misshapen: [Misfit] = []
  /// Tensors of the file that the network has no use for.
  public private(set) var left: [String] = []
  /// What the file puts before the network's names, such as `backbone.`.
  public let prefix: String
  /// The first node of the network with a tensor that was not filled; nil where all were.
  public private(set) var firstNewNode: Int?

  /// A tensor that the file and the network have differently.
  public struct Misfit: Sendable, CustomStringConvertible {
    /// As the network calls it.
    public let name: String
    /// Its shape in the file.
    public let found: [Int]
    /// Its shape in the network.
    public let needed: [Int]
    /// Its type in the file; the network's is `float32`.
    public let type: SafeTensors.ElementType

    public var description: String {
      type == .float32
        ? "\(name) \(found) instead of \(needed)" : "\(name) \(type.rawValue) instead of F32"
    }
  }

  private static let counter = "num_batches_tracked"

  /// Copies what fits.
  ///
  /// - Parameter skipped: tensors of the network that stay as they are.
  /// - Throws: `mismatch` where less than half of the network's weights fit, the head not counted,
  ///   before anything is changed.
  public init(
    from tensors: SafeTensors, into network: Network, skipping skipped: Set<String> = []
  ) throws(ModelFileError) {
    let entries = network.entries + network.bufferEntries
    prefix = WeightPrefix.best(in: tensors, for: entries.filter { !skipped.contains($0.name) })
    var used: Set<String> = []
    for entry in entries {
      let name = prefix + entry.name
      used.insert(name)
      if skipped.contains(entry.name) {
        stays(entry)
      } else if let tensor = tensors[name] {
        if entry.fits(tensor) {
          taken.append(entry.name)
        } else {
          misshapen.append(
            Misfit(
              name: entry.name, found: tensor.shape, needed: entry.shape, type: tensor.type))
          stays(entry)
        }
      } else {
        missing.append(entry.name)
        stays(entry)
      }
    }
    left = tensors.names.filter { !used.contains($0) && !$0.hasSuffix("." + Self.counter) }
    try requireMost(of: network, in: tensors)
    try copy(tensors, into: network)
    for name in network.normalizationNames {
      guard let count = try? tensors.integers("\(prefix)\(name).\(Self.counter)", shape: []).first,
        count >= 0, count < 1 << 53
      else { continue }
      network.batchesTracked = max(network.batchesTracked, Int(count))
    }
    try requireVariances(network, tensors.source)
  }

  private mutating func stays(_ entry: Network.Entry) {
    firstNewNode = min(firstNewNode ?? entry.node, entry.node)
  }

  /// A few tensors that fit by chance, such as a head's bias, make no trained network.
  private func requireMost(
    of network: Network, in tensors: SafeTensors
  ) throws(ModelFileError) {
    let (taken, head) = (Set(taken), network.headNames)
    let trunk = network.entries.filter { !head.contains($0.name) }
    let all = trunk.reduce(0) { $0 + $1.range.count }
    let filled = trunk.reduce(0) { $0 + (taken.contains($1.name) ? $1.range.count : 0) }
    guard taken.isEmpty || 2 * filled < all else { return }
    let names = tensors.names.prefix(3).joined(separator: ", ")
    let title = network.architecture.name
    guard !taken.isEmpty else {
      throw ModelFileError(
        .mismatch, path: tensors.source,
        "none of its \(tensors.names.count) tensors (\(names) …) fits the network "
          + "\(title) by name and shape" + types + "; choose the network it was made for")
    }
    let count = network.entries.count + network.bufferEntries.count
    throw ModelFileError(
      .mismatch, path: tensors.source,
      "has only \(taken.count) of the \(count) tensors of the network \(title), "
        + "\(filled) of its \(all) weights before the head, and at least half are needed" + types
        + "; its tensors are called \(names) …; choose the network it was made for")
  }

  /// What is said of tensors that would fit but for their type.
  private var types: String {
    let strange = misshapen.filter { $0.type != .float32 }
    return strange.isEmpty ? "" : " (\(WeightTransfer.some(strange.map(\.description))))"
  }

  private func copy(
    _ tensors: SafeTensors, into network: Network
  ) throws(ModelFileError) {
    let taken = Set(taken)
    for (entries, values) in [
      (network.entries, network.parameters), (network.bufferEntries, network.buffers),
    ] {
      for entry in entries where taken.contains(entry.name) {
        try tensors.copy(
          prefix + entry.name, shape: entry.shape, into: .init(rebasing: values[entry.range]))
      }
    }
  }

  private func requireVariances(_ network: Network, _ path: String) throws(ModelFileError) {
    for entry in network.bufferEntries where entry.name.hasSuffix(".running_var") {
      if network.buffers[entry.range].contains(where: { $0 < 0 }) {
        throw ModelFileError(.mismatch, path: path, "tensor \(entry.name) has a negative variance")
      }
    }
  }

  /// Whether every tensor was taken that was not to stay as it is, and the file has no others.
  public var isWhole: Bool { missing.isEmpty && misshapen.isEmpty && left.isEmpty }

  /// What was taken, left and missing, in a sentence.
  public var sentence: String {
    var parts = ["\(taken.count) tensors taken"]
    if !prefix.isEmpty { parts[0] += " (named \(prefix)… there)" }
    for (title, misfits) in [
      ("of another shape", misshapen.filter { $0.type == .float32 }),
      ("of another type", misshapen.filter { $0.type != .float32 }),
    ] where !misfits.isEmpty {
      parts.append("\(title): \(WeightTransfer.some(misfits.map(\.description)))")
    }
    if !missing.isEmpty { parts.append("new: \(WeightTransfer.some(missing))") }
    if !left.isEmpty { parts.append("not used: \(WeightTransfer.some(left))") }
    return parts.joined(separator: "; ")
  }

  private static func some(_ names: [String]) -> String {
    names.prefix(4).joined(separator: ", ")
      + (names.count > 4 ? " and \(names.count - 4) more" : "")
  }
}
