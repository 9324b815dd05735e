/// A layer at its place in a network: its name, and the values it reads.
public struct Node: Sendable {
  /// Names its output and, as PyTorch would, its parameters (`name.weight`); nil where nobody asks.
  public var name: String?
  /// Names of the nodes whose outputs it reads; nil for the node before.
  public var inputs: [String]?
  /// What is done at this place.
  public var layer: any Layer

  /// What the network itself reads, among `inputs`.
  public static let input = "input"

  /// - Parameter inputs: names of the nodes it reads; nil for the node before.
  public init(_ layer: any Layer, name: String? = nil, inputs: [String]? = nil) {
    self.layer = layer
    self.name = name
    self.inputs = inputs
  }

  /// The same node under a name.
  public func named(_ name: String) -> Node { Node(layer, name: name, inputs: inputs) }

  /// The same node reading the outputs of these.
  public func reading(_ names: String...) -> Node { reading(names) }

  /// The same node reading the outputs of these.
  public func reading(_ names: [String]) -> Node { Node(layer, name: name, inputs: names) }

  /// The same node under another name, reading what is renamed alike.
  public func renamed(_ rename: (String) -> String) -> Node {
    Node(layer, name: name.map(rename), inputs: inputs?.map(rename))
  }
}

extension Node: Hashable {
  public static func == (one: Node, other: Node) -> Bool {
    one.name == other.name && one.inputs == other.inputs
      && AnyHashable(one.layer) == AnyHashable(other.layer)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(inputs)
    hasher.combine(AnyHashable(layer))
  }
}

extension Node: Codable {
  private enum Key: String, CodingKey { case type, name, inputs }

  public init(from decoder: any Decoder) throws {
    let notes = FieldNotes()
    let noting = NotingDecoder(base: decoder, notes: notes)
    let values = try noting.container(keyedBy: Key.self)
    let kind = try values.decode(String.self, forKey: .type)
    guard let type = LayerKinds.named(kind) else {
      throw DecodingError.dataCorruptedError(
        forKey: .type, in: values,
        debugDescription: "no layer is called '\(kind.prefix(40))': choose one of "
          + LayerKinds.names.joined(separator: ", "))
    }
    name = try values.decodeIfPresent(String.self, forKey: .name)
    inputs = try values.decodeIfPresent([String].self, forKey: .inputs)
    let title = name.map { "'\($0.prefix(80))' (\(kind))" } ?? kind
    do {
      layer = try type.init(from: noting)
    } catch let error as DecodingError {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "\(title): " + error.explanation(below: decoder.codingPath.count)))
    }
    if decoder.userInfo[.refusesUnknownFields] as? Bool == true,
      let flaw = try notes.flaw(in: decoder)
    {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\(title) \(flaw)"))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(type(of: layer).kind, forKey: .type)
    try values.encodeIfPresent(name, forKey: .name)
    try values.encodeIfPresent(inputs, forKey: .inputs)
    try layer.encode(to: encoder)
  }
}
