import Layers

extension ONNXGraphReader {
  /// Reads the first operator, with those behind it that make one layer together with it.
  ///
  /// - Returns: how many were read.
  mutating func read(_ nodes: ArraySlice<ONNXNode>) throws(ONNXRefusal) -> Int {
    if let count = try writtenOut(nodes) { return count }
    try read(nodes[nodes.startIndex])
    return 1
  }

  /// Reads one operator.
  private mutating func read(_ node: ONNXNode) throws(ONNXRefusal) {
    guard !node.outputs.isEmpty, node.domain.isEmpty else { throw lacking(node) }
    if ConstantFolding.operators.contains(node.op), try fold(node) { return }
    switch node.op {
    case "Identity", "Dropout", "Cast": try pass(node)
    case "Relu": try activate(node, ReLU())
    case "Sigmoid": try activate(node, Sigmoid())
    case "Tanh": try activate(node, Tanh())
    case "HardSwish": try activate(node, HardSwish())
    case "LeakyRelu": try activate(node, LeakyReLU(slope: node.float("alpha") ?? 0.01))
    case "HardSigmoid": try hardSigmoid(node)
    case "Gelu": try gelu(node)
    case "Erf": try erf(node)
    case "Clip": try clip(node)
    case "Softmax", "LogSoftmax": try softmax(node)
    case "Add", "Sum": try add(node)
    case "Sub": try subtract(node)
    case "Mul": try multiply(node)
    case "Div": try divide(node)
    case "Conv": try convolve(node)
    case "Pad": try pad(node)
    case "Gemm", "MatMul": try linear(node)
    case "BatchNormalization": try batchNorm(node)
    case "LayerNormalization": try layerNorm(node)
    case "InstanceNormalization": try groupNorm(node)
    case "MaxPool", "AveragePool": try pool(node)
    case "GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax", "ReduceSum":
      try reduce(node)
    case "Flatten", "Reshape": try reshape(node)
    case "Transpose": try transpose(node)
    case "Squeeze", "Unsqueeze": try squeeze(node)
    case "Expand": try expand(node)
    case "Slice": try slice(node)
    case "Split": try split(node)
    case "Gather": try gather(node)
    case "Concat": try concatenate(node)
    case "LSTM", "GRU": try recurrent(node)
    default: throw lacking(node)
    }
  }

  private func lacking(_ node: ONNXNode) -> ONNXRefusal {
    let domain = node.domain.isEmpty ? "opset \(opset)" : "domain '\(node.domain)'"
    return ONNXRefusal("is an operator '\(node.op)' (\(domain)), which vidclass lacks")
  }

  /// Does what can be done before the network runs; false where a value flows in.
  private mutating func fold(_ node: ONNXNode) throws(ONNXRefusal) -> Bool {
    var inputs: [ONNXConstant?] = []
    for index in node.inputs.indices {
      switch try value(node, index) {
      case nil: inputs.append(nil)
      case .constant(let constant): inputs.append(constant)
      case .flow(let flow) where node.op == "Shape":
        let sizes = ConstantFolding.part(ofShape: flow.sizes, node)
        try set(node, 0, .constant(ONNXConstant(integers: sizes)))
        return true
      default: return false
      }
    }
    let made = try ConstantFolding.fold(node, inputs, opset: opset, budget: &budget)
    try set(node, 0, .constant(made))
    return true
  }

  private mutating func pass(_ node: ONNXNode) throws(ONNXRefusal) {
    if case .constant(let constant)? = try value(node, 0) {
      return try set(node, 0, .constant(constant))
    }
    if node.op == "Cast", node.int("to") != ONNXTensor.ElementType.float.rawValue {
      throw ONNXRefusal("turns values into another type than FLOAT, which vidclass computes in")
    }
    if node.op == "Dropout", let training = try constant(node, 2), try training.number() != 0 {
      throw ONNXRefusal("drops values at random: export the network in its mode for inference")
    }
    try set(node, try anyFlow(node, 0))
    try set(node, 1, .missing("reads the mask of a dropout"))
  }
}
