import Layers

extension TimePool: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    switch mode {
    case .mean:
      return builder.mean(inputs[0])
    case .last:
      let steps = builder.shape.rows
      let last = builder.slice(inputs[0], axis: 1, from: steps - 1, to: steps)
      return builder.add("Squeeze", [last, builder.integers([1])])
    }
  }
}

extension TimeStatistics: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let (steps, _) = try builder.shape.sequence()
    let mean: String
    let change: String
    if steps > 1 {
      // Slices come first: by them `import` knows where the layer begins.
      let now = builder.slice(inputs[0], axis: 1, from: 1, to: steps)
      let before = builder.slice(inputs[0], axis: 1, from: 0, to: steps - 1)
      let difference = builder.add("Abs", [builder.add("Sub", [now, before])])
      mean = builder.mean(inputs[0])
      change = builder.mean(difference)
    } else {
      mean = builder.mean(inputs[0])
      change = builder.multiply(mean, 0)
    }
    return builder.add("Concat", [mean, change], ["axis": .int(1)])
  }
}

extension ONNXBuilder {
  /// The mean over the steps of a sequence.
  fileprivate mutating func mean(_ value: String) -> String {
    add("ReduceMean", [value], ["axes": .ints([1]), "keepdims": .int(0)])
  }

  /// `Σ share[t] x[t]` with shares from the scores `[N, T, 1]`.
  fileprivate mutating func mean(of value: String, scores: String) -> String {
    let shares = add("Softmax", [scores], ["axis": .int(1)])
    return add(
      "ReduceSum", [add("Mul", [value, shares]), integers([1])], ["keepdims": .int(0)])
  }

  /// `x Wᵀ` of the last axis.
  fileprivate mutating func project(_ value: String, _ weight: String) -> String {
    add("MatMul", [value, transposed(weight)])
  }
}

extension AttentionPool: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.mean(of: inputs[0], scores: builder.project(inputs[0], "weight"))
  }
}

extension AdditiveAttention: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let hidden = builder.add(
      "Add", [builder.project(inputs[0], "proj.weight"), builder.parameter("proj.bias")])
    let scores = builder.project(builder.add("Tanh", [hidden]), "v.weight")
    return builder.mean(of: inputs[0], scores: scores)
  }
}

extension Positions: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    switch kind {
    case .learned: return builder.add("Add", inputs + [builder.parameter("weight")])
    case .sinusoidal:
      let (steps, features) = try builder.shape.sequence()
      let table = Positions.waves(steps: steps, features: features)
      return builder.add("Add", inputs + [builder.floats(table, [steps, features])])
    }
  }
}

extension SelfAttention: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let (steps, size) = try builder.shape.sequence()
    let width = size / heads
    let projected = builder.add(
      "Add", [builder.project(inputs[0], "in_proj_weight"), builder.parameter("in_proj_bias")])
    let parts = (0..<3).map { part in
      let third = builder.slice(projected, axis: 2, from: part * size, to: (part + 1) * size)
      // Keys are turned at once, for the product with the queries.
      return builder.transpose(
        builder.reshape(third, [steps, heads, width]), part == 1 ? [0, 2, 3, 1] : [0, 2, 1, 3])
    }
    let scores = builder.multiply(
      builder.add("MatMul", [parts[0], parts[1]]), 1 / Float(width).squareRoot())
    let shares = builder.add("Softmax", [scores], ["axis": .int(-1)])
    let mixed = builder.transpose(builder.add("MatMul", [shares, parts[2]]), [0, 2, 1, 3])
    let joined = builder.reshape(mixed, [steps, size])
    return builder.add(
      "Add", [builder.project(joined, "out_proj.weight"), builder.parameter("out_proj.bias")])
  }
}
