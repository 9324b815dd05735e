import Layers

/// An architecture with every name and shape worked out.
package struct Graph: Sendable {
  /// A node that can be run. Node number `i` makes the value number `i + 1`; value 0 is the input.
  package struct Place: Sendable {
    package let layer: PlacedLayer
    /// Numbers of the values that it reads.
    package let inputs: [Int]
    package let parameters: [ParameterSpec]
    package let flops: Int
  }

  package let places: [Place]
  /// Of each value.
  package let shapes: [ValueShape]
}

extension Architecture {
  /// Most frames, rows or columns of an input.
  public static let largestSide = 8192
  static let mostChannels = 64
  static let mostClasses = 1 << 20
  static let mostLayers = 2048
  /// Values of all layers for one clip, and weights of all layers.
  static let mostValues = 1 << 31
  static let mostWeights = 1 << 29

  /// Works out every name and shape.
  ///
  /// - Throws: naming the first node that does not fit, what it got and what it needs.
  package func graph() throws(NetworkError) -> Graph {
    for (name, count, most) in [
      ("input.frames", input.frames, Self.largestSide),
      ("input.height", input.height, Self.largestSide),
      ("input.width", input.width, Self.largestSide),
      ("input.channels", input.channels, Self.mostChannels),
      ("classes", classes, Self.mostClasses),
    ] where !(1...most).contains(count) {
      throw bad("\(name) is \(count): 1 to \(most) can be")
    }
    guard layers.count <= Self.mostLayers else {
      throw bad("it has \(layers.count) layers: \(Self.mostLayers) can be")
    }
    guard input.count <= 1 << 28 else {
      throw bad("an input of \(input) has \(input.count) values: \(1 << 28) can be")
    }
    var resolver = Resolver(architecture: self)
    for index in layers.indices { try resolver.add(index) }
    return try resolver.finish()
  }

  func bad(_ message: String) -> NetworkError {
    NetworkError(code: .badArchitecture, message: "architecture '\(name)': \(message)")
  }

  /// What messages call a layer.
  func called(_ index: Int) -> String {
    layers[index].name.map { "'\($0)'" }
      ?? "layer \(index + 1) (\(type(of: layers[index].layer).kind))"
  }
}

/// Adds one node after the other.
private struct Resolver {
  let architecture: Architecture
  private var places: [Graph.Place] = []
  private var shapes: [ValueShape]
  /// Values by the name of what makes them.
  private var values: [String: Int] = [Node.input: 0]
  private var isRead: [Bool] = [false]
  /// Of the nodes so far; each layer is bounded, so that these do not overflow.
  private var valuesMade = 0
  private var weightsMade = 0

  init(architecture: Architecture) {
    self.architecture = architecture
    let input = architecture.input
    shapes = [
      .volume(Extent3(input.frames, input.height, input.width), channels: input.channels)
    ]
  }

  mutating func add(_ index: Int) throws(NetworkError) {
    let node = architecture.layers[index]
    let inputs = try inputs(of: node, index)
    let read = inputs.map { shapes[$0] }
    guard let layer = node.layer as? any ExecutableLayer else {
      throw architecture.bad("\(architecture.called(index)) is of a kind that cannot be run")
    }
    let output: ValueShape
    do {
      output = try layer.output(of: read)
    } catch {
      throw architecture.bad("\(architecture.called(index)): \(error.message)")
    }
    let (parameters, flops) = try cost(of: layer, read, output, architecture.called(index))
    valuesMade += output.count
    weightsMade += parameters.reduce(0) { $0 + $1.count }
    guard valuesMade <= Architecture.mostValues, weightsMade <= Architecture.mostWeights else {
      throw architecture.bad(
        "with \(architecture.called(index)) its layers would have \(weightsMade) weights and give "
          + "\(valuesMade) values for a clip, more than any machine can train")
    }
    if node.name == nil, !parameters.isEmpty {
      throw architecture.bad(
        "\(architecture.called(index)) has parameters and needs a name that they can go by")
    }
    if let name = node.name {
      guard !name.isEmpty else {
        throw architecture.bad("the name of layer \(index + 1) is empty; leave it out or give one")
      }
      guard values[name] == nil else {
        throw architecture.bad(
          name == Node.input
            ? "a layer is called '\(name)', which is what the network reads"
            : "two layers are called '\(name)'; each needs a name of its own")
      }
    }
    places.append(
      Graph.Place(
        layer: PlacedLayer(
          name: node.name ?? "#\(index)", layer: layer, inputs: read, output: output),
        inputs: inputs, parameters: parameters, flops: flops))
    for input in inputs { isRead[input] = true }
    shapes.append(output)
    isRead.append(false)
    if let name = node.name { values[name] = shapes.count - 1 }
  }

  consuming func finish() throws(NetworkError) -> Graph {
    guard let last = shapes.dropFirst().last else { throw architecture.bad("it has no layers") }
    guard last == .vector(architecture.classes) else {
      let layer = architecture.called(architecture.layers.count - 1)
      throw architecture.bad(
        "the last layer gives \(last), not \(architecture.classes) classes: it is \(layer)")
    }
    if let unread = isRead.dropLast().firstIndex(of: false) {
      let what = unread == 0 ? "the input" : architecture.called(unread - 1)
      throw architecture.bad("nobody reads \(what)")
    }
    return Graph(places: places, shapes: shapes)
  }

  private func inputs(of node: Node, _ index: Int) throws(NetworkError) -> [Int] {
    guard let names = node.inputs else { return [shapes.count - 1] }
    guard (1...64).contains(names.count) else {
      throw architecture.bad(
        "\(architecture.called(index)) reads \(names.count) values: 1 to 64 can be")
    }
    var inputs: [Int] = []
    for name in names {
      guard let value = values[name] else {
        throw architecture.bad(
          "\(architecture.called(index)) reads '\(name)', which no layer before it is called")
      }
      inputs.append(value)
    }
    return inputs
  }

  /// The layer's parameters and floating-point operations; throws for a layer far larger than any
  /// that could be trained. Those of all that it lets through can be summed without overflow.
  private func cost(
    of layer: any ExecutableLayer, _ inputs: [ValueShape], _ output: ValueShape, _ name: String
  ) throws(NetworkError) -> (parameters: [ParameterSpec], flops: Int) {
    let parameters = layer.parameters(of: inputs)
    let weights = parameters.reduce(0) { $0 + $1.count }
    let values = max(output.count, inputs.map(\.count).max() ?? 0)
    guard values <= 1 << 30, weights <= 1 << 31, layer.flops(of: inputs) <= 1 << 54 else {
      throw architecture.bad(
        "\(name) would have \(weights) weights and give \(output.count) values for a clip, "
          + "more than any machine can train")
    }
    return (parameters, layer.flops(of: inputs))
  }
}
