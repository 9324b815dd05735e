import Layers

extension ONNXGraphReader {
  /// `LSTM` or `GRU`, forwards or in both directions: one layer of ours, its gates in our order.
  mutating func recurrent(_ node: ONNXNode) throws(ONNXRefusal) {
    var flow = try flow(node, 0)
    if flow.axes.count == 3, !isWhole(flow.axes[0], .time, flow),
      let made = try reshaped(flow.with(axes: [1, 0, 2].map { flow.axes[$0] }), node)
    {
      // Its features, cut into steps.
      flow = made.with(axes: [1, 0, 2].map { made.axes[$0] })
    }
    let isLSTM = node.op == "LSTM"
    guard flow.axes.count == 3, node.int("layout") ?? 0 == 0, !isFramewise,
      isWhole(flow.axes[0], .time, flow), isWhole(flow.axes[1], .clip, flow)
    else {
      throw ONNXRefusal(
        "goes over a value of axes \(text(flow)); vidclass needs [time, clips, features]")
    }
    let (weight, recurrent) = (try need(node, 1, "weight"), try need(node, 2, "second weight"))
    let direction = node.string("direction") ?? "forward"
    let directions = direction == "bidirectional" ? 2 : 1
    let inputs = flow.sizes[2]
    guard direction != "reverse", recurrent.dims.count == 3, weight.dims.count == 3 else {
      throw ONNXRefusal("goes in the direction '\(direction)', with weights \(weight.dims)")
    }
    let hidden = recurrent.dims[2]
    let rows = (isLSTM ? 4 : 3) * hidden
    guard hidden > 0, weight.dims == [directions, rows, inputs],
      recurrent.dims == [directions, rows, hidden], (node.int("hidden_size") ?? hidden) == hidden
    else {
      throw ONNXRefusal(
        "its weights \(weight.dims) and \(recurrent.dims) do not fit \(inputs) features in "
          + "\(directions) direction\(directions == 1 ? "" : "s")")
    }
    try requireUsual(node, isLSTM)
    let bias = try constant(node, 3)
    guard bias.map({ $0.count == directions * 2 * rows }) ?? true else {
      throw ONNXRefusal("its bias has the shape \(bias?.dims ?? [])")
    }
    let (read, order) = try features(flow, node, wantsSteps: true)
    guard order == nil else {
      throw ONNXRefusal("reads features in the order of \(text(flow)), which vidclass lacks")
    }
    let gates = GateWeights(
      weight: weight, recurrent: recurrent, bias: bias, directions: directions, rows: rows,
      hidden: hidden)
    let (layer, weights) = try layer(node, isLSTM, gates)
    let value = try assembly.add(layer, [read], name: name(node), weights: weights)
    let channel = { (count: Int, stride: Int) -> Axis in
      count == 1 ? [] : [AxisFactor(role: .channel, size: count, stride: stride)]
    }
    try set(
      node,
      Flow(
        value,
        [flow.axes[0], channel(directions, hidden), flow.axes[1], channel(hidden, 1)]))
    if isLSTM { try set(node, 2, .missing("reads the last cell of an LSTM")) }
    guard node.outputs.count > 1, readers[node.outputs[1], default: 0] > 0 else { return }
    guard directions == 1 else {
      return try set(
        node, 1, .missing("reads the last states of both directions; vidclass pools over time"))
    }
    let last = try assembly.add(TimePool(mode: .last), [value], name: "\(name(node)).last")
    try set(node, 1, .flow(Flow(last, [[], flow.axes[1], channel(hidden, 1)])))
  }

  /// Refuses settings that PyTorch does not have.
  private func requireUsual(_ node: ONNXNode, _ isLSTM: Bool) throws(ONNXRefusal) {
    if case .strings(let functions)? = node.attributes["activations"] {
      let usual = isLSTM ? ["Sigmoid", "Tanh", "Tanh"] : ["Sigmoid", "Tanh"]
      guard functions == usual || functions == usual + usual else {
        throw ONNXRefusal("computes with \(functions); vidclass does with \(usual)")
      }
    }
    guard node.attributes["clip"] == nil else { throw ONNXRefusal("cuts off its states") }
    guard isLSTM || node.int("linear_before_reset") == 1 else {
      throw ONNXRefusal(
        "resets before the product (linear_before_reset 0); vidclass and PyTorch do so behind it")
    }
    guard try constant(node, 4) == nil else {
      throw ONNXRefusal("has a length for each clip; clips of vidclass have the same")
    }
    for index in [5, 6] where index == 5 || isLSTM {
      if let state = try constant(node, index), !(try state.isZero()) {
        throw ONNXRefusal("starts from a state that is not 0")
      }
    }
  }

  private func layer(
    _ node: ONNXNode, _ isLSTM: Bool, _ gates: GateWeights
  ) throws(ONNXRefusal) -> (layer: any Layer, weights: [String: ImportedWeight]) {
    let hidden = gates.hidden
    let isTwofold = gates.directions == 2
    if !isLSTM {
      // ONNX has z, r, h; PyTorch r, z, n.
      return (
        GRULayer(hidden: hidden, bidirectional: isTwofold), gates.numbered(order: [1, 0, 2])
      )
    }
    // ONNX has i, o, f, c; PyTorch i, f, g, o.
    let order = [0, 2, 3, 1]
    let peepholes = try constant(node, 7)
    let isCoupled = node.int("input_forget") ?? 0 != 0
    if peepholes == nil, !isCoupled {
      return (
        LSTMLayer(hidden: hidden, bidirectional: isTwofold), gates.numbered(order: order)
      )
    }
    guard !isTwofold, peepholes == nil || !isCoupled else {
      throw ONNXRefusal("has peepholes or coupled gates in two directions; vidclass has one")
    }
    guard let peepholes else {
      // ONNX's f is 1 − i, ours i = 1 − f: our f is σ of minus what makes ONNX's i.
      return (
        CoupledLSTM(hidden: hidden), gates.plain(order: [(0, -1), (3, 1), (1, 1)])
      )
    }
    guard peepholes.count == 3 * hidden else {
      throw ONNXRefusal("its peepholes have the shape \(peepholes.dims)")
    }
    var weights = gates.plain(order: order.map { ($0, 1) })
    for (place, name) in ["weight_ci", "weight_co", "weight_cf"].enumerated() {
      weights[name] = ImportedWeight(count: hidden) { () throws(ModelFileError) in
        Array(try peepholes.floats()[place * hidden..<(place + 1) * hidden])
      }
    }
    return (PeepholeLSTM(hidden: hidden), weights)
  }
}

/// A recurrent operator's weights, all gates of a direction after each other.
private struct GateWeights {
  /// `[directions, gates · hidden, inputs]`
  let weight: ONNXConstant
  /// `[directions, gates · hidden, hidden]`
  let recurrent: ONNXConstant
  /// `[directions, 2 · gates · hidden]`
  let bias: ONNXConstant?
  let directions: Int
  let rows: Int
  let hidden: Int

  typealias Gate = (gate: Int, sign: Float)

  /// Gates of a part of a constant in another order.
  private func ordered(
    _ constant: ONNXConstant?, part: Int, of parts: Int, _ order: [Gate]
  ) -> ImportedWeight {
    let gates = rows / hidden
    guard let constant else { return .filled(0, order.count * hidden) }
    let size = constant.count / parts / gates
    return ImportedWeight(count: order.count * size) { () throws(ModelFileError) in
      let values = try constant.floats()
      return order.flatMap { entry -> [Float] in
        let start = (part * gates + entry.gate) * size
        return values[start..<start + size].map { $0 * entry.sign }
      }
    }
  }

  /// Under PyTorch's names, with two biases.
  func numbered(order: [Int]) -> [String: ImportedWeight] {
    let order = order.map { Gate($0, 1) }
    var weights: [String: ImportedWeight] = [:]
    for direction in 0..<directions {
      let suffix = direction == 0 ? "_l0" : "_l0_reverse"
      weights["weight_ih\(suffix)"] = ordered(weight, part: direction, of: directions, order)
      weights["weight_hh\(suffix)"] = ordered(recurrent, part: direction, of: directions, order)
      for (half, name) in ["bias_ih", "bias_hh"].enumerated() {
        weights["\(name)\(suffix)"] = ordered(
          bias, part: 2 * direction + half, of: 2 * directions, order)
      }
    }
    return weights
  }

  /// Of cells with one bias, the sum of both.
  func plain(order: [Gate]) -> [String: ImportedWeight] {
    let one = ordered(bias, part: 0, of: 2, order)
    let two = ordered(bias, part: 1, of: 2, order)
    return [
      "weight_ih": ordered(weight, part: 0, of: 1, order),
      "weight_hh": ordered(recurrent, part: 0, of: 1, order),
      "bias": ImportedWeight(count: one.count) { () throws(ModelFileError) in
        zip(try one.values(), try two.values()).map { $0 + $1 }
      },
    ]
  }
}
