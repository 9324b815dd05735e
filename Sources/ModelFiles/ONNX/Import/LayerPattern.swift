import Layers

/// The operators that `ONNXExport` writes for one layer, to find that layer in a graph again. The
/// exporter itself makes them, so that what it writes is what is looked for.
struct LayerPattern {
  /// What a place in a graph turned out to be.
  struct Match {
    /// The layer's tensors. Those that meet only the state before the first step, which is 0, are 0
    /// where there is no second.
    let weights: [String: ImportedWeight]
    /// The graph's name of what the layer gives.
    let output: String
  }

  /// Those that its output needs, in their order.
  let nodes: [ONNXNode]
  private let output: String
  private let constants: [String: ONNXTensor]
  private let parameters: [ParameterSpec]

  private static let input = "input"
  private static let prefix = "layer."

  /// - Throws: what the layer has against the shape, or against being written.
  init(_ layer: any ExecutableLayer & ONNXWritable, over shape: ValueShape) throws(LayerError) {
    let place = PlacedLayer(
      name: "layer", layer: layer, inputs: [shape], output: try layer.output(of: [shape]))
    var builder = ONNXBuilder(patternOf: place)
    output = try layer.write(to: &builder, [Self.input])
    var needed: Set<String> = [output]
    nodes = Array(
      builder.nodes.reversed().filter { node in
        guard needed.contains(node.outputs[0]) else { return false }
        needed.formUnion(node.inputs)
        return true
      }.reversed())
    constants = Dictionary(
      uniqueKeysWithValues: builder.initializers.map { ($0.name, $0) })
    parameters = layer.parameters(of: [shape])
  }

  /// Holds the pattern against the operators that follow each other in a graph.
  ///
  /// - Parameters:
  ///   - input: the graph's name of what the layer would read.
  ///   - constant: what the graph's names of constants stand for.
  /// - Returns: nil where any operator, setting, constant or connection differs.
  func match(
    _ others: ArraySlice<ONNXNode>, reading input: String,
    constant: (String) -> ONNXConstant?
  ) throws(ONNXRefusal) -> Match? {
    guard others.count >= nodes.count else { return nil }
    var names = [Self.input: input]
    var weights: [String: ImportedWeight] = [:]
    for (mine, other) in zip(nodes, others) {
      guard mine.op == other.op, other.domain.isEmpty, other.outputs.count == 1,
        mine.inputs.count == other.inputs.count, mine.hasAttributes(of: other)
      else { return nil }
      for (name, otherName) in zip(mine.inputs, other.inputs) {
        if let known = names[name] {
          guard known == otherName else { return nil }
          continue
        }
        guard let tensor = constants[name], let found = constant(otherName),
          found.dims == tensor.dims
        else { return nil }
        names[name] = otherName
        if let weight = Self.weight(name, found) {
          weights[weight.name] = weight.values
        } else {
          guard try found.isEqual(to: tensor) else { return nil }
        }
      }
      names[mine.outputs[0]] = other.outputs[0]
    }
    guard let made = names[output] else { return nil }
    for parameter in parameters where weights[parameter.name] == nil {
      weights[parameter.name] = .filled(0, parameter.count)
    }
    return Match(weights: weights, output: made)
  }

  /// Which of the layer's tensors a constant of the pattern is, with the graph's values of it.
  private static func weight(
    _ name: String, _ constant: ONNXConstant
  ) -> (name: String, values: ImportedWeight)? {
    guard name.hasPrefix(prefix) else { return nil }
    let own = String(name.dropFirst(prefix.count))
    guard own.hasSuffix(ONNXBuilder.turnedSuffix) else { return (own, ImportedWeight(constant)) }
    let (rows, columns) = (constant.dims[0], constant.dims[1])
    let values = ImportedWeight(count: constant.count) { () throws(ModelFileError) in
      let source = try constant.floats()
      return (0..<columns).flatMap { column in
        (0..<rows).map { source[$0 * columns + column] }
      }
    }
    return (String(own.dropLast(ONNXBuilder.turnedSuffix.count)), values)
  }
}

extension ONNXNode {
  /// Whether both have the same settings, of the kinds that the exporter writes.
  fileprivate func hasAttributes(of other: ONNXNode) -> Bool {
    attributes.count == other.attributes.count
      && attributes.allSatisfy { name, value in
        switch (value, other.attributes[name]) {
        case (.int(let one), .int(let two)?): one == two
        case (.ints(let one), .ints(let two)?): one == two
        case (.float(let one), .float(let two)?): one == two
        default: false
        }
      }
  }
}
