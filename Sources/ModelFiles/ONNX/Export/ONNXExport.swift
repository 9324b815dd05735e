import Layers
import Networks

/// A model as ONNX (operator set 17, any batch): `input` `[N, C, D, H, W]` to `logits` `[N, classes]`,
/// the preprocessing and everything else that our own file says in the metadata.
///
/// Volumes are `[N, C, D, H, W]`, sequences `[N, T, C]`, vectors `[N, C]`. What a layer becomes is
/// said in an extension of the layer (`ONNXWritable`).
public enum ONNXExport {
  /// - Throws: `mismatch` that names the node for a layer that ONNX has no words for; `file` where
  ///   something else than an ONNX file stands in the place.
  public static func write(_ model: Model, to path: String) throws(ModelFileError) {
    try ExportPlace.requireONNX(path)
    try onnx(model).write(to: path)
  }

  /// The model as ONNX says it.
  public static func onnx(_ model: Model) throws(ModelFileError) -> ONNXModel {
    let architecture = model.metadata.architecture
    let graph: Graph
    do {
      graph = try architecture.graph()
    } catch {
      throw ModelFileError(.mismatch, path: model.path ?? "the model", error.message)
    }
    var builder = ONNXBuilder(network: model.network)
    var values = ["input"]
    for (index, place) in graph.places.enumerated() {
      guard let layer = place.layer.layer as? any ONNXWritable else {
        throw ModelFileError(
          .mismatch, path: model.path ?? "the model",
          "'\(place.layer.name)' is a \(type(of: place.layer.layer).kind), which has no form in "
            + "ONNX; export `to` pytorch says it")
      }
      let isLast = index == graph.places.count - 1
      builder.begin(place.layer, output: isLast ? "logits" : place.layer.name + ":out")
      let made: String
      do {
        made = try layer.write(to: &builder, place.inputs.map { values[$0] })
      } catch {
        throw ModelFileError(
          .mismatch, path: model.path ?? "the model",
          "'\(place.layer.name)' \(error.message); export `to` pytorch says it")
      }
      values.append(isLast ? builder.rename(made, to: "logits") : made)
    }
    let input = architecture.input
    var metadata = model.metadata.strings
    metadata["input"] = "[N, C, D, H, W], prepared as \"preprocessing\" says"
    return ONNXModel(
      graph: ONNXGraph(
        name: architecture.name, nodes: builder.nodes, initializers: builder.initializers,
        inputs: [
          ONNXValue(
            name: "input",
            dims: [
              .symbol("N"), .size(input.channels), .size(input.frames), .size(input.height),
              .size(input.width),
            ])
        ],
        outputs: [ONNXValue(name: "logits", dims: [.symbol("N"), .size(architecture.classes)])]),
      producerName: "vidclass", producerVersion: model.metadata.programVersion,
      metadata: metadata)
  }
}

/// A layer that ONNX has words for.
protocol ONNXWritable {
  /// Adds the operators that do what it does.
  ///
  /// - Parameter inputs: names of what it reads.
  /// - Returns: the name of what it gives.
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String
}

/// Collects operators and constants, with names that are unique.
struct ONNXBuilder {
  private(set) var nodes: [ONNXNode] = []
  private(set) var initializers: [ONNXTensor] = []
  /// Nil for a pattern, whose weights are not known: they are NaN.
  private let network: Network?
  private var place: PlacedLayer?
  private var numbers = 0
  private var known: Set<String> = []

  init(network: Network) { self.network = network }

  /// Of the operators that one layer becomes, whatever its weights.
  init(patternOf layer: PlacedLayer) {
    network = nil
    place = layer
  }

  mutating func begin(_ place: PlacedLayer, output: String) {
    self.place = place
    numbers = 0
  }

  /// The layer at its place.
  var layer: PlacedLayer {
    guard let place else { preconditionFailure("no layer was begun") }
    return place
  }

  /// What it reads first.
  var shape: ValueShape { layer.inputs[0] }

  // MARK: Operators

  /// Adds an operator with one output; returns that output's name.
  mutating func add(
    _ op: String, _ inputs: [String], _ attributes: [String: ONNXAttribute] = [:]
  ) -> String {
    numbers += 1
    let name = "\(layer.name)/\(op)_\(numbers)"
    nodes.append(
      ONNXNode(op: op, name: name, inputs: inputs, outputs: [name], attributes: attributes))
    return name
  }

  mutating func transpose(_ value: String, _ order: [Int64]) -> String {
    add("Transpose", [value], ["perm": .ints(order)])
  }

  /// To a shape without its batch, which stays.
  mutating func reshape(_ value: String, _ shape: [Int]) -> String {
    add("Reshape", [value, integers([0] + shape)])
  }

  mutating func multiply(_ value: String, _ factor: Float) -> String {
    add("Mul", [value, floats([factor], [])])
  }

  /// The steps `range` of time, of a sequence or a volume.
  mutating func slice(_ value: String, axis: Int, from start: Int, to end: Int, step: Int = 1)
    -> String
  {
    add(
      "Slice", [value, integers([start]), integers([end]), integers([axis]), integers([step])])
  }

  /// Gives an output another name, where it is made and read.
  mutating func rename(_ old: String, to new: String) -> String {
    var isMade = false
    for index in nodes.indices {
      if let at = nodes[index].outputs.firstIndex(of: old) {
        nodes[index].outputs[at] = new
        isMade = true
      }
    }
    guard isMade else { return addLast(old, new) }
    for index in nodes.indices {
      nodes[index].inputs = nodes[index].inputs.map { $0 == old ? new : $0 }
    }
    return new
  }

  private mutating func addLast(_ old: String, _ new: String) -> String {
    nodes.append(ONNXNode(op: "Identity", name: new, inputs: [old], outputs: [new]))
    return new
  }

  // MARK: Constants

  /// The layer's tensor of that name, in a shape of the same size.
  mutating func parameter(_ name: String, _ shape: [Int]? = nil) -> String {
    let full = "\(layer.name).\(name)"
    if known.insert(full).inserted {
      initializers.append(
        ONNXTensor(name: full, dims: shape ?? self.shape(of: name), floats: values(name)))
    }
    return full
  }

  /// The layer's matrix of that name `[rows, columns]`, turned: what `MatMul` multiplies by.
  mutating func transposed(_ name: String) -> String {
    let full = "\(layer.name).\(name)\(ONNXBuilder.turnedSuffix)"
    guard known.insert(full).inserted else { return full }
    let (source, shape) = (values(name), shape(of: name))
    let (rows, columns) = (shape[0], shape[1])
    var turned = [Float](repeating: 0, count: source.count)
    for row in 0..<rows {
      for column in 0..<columns { turned[column * rows + row] = source[row * columns + column] }
    }
    initializers.append(ONNXTensor(name: full, dims: [columns, rows], floats: turned))
    return full
  }

  /// Ends the names of `transposed`.
  static let turnedSuffix = ".T"

  /// The values of the layer's tensor of that name.
  func values(_ name: String) -> [Float] {
    guard let network else {
      return [Float](repeating: .nan, count: shape(of: name).reduce(1, *))
    }
    guard let entry = network.entry("\(layer.name).\(name)") else {
      preconditionFailure("\(layer.name) is not in its network")
    }
    return Array(
      (entry.role == .statistics ? network.buffers : network.parameters)[entry.range])
  }

  private func shape(of name: String) -> [Int] {
    guard let spec = layer.layer.parameters(of: layer.inputs).first(where: { $0.name == name })
    else { preconditionFailure("\(layer.name) did not say that it has a tensor \(name)") }
    return spec.shape
  }

  mutating func floats(_ values: [Float], _ dims: [Int]) -> String {
    numbers += 1
    let name = "\(layer.name)/constant_\(numbers)"
    initializers.append(ONNXTensor(name: name, dims: dims, floats: values))
    return name
  }

  mutating func integers(_ values: [Int]) -> String {
    numbers += 1
    let name = "\(layer.name)/constant_\(numbers)"
    initializers.append(ONNXTensor(name: name, integers: values.map(Int64.init)))
    return name
  }
}
