import Layers

// Layers that ONNX has no operator for, and that `ONNXExport` therefore writes out in smaller ones.
extension ONNXGraphReader {
  /// Reads the operators that together are a layer of ours.
  ///
  /// - Returns: how many there are; nil where no such layer begins.
  mutating func writtenOut(_ nodes: ArraySlice<ONNXNode>) throws(ONNXRefusal) -> Int? {
    guard let node = nodes.first, !isFramewise, node.inputs.count > 1,
      case .flow(let flow)? = values[node.inputs[0]], flow.isPlain,
      case .constant(let weight)? = values[node.inputs[1]], isClips(flow)
    else { return nil }
    let layers = candidates(nodes, weight)
    guard !layers.isEmpty, let read = clips(flow, node) else { return nil }
    let shape = assembly.shape(read)
    for layer in layers {
      guard (try? layer.output(of: [shape])) != nil else { continue }
      let cost = layer.parameters(of: [shape]).reduce(64 * shape.size(of: .time)) { $0 + $1.count }
      guard cost <= budget, let pattern = try? LayerPattern(layer, over: shape) else { continue }
      budget -= cost
      let found = try pattern.match(nodes, reading: node.inputs[0]) { name in
        if case .constant(let constant)? = values[name] { constant } else { nil }
      }
      guard let found else { continue }
      let value = try assembly.add(layer, [read], name: name(node), weights: found.weights)
      let made = assembly.shape(value)
      let axes = [flow.axes[0]] + made.roles.map { AxisMap.whole($0.role, $0.size) }
      let inner = Value.missing("reads a step inside of what is a \(type(of: layer).kind)")
      for other in nodes.prefix(pattern.nodes.count) {
        let isLast = other.outputs[0] == found.output
        try set(other, 0, isLast ? .flow(Flow(value, axes)) : inner)
      }
      return pattern.nodes.count
    }
    return nil
  }

  /// What may begin here, by the first operators and the first weight.
  private func candidates(
    _ nodes: ArraySlice<ONNXNode>, _ weight: ONNXConstant
  ) -> [any ExecutableLayer & ONNXWritable] {
    let dims = weight.dims
    let first = Array(nodes.prefix(4))
    switch first.map(\.op) {
    case ["Slice", "Slice", "Sub", "Abs"]:
      return [TimeStatistics()]
    case ["MatMul", "LayerNormalization", "Slice", "Squeeze"] where dims.count == 2:
      return [LayerNormLSTM(hidden: dims[1] / 4)]
    case ["MatMul", "Add", "Slice", "Slice"] where dims.count == 2,
      ["MatMul", "Add", "Slice", "Squeeze"] where dims.count == 2:
      return [MinimalGatedUnit(hidden: dims[1] / 2)]
    case ["MatMul", "Add", "Slice", "Reshape"] where dims.count == 2:
      guard case .constant(let sizes)? = values[first[3].inputs.last ?? ""], sizes.count == 4,
        let heads = (try? sizes.integers())?[2], (1...1024).contains(heads)
      else { return [] }
      return [SelfAttention(heads: Int(heads))]
    case let ops where ops.starts(with: ["Conv", "Slice"]) && dims.count == 5:
      let last = ConvLSTM(filters: dims[0] / 4, kernel: dims[4], givesAllSteps: false)
      var all = last
      all.givesAllSteps = true
      // The last step alone is how all begin.
      return [all, last]
    default: return []
    }
  }

  /// Whether a value has the axes of our sequences `[N, T, C]` or volumes `[N, C, T, H, W]`.
  private func isClips(_ flow: Flow) -> Bool {
    guard isWhole(flow.axes.first ?? [], .clip, flow) else { return false }
    switch flow.axes.count {
    case 3: return isWhole(flow.axes[1], .time, flow)
    case 5:
      return zip(flow.axes.dropFirst(), [.channel, .time, .height, .width]).allSatisfy {
        isWhole($0, $1, flow)
      }
    default: return false
    }
  }

  /// The value as a sequence or a volume, its features in our order.
  private mutating func clips(_ flow: Flow, _ node: ONNXNode) -> Int? {
    if flow.axes.count == 5 { return try? volume(flow, node).value }
    guard case (let value, nil)? = try? features(flow, node, wantsSteps: true) else { return nil }
    return value
  }
}
