import Layers

// Several networks as one: branches that read the same clip, and the mean of what they say.
extension Architecture {
  /// The network whose probabilities are the mean of those of its members.
  ///
  /// Member `k` has its layers under `members.k.`; nothing else of it changes.
  ///
  /// - Parameters:
  ///   - members: at least two, of one input and as many classes.
  ///   - temperature: what their logits are divided by.
  /// - Throws: where they do not fit together, or are too many layers for one network.
  public static func ensemble(
    of members: [Architecture], temperature: Float = 1
  ) throws(NetworkError) -> Architecture {
    guard members.count > 1, let first = members.first,
      members.allSatisfy({ $0.input == first.input && $0.classes == first.classes })
    else {
      throw NetworkError(
        code: .badArchitecture,
        message:
          "an ensemble needs two networks or more that read the same and name as many classes")
    }
    let branches = members.enumerated().map { $1.branch($0) }
    let names = Set(members.map(\.name))
    let architecture = Architecture(
      name: "\(names.count == 1 ? first.name : "ensemble") ×\(members.count)", input: first.input,
      classes: first.classes,
      layers: branches.flatMap { $0 } + [
        .mixture(temperature: temperature).reading(branches.compactMap(\.last?.name))
      ])
    try architecture.validate()
    return architecture
  }

  /// The networks that an ensemble was made of; nil for any other network.
  public var members: [Architecture]? {
    guard let last = layers.last, last.layer is Mixture, let ends = last.inputs else { return nil }
    let name = self.name.split(separator: " ").dropLast().joined(separator: " ")
    var members: [Architecture] = []
    var rest = layers.dropLast()
    for (number, end) in ends.enumerated() {
      guard let index = rest.firstIndex(where: { $0.name == end }) else { return nil }
      members.append(
        Architecture(
          name: name, input: input, classes: classes,
          layers: Architecture.unprefixed(Array(rest[...index]), member: number)))
      rest = rest[(index + 1)...]
    }
    return rest.isEmpty && members.enumerated().flatMap({ $1.branch($0) }) == layers.dropLast()
      ? members : nil
  }

  /// What the logits of an ensemble's members are divided by; 1 for any other network.
  public var memberTemperature: Float { (layers.last?.layer as? Mixture)?.temperature ?? 1 }

  private static func prefix(_ member: Int) -> String { "members.\(member)." }
  private static let logits = "logits"

  private func branch(_ number: Int) -> [Node] {
    let prefix = Architecture.prefix(number)
    var nodes = layers.map { $0.renamed { $0 == Node.input ? $0 : prefix + $0 } }
    if !nodes.isEmpty, nodes[0].inputs == nil { nodes[0] = nodes[0].reading(Node.input) }
    if let last = nodes.last, last.name == nil {
      nodes[nodes.count - 1] = last.named(prefix + Architecture.logits)
    }
    return nodes
  }

  private static func unprefixed(_ nodes: [Node], member: Int) -> [Node] {
    let prefix = prefix(member)
    var nodes = nodes.map { node in
      node.renamed { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 }
    }
    // As they are before they stand side by side.
    if !nodes.isEmpty, nodes[0].inputs == [Node.input] { nodes[0].inputs = nil }
    if let last = nodes.indices.last, nodes[last].name == logits { nodes[last].name = nil }
    return nodes
  }
}

extension Network {
  /// One network of several, with copies of their weights.
  public convenience init(
    ensembleOf members: [Network], temperature: Float = 1
  ) throws(NetworkError) {
    try self.init(
      architecture: try .ensemble(of: members.map(\.architecture), temperature: temperature),
      seed: 0)
    var parameters = 0
    var statistics = 0
    for member in members {
      for (target, offset, values) in [
        (self.parameters, parameters, member.parameters), (buffers, statistics, member.buffers),
      ] where values.count > 0 {
        (target.baseAddress! + offset).update(from: values.baseAddress!, count: values.count)
      }
      parameters += member.parameters.count
      statistics += member.buffers.count
    }
    batchesTracked = members.map(\.batchesTracked).max() ?? 0
  }

  /// The networks that an ensemble was made of, with copies of their weights; nil for any other.
  public func members() throws(NetworkError) -> [Network]? {
    guard let architectures = architecture.members else { return nil }
    var parameters = 0
    var statistics = 0
    var members: [Network] = []
    for architecture in architectures {
      let member = try Network(architecture: architecture, seed: 0)
      for (target, source, offset) in [
        (member.parameters, self.parameters, parameters), (member.buffers, buffers, statistics),
      ] where target.count > 0 {
        target.baseAddress!.update(from: source.baseAddress! + offset, count: target.count)
      }
      parameters += member.parameters.count
      statistics += member.buffers.count
      member.batchesTracked = batchesTracked
      members.append(member)
    }
    return members
  }
}
