import Layers

/// Rows of a weight `[gates · H, …]` with its gates in another order; a negative number takes the
/// gate's weights with the other sign, nil zeros.
private func reordered(_ values: [Float], gates: Int, _ order: [(gate: Int, sign: Float)?])
  -> [Float]
{
  let size = values.count / gates
  return order.flatMap { entry -> [Float] in
    guard let entry else { return [Float](repeating: 0, count: size) }
    return values[entry.gate * size..<(entry.gate + 1) * size].map { $0 * entry.sign }
  }
}

private func plain(_ gates: [Int]) -> [(gate: Int, sign: Float)?] { gates.map { ($0, 1) } }

extension ONNXBuilder {
  /// One layer of `LSTM` or `GRU`, batch first, all steps.
  fileprivate mutating func recurrent(
    _ op: String, _ input: String, inputs: Int, hidden: Int, gates: Int,
    order: [(gate: Int, sign: Float)?], suffixes: [String], numbered: Bool,
    peepholes: [Float]? = nil,
    attributes: [String: ONNXAttribute] = [:]
  ) -> String {
    let rows = order.count * hidden
    let directions = suffixes.count
    func all(_ name: String) -> [Float] {
      suffixes.flatMap { reordered(values("\(name)\($0)"), gates: gates, order) }
    }
    let biases: [Float] = suffixes.flatMap { suffix -> [Float] in
      let one = reordered(
        values(numbered ? "bias_ih\(suffix)" : "bias"), gates: gates, order)
      let two =
        numbered
        ? reordered(values("bias_hh\(suffix)"), gates: gates, order)
        : [Float](repeating: 0, count: rows)
      return one + two
    }
    let turned = transpose(input, [1, 0, 2])
    var operands = [
      turned, floats(all("weight_ih"), [directions, rows, inputs]),
      floats(all("weight_hh"), [directions, rows, hidden]),
      floats(biases, [directions, 2 * rows]),
    ]
    if let peepholes {
      operands += ["", "", "", floats(peepholes, [directions, 3 * hidden])]
    }
    var attributes = attributes
    attributes["hidden_size"] = .int(Int64(hidden))
    if directions == 2 { attributes["direction"] = .string("bidirectional") }
    // Steps, directions, clips, units.
    let output = transpose(add(op, operands, attributes), [2, 0, 1, 3])
    return reshape(output, [shape.rows, directions * hidden])
  }

  /// Layers of PyTorch's `LSTM` or `GRU`.
  fileprivate mutating func stacked(
    _ op: String, _ input: String, hidden: Int, layers: Int, bidirectional: Bool, gates: Int,
    order: [Int], attributes: [String: ONNXAttribute] = [:]
  ) -> String {
    var value = input
    for layer in 0..<layers {
      value = recurrent(
        op, value, inputs: layer == 0 ? shape.features : (bidirectional ? 2 : 1) * hidden,
        hidden: hidden, gates: gates, order: plain(order),
        suffixes: bidirectional ? ["_l\(layer)", "_l\(layer)_reverse"] : ["_l\(layer)"],
        numbered: true, attributes: attributes)
    }
    return value
  }
}

extension LSTMLayer: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    // ONNX has i, o, f, c.
    builder.stacked(
      "LSTM", inputs[0], hidden: hidden, layers: layers, bidirectional: bidirectional, gates: 4,
      order: [0, 3, 1, 2])
  }
}

extension GRULayer: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    // ONNX has z, r, h.
    builder.stacked(
      "GRU", inputs[0], hidden: hidden, layers: layers, bidirectional: bidirectional, gates: 3,
      order: [1, 0, 2], attributes: ["linear_before_reset": .int(1)])
  }
}

extension PeepholeLSTM: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let peepholes = ["weight_ci", "weight_co", "weight_cf"].flatMap { builder.values($0) }
    return builder.recurrent(
      "LSTM", inputs[0], inputs: builder.shape.features, hidden: hidden, gates: 4,
      order: plain([0, 3, 1, 2]), suffixes: [""], numbered: false, peepholes: peepholes)
  }
}

extension CoupledLSTM: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    // ONNX couples the other way round, f = 1 − i: i = 1 − σ(a) is σ(−a).
    builder.recurrent(
      "LSTM", inputs[0], inputs: builder.shape.features, hidden: hidden, gates: 3,
      order: [(0, -1), (2, 1), nil, (1, 1)], suffixes: [""], numbered: false,
      attributes: ["input_forget": .int(1)])
  }
}

// What ONNX has no operator for is written out step by step.

extension ONNXBuilder {
  /// Step `time` of a sequence `[N, T, C]`, as `[N, C]`.
  fileprivate mutating func step(_ value: String, _ time: Int) -> String {
    add("Squeeze", [slice(value, axis: 1, from: time, to: time + 1), integers([1])])
  }

  /// One of the blocks of `size` values of the last axis of `[N, C]`.
  fileprivate mutating func block(_ value: String, _ number: Int, _ size: Int, axis: Int = 1)
    -> String
  {
    slice(value, axis: axis, from: number * size, to: (number + 1) * size)
  }

  /// Steps `[N, C]` as a sequence.
  fileprivate mutating func sequence(_ steps: [String]) -> String {
    let raised = steps.map { add("Unsqueeze", [$0, integers([1])]) }
    return add("Concat", raised, ["axis": .int(1)])
  }

  /// `f ⊙ c + i ⊙ g`, without a cell before it `i ⊙ g`.
  fileprivate mutating func cell(_ before: String?, f: String, i: String, g: String) -> String {
    let new = add("Mul", [i, g])
    guard let before else { return new }
    return add("Add", [add("Mul", [f, before]), new])
  }
}

extension LayerNormLSTM: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let (steps, _) = try builder.shape.sequence()
    func normalise(_ value: String, _ name: String) -> String {
      builder.add(
        "LayerNormalization",
        [value, builder.parameter("\(name).weight"), builder.parameter("\(name).bias")],
        ["axis": .int(-1), "epsilon": .float(1e-5)])
    }
    let outer = builder.add("MatMul", [inputs[0], builder.transposed("weight_ih")])
    let all = normalise(outer, "ln_ih")
    let recurrent = builder.transposed("weight_hh")
    // Before the first step h is 0, whose normalisation is the shift alone.
    var (h, c): (String?, String?) = (nil, nil)
    var outputs: [String] = []
    for time in 0..<steps {
      let x = builder.step(all, time)
      let inner =
        h.map { normalise(builder.add("MatMul", [$0, recurrent]), "ln_hh") }
        ?? builder.parameter("ln_hh.bias")
      let sum = builder.add("Add", [x, inner])
      let i = builder.add("Sigmoid", [builder.block(sum, 0, hidden)])
      let f = builder.add("Sigmoid", [builder.block(sum, 1, hidden)])
      let g = builder.add("Tanh", [builder.block(sum, 2, hidden)])
      let o = builder.add("Sigmoid", [builder.block(sum, 3, hidden)])
      let cell = builder.cell(c, f: f, i: i, g: g)
      let output = builder.add("Mul", [o, builder.add("Tanh", [normalise(cell, "ln_cell")])])
      (h, c) = (output, cell)
      outputs.append(output)
    }
    return builder.sequence(outputs)
  }
}

extension MinimalGatedUnit: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let (steps, _) = try builder.shape.sequence()
    let weights = builder.transposed("weight_ih")
    let all = builder.add(
      "Add", [builder.add("MatMul", [inputs[0], weights]), builder.parameter("bias")])
    let recurrent = builder.transposed("weight_hh")
    let (forget, fresh) = (
      builder.block(recurrent, 0, hidden), builder.block(recurrent, 1, hidden)
    )
    let one = builder.floats([1], [])
    var h: String?
    var outputs: [String] = []
    for time in 0..<steps {
      let x = builder.step(all, time)
      var (f, g) = (builder.block(x, 0, hidden), builder.block(x, 1, hidden))
      if let h { f = builder.add("Add", [f, builder.add("MatMul", [h, forget])]) }
      f = builder.add("Sigmoid", [f])
      if let h {
        let gated = builder.add("MatMul", [builder.add("Mul", [f, h]), fresh])
        g = builder.add("Add", [g, gated])
      }
      var output = builder.add("Mul", [f, builder.add("Tanh", [g])])
      if let h {
        let kept = builder.add("Mul", [builder.add("Sub", [one, f]), h])
        output = builder.add("Add", [kept, output])
      }
      h = output
      outputs.append(output)
    }
    return builder.sequence(outputs)
  }
}

extension ConvLSTM: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let (extent, channels) = try builder.shape.volume()
    let side = Int64(kernel / 2)  // checked: whole numbers
    let attributes: [String: ONNXAttribute] = [
      "kernel_shape": .ints([1, Int64(kernel), Int64(kernel)]),
      "pads": .ints([0, side, side, 0, side, side]),
    ]
    let all = builder.add(
      "Conv",
      [
        inputs[0], builder.parameter("weight_ih", [4 * filters, channels, 1, kernel, kernel]),
        builder.parameter("bias"),
      ], attributes)
    let weights = builder.parameter("weight_hh", [4 * filters, filters, 1, kernel, kernel])
    var (h, c): (String?, String?) = (nil, nil)
    var outputs: [String] = []
    for time in 0..<extent.depth {
      var sum = builder.slice(all, axis: 2, from: time, to: time + 1)
      if let h { sum = builder.add("Add", [sum, builder.add("Conv", [h, weights], attributes)]) }
      let i = builder.add("Sigmoid", [builder.block(sum, 0, filters)])
      let f = builder.add("Sigmoid", [builder.block(sum, 1, filters)])
      let g = builder.add("Tanh", [builder.block(sum, 2, filters)])
      let o = builder.add("Sigmoid", [builder.block(sum, 3, filters)])
      let cell = builder.cell(c, f: f, i: i, g: g)
      let output = builder.add("Mul", [o, builder.add("Tanh", [cell])])
      (h, c) = (output, cell)
      outputs.append(output)
    }
    guard givesAllSteps else { return outputs[outputs.count - 1] }
    return builder.add("Concat", outputs, ["axis": .int(2)])
  }
}
