import Layers

extension ReLU: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add("Relu", inputs)
  }
}

extension ReLU6: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add("Clip", inputs + [builder.floats([0], []), builder.floats([6], [])])
  }
}

extension LeakyReLU: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add("LeakyRelu", inputs, ["alpha": .float(slope)])
  }
}

extension SiLU: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add("Mul", [inputs[0], builder.add("Sigmoid", inputs)])
  }
}

extension HardSwish: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add("HardSwish", inputs)
  }
}

extension HardSigmoid: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add("HardSigmoid", inputs, ["alpha": .float(1 / 6), "beta": .float(0.5)])
  }
}

extension Sigmoid: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add("Sigmoid", inputs)
  }
}

extension Tanh: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add("Tanh", inputs)
  }
}

extension GELU: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let scaled = builder.multiply(inputs[0], Float(0.5).squareRoot())
    let shifted = builder.add("Add", [builder.add("Erf", [scaled]), builder.floats([1], [])])
    return builder.multiply(builder.add("Mul", [inputs[0], shifted]), 0.5)
  }
}

extension Add: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add(inputs.count == 2 ? "Add" : "Sum", inputs)
  }
}

extension Multiply: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    guard case .volume = builder.layer.inputs[0], case .vector = builder.layer.inputs[1] else {
      return builder.add("Mul", inputs)
    }
    let gate = builder.add("Unsqueeze", [inputs[1], builder.integers([2, 3, 4])])
    return builder.add("Mul", [inputs[0], gate])
  }
}

extension Concatenate: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    var axis: Int64 = 1
    if case .sequence = builder.shape { axis = 2 }
    return builder.add("Concat", inputs, ["axis": .int(axis)])
  }
}

extension Flatten: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add("Flatten", inputs, ["axis": .int(1)])
  }
}

extension Reshape: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.reshape(inputs[0], shape)
  }
}

extension StepsToVolume: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let turned = builder.transpose(inputs[0], [0, 2, 1])
    return builder.add("Unsqueeze", [turned, builder.integers([3, 4])])
  }
}

extension ONNXBuilder {
  /// The axis of time of what the layer reads, and the steps along it.
  fileprivate var time: (axis: Int, steps: Int) {
    switch shape {
    case .volume(let extent, _): (2, extent.depth)
    case .sequence(let steps, _): (1, steps)
    case .vector: (1, 1)
    }
  }
}

extension SliceTime: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let (axis, steps) = builder.time
    return builder.slice(inputs[0], axis: axis, from: start, to: end ?? steps, step: step)
  }
}

extension DifferenceTime: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let (axis, steps) = builder.time
    let first = builder.slice(inputs[0], axis: axis, from: 0, to: 1)
    let before = builder.slice(inputs[0], axis: axis, from: 0, to: steps - 1)
    let shifted = builder.add("Concat", [first, before], ["axis": .int(Int64(axis))])
    return builder.add("Sub", [inputs[0], shifted])
  }
}

extension SliceChannels: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    var axis = 1
    if case .sequence = builder.shape { axis = 2 }
    return builder.slice(inputs[0], axis: axis, from: start, to: end ?? builder.shape.features)
  }
}

extension ShuffleChannels: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let channels = builder.shape.features
    let cut = [groups, channels / groups]
    let (before, behind): ([Int], [Int]) =
      switch builder.shape {
      case .volume(let extent, _): ([], [extent.depth, extent.height, extent.width])
      case .sequence(let steps, _): ([steps], [])
      case .vector: ([], [])
      }
    let axis = before.count + 1
    var order = (0..<Int64(axis + 2 + behind.count)).map { $0 }
    order.swapAt(axis, axis + 1)
    let turned = builder.transpose(builder.reshape(inputs[0], before + cut + behind), order)
    return builder.reshape(turned, before + [channels] + behind)
  }
}

extension DropoutLayer: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    inputs[0]
  }
}

extension DenseLayer: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add(
      "Gemm", inputs + [builder.parameter("weight"), builder.parameter("bias")],
      ["transB": .int(1)])
  }
}

extension BatchNorm: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    var isSequence = false
    if case .sequence = builder.shape { isSequence = true }
    let value = isSequence ? builder.transpose(inputs[0], [0, 2, 1]) : inputs[0]
    let made = builder.add(
      "BatchNormalization",
      [value] + ["weight", "bias", "running_mean", "running_var"].map { builder.parameter($0) },
      ["epsilon": .float(epsilon)])
    return isSequence ? builder.transpose(made, [0, 2, 1]) : made
  }
}

extension LayerNorm: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    var isVolume = false
    if case .volume = builder.shape { isVolume = true }
    let value = isVolume ? builder.transpose(inputs[0], [0, 2, 3, 4, 1]) : inputs[0]
    let made = builder.add(
      "LayerNormalization", [value, builder.parameter("weight"), builder.parameter("bias")],
      ["axis": .int(-1), "epsilon": .float(epsilon)])
    return isVolume ? builder.transpose(made, [0, 4, 1, 2, 3]) : made
  }
}

extension GroupNorm: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let (extent, channels) = try builder.shape.volume()
    let grouped = builder.reshape(inputs[0], [groups, -1])
    let ones = builder.floats([Float](repeating: 1, count: groups), [groups])
    let zeros = builder.floats([Float](repeating: 0, count: groups), [groups])
    let normalised = builder.add(
      "InstanceNormalization", [grouped, ones, zeros], ["epsilon": .float(epsilon)])
    let back = builder.reshape(
      normalised, [channels, extent.depth, extent.height, extent.width])
    let scaled = builder.add("Mul", [back, builder.parameter("weight", [channels, 1, 1, 1])])
    return builder.add("Add", [scaled, builder.parameter("bias", [channels, 1, 1, 1])])
  }
}

extension Mixture: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let scores = inputs.map { logits in
      let scaled =
        temperature == 1 ? logits : builder.add("Div", [logits, builder.floats([temperature], [])])
      return builder.add("Softmax", [scaled], ["axis": .int(1)])
    }
    return builder.add("Log", [builder.add("Mean", scores)])
  }
}
