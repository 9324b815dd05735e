import Layers
import Networks

/// A tensor of a layer, made from the file's constants when the network is there to take it.
struct ImportedWeight {
  typealias Values = () throws(ModelFileError) -> [Float]

  let count: Int
  let values: Values

  init(count: Int, _ values: @escaping Values) {
    self.count = count
    self.values = values
  }

  init(_ constant: ONNXConstant) {
    count = constant.count
    values = { () throws(ModelFileError) in try constant.floats() }
  }

  static func filled(_ value: Float, _ count: Int) -> ImportedWeight {
    ImportedWeight(count: count) { () throws(ModelFileError) in
      [Float](repeating: value, count: count)
    }
  }
}

/// The layers that were made so far, those that turn out to be of no use among them.
struct LayerAssembly {
  /// A layer before it has its final name.
  struct Draft {
    /// As it would like to be called.
    var name: String
    var layer: any Layer
    /// Numbers of the values that it reads; 0 is the input, `i + 1` what draft `i` gives.
    var inputs: [Int]
    var output: ValueShape
    var weights: [String: ImportedWeight]
    /// What its output is still multiplied by and what is added, a number for each channel: goes
    /// into its weights.
    var scale: [Float]?
    var shift: [Float]?
  }

  let input: InputShape
  private(set) var drafts: [Draft] = []

  init(input: InputShape) { self.input = input }

  static let mostValues = 1 << 30

  func shape(_ value: Int) -> ValueShape {
    value == 0
      ? .volume(Extent3(input.frames, input.height, input.width), channels: input.channels)
      : drafts[value - 1].output
  }

  /// The layer that makes a value.
  func draft(_ value: Int) -> Draft? { value == 0 ? nil : drafts[value - 1] }

  /// Adds a layer; returns the number of its value.
  mutating func add(
    _ layer: any Layer, _ inputs: [Int], name: String, weights: [String: ImportedWeight] = [:],
    scale: [Float]? = nil, shift: [Float]? = nil
  ) throws(ONNXRefusal) -> Int {
    guard drafts.count < 8192 else { throw ONNXRefusal("more layers than a network has") }
    let shapes = inputs.map(shape)
    let output: ValueShape
    do {
      output = try layer.output(of: shapes)
    } catch {
      throw ONNXRefusal(error.message)
    }
    guard output.count <= Self.mostValues else {
      throw ONNXRefusal("would give \(output), more than any machine can hold")
    }
    for parameter in layer.parameters(of: shapes) {
      guard let weight = weights[parameter.name], weight.count == parameter.count else {
        let found = weights[parameter.name].map { "\($0.count) values" } ?? "nothing"
        throw ONNXRefusal(
          "its \(parameter.name) has \(found) where \(parameter.shape) is needed for an input of "
            + shapes.map(\.description).joined(separator: " and "))
      }
    }
    drafts.append(
      Draft(
        name: name, layer: layer, inputs: inputs, output: output, weights: weights, scale: scale,
        shift: shift))
    return drafts.count
  }

  /// Takes `scale · y + shift` for each channel into the weights of the layer that makes a value,
  /// where it has such; false where it has not.
  mutating func absorb(_ value: Int, scale: [Float], shift: [Float]) -> Bool {
    guard value > 0 else { return false }
    var draft = drafts[value - 1]
    switch draft.layer {
    case let layer as any ConvolutionLayer:
      if !layer.settings.bias {
        var biased = layer
        biased.settings.bias = true
        draft.layer = biased
        draft.weights["bias"] = .filled(0, layer.settings.filters)
      }
    case is DenseLayer, is BatchNorm, is GroupNorm, is LayerNorm: break
    default: return false
    }
    draft.shift =
      draft.shift.map { old in shift.indices.map { old[$0] * scale[$0] + shift[$0] } }
      ?? shift
    draft.scale = draft.scale.map { zip($0, scale).map { $0 * $1 } } ?? scale
    drafts[value - 1] = draft
    return true
  }

  // MARK: The end

  /// The network, and its tensors by name: only what the last value needs.
  func finish(
    _ last: Int, name: String, classes: Int
  ) throws(ONNXRefusal) -> (architecture: Architecture, weights: [String: ImportedWeight]) {
    var isNeeded = [Bool](repeating: false, count: drafts.count + 1)
    isNeeded[last] = true
    for value in stride(from: last, to: 0, by: -1) where isNeeded[value] {
      for input in drafts[value - 1].inputs { isNeeded[input] = true }
    }
    guard last > 0, isNeeded[0] else {
      throw ONNXRefusal("its output does not depend on its input")
    }
    let values = (1...last).filter { isNeeded[$0] }
    // Layers with weights choose their names first: those are what PyTorch calls them.
    var names: [Int: String] = [:]
    var taken: Set<String> = [Node.input]
    for hasWeights in [true, false] {
      for value in values where drafts[value - 1].weights.isEmpty != hasWeights {
        var unique = drafts[value - 1].name
        var number = 2
        while !taken.insert(unique).inserted {
          unique = "\(drafts[value - 1].name)_\(number)"
          number += 1
        }
        names[value] = unique
      }
    }
    var nodes: [Node] = []
    var weights: [String: ImportedWeight] = [:]
    var named: Set<String> = []
    var previous = 0
    for value in values {
      let draft = drafts[value - 1]
      var node = Node(draft.layer, name: names[value])
      if draft.inputs != [previous] {
        let inputs = draft.inputs.map { names[$0] ?? Node.input }
        node.inputs = inputs
        named.formUnion(inputs)
      }
      for (parameter, weight) in draft.weightsWithFactors {
        guard weights.updateValue(weight, forKey: "\(names[value] ?? "").\(parameter)") == nil
        else { throw ONNXRefusal("two weights are called \(names[value] ?? "").\(parameter)") }
      }
      nodes.append(node)
      previous = value
    }
    for index in nodes.indices where drafts[values[index] - 1].weights.isEmpty {
      if let name = nodes[index].name, !named.contains(name) { nodes[index].name = nil }
    }
    let architecture = Architecture(name: name, input: input, classes: classes, layers: nodes)
    return (architecture, weights)
  }
}

extension LayerAssembly.Draft {
  /// Its tensors, with `scale` and `shift` in them.
  fileprivate var weightsWithFactors: [String: ImportedWeight] {
    guard let scale, let shift else { return weights }
    var changed = weights
    for name in ["weight", "bias"] {
      guard let weight = weights[name] else { continue }
      changed[name] = ImportedWeight(count: weight.count) { () throws(ModelFileError) in
        var values = try weight.values()
        let width = values.count / scale.count
        for index in values.indices {
          values[index] =
            values[index] * scale[index / width] + (name == "bias" ? shift[index] : 0)
        }
        return values
      }
    }
    return changed
  }
}

/// Names of layers out of the names in a file.
enum LayerName {
  /// What the tensor `NAME.weight` belongs to; nil for names that exporters make up.
  static func owner(ofWeight name: String) -> String? {
    for suffix in [".weight", "_weight"] where name.hasSuffix(suffix) {
      let owner = String(name.dropLast(suffix.count))
      return owner.isEmpty || owner.contains("::") ? nil : cleaned(owner)
    }
    return nil
  }

  /// The module that a node stands for: PyTorch's `/layer4/layer4.1/conv1/conv1.0/Conv_3` is
  /// `layer4.1.conv1.0`, where each part of a sequence repeats the sequence's own name.
  static func scope(ofNode name: String, op: String) -> String {
    let parts = name.split(separator: "/").map(String.init)
    guard parts.count > 1 else {
      var plain = name
      if plain.hasPrefix("node_") { plain.removeFirst(5) }
      return cleaned(plain.isEmpty ? op.lowercased() : plain)
    }
    var modules: [String] = []
    for part in parts.dropLast() {
      if let last = modules.last, part.hasPrefix(last + ".") { modules.removeLast() }
      modules.append(part)
    }
    return cleaned(modules.joined(separator: "."))
  }

  static func cleaned(_ name: String) -> String {
    let allowed = name.unicodeScalars.prefix(200).map { scalar -> Character in
      let isPlain =
        scalar.isASCII
        && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
          || "._-".unicodeScalars.contains(scalar))
      return isPlain ? Character(scalar) : "_"
    }
    return allowed.isEmpty ? "layer" : String(allowed)
  }
}
