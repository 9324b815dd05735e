import Layers

extension ONNXGraphReader {
  /// `Gemm`, or `MatMul` by a constant: a dense layer on vectors; a convolution of one position on
  /// sequences and volumes, which has the same weights.
  mutating func linear(_ node: ONNXNode) throws(ONNXRefusal) {
    let flow = try flow(node, 0)
    let isGemm = node.op == "Gemm"
    guard let matrix = try constant(node, 1), matrix.dims.count == 2, flow.axes.count >= 2,
      !isGemm || flow.axes.count == 2, node.int("transA") ?? 0 == 0
    else {
      throw ONNXRefusal(
        "multiplies a value of axes \(text(flow)) by something that is no constant matrix")
    }
    let isTurned = isGemm && node.int("transB") == 1
    let (outputs, inputs) =
      isTurned ? (matrix.dims[0], matrix.dims[1]) : (matrix.dims[1], matrix.dims[0])
    guard inputs == flow.sizes[flow.axes.count - 1] else {
      throw ONNXRefusal(
        "its weight \(matrix.dims) does not fit \(flow.sizes[flow.axes.count - 1]) features")
    }
    let (alpha, beta) = (isGemm ? node.float("alpha") ?? 1 : 1, node.float("beta") ?? 1)
    let bias = isGemm ? try constant(node, 2) : nil
    if let bias, bias.count != outputs, bias.count != 1 {
      throw ONNXRefusal("its bias \(bias.dims) does not fit \(outputs) outputs")
    }
    let name = name(node, weight: 1)
    let axes = flow.axes.dropLast() + [AxisMap.whole(.channel, outputs)]
    let isSpatial = flow.axes.dropLast().joined().contains {
      $0.role == .height || $0.role == .width
    }
    if isSpatial {
      guard isWhole(flow.axes[flow.axes.count - 1], .channel, flow) else {
        throw ONNXRefusal("multiplies a value of axes \(text(flow)) by a matrix")
      }
      let weights = self.weights(
        matrix, isTurned, order: nil, alpha: alpha, bias: bias, beta: beta, outputs: outputs)
      let settings = ConvolutionSettings(filters: outputs, kernel: .one, bias: bias != nil)
      let value = try assembly.add(
        Conv3D(settings: settings), [flow.value], name: name, weights: weights)
      return try set(node, Flow(value, Array(axes)))
    }
    let (features, order) = try features(flow, node)
    var weights = self.weights(
      matrix, isTurned, order: order, alpha: alpha, bias: bias, beta: beta, outputs: outputs)
    let layer: any Layer
    if case .sequence = assembly.shape(features) {
      layer = Conv1D(
        settings: ConvolutionSettings(filters: outputs, kernel: .one, bias: bias != nil))
    } else {
      layer = DenseLayer(outputs: outputs)
      weights["bias"] = weights["bias"] ?? .filled(0, outputs)
    }
    let value = try assembly.add(layer, [features], name: name, weights: weights)
    try set(node, Flow(value, Array(axes)))
  }

  /// Weights `[outputs, inputs]`, and the bias where there is one.
  private func weights(
    _ matrix: ONNXConstant, _ isTurned: Bool, order: [Int]?, alpha: Float, bias: ONNXConstant?,
    beta: Float, outputs: Int
  ) -> [String: ImportedWeight] {
    let inputs = matrix.count / max(1, outputs)
    var weights: [String: ImportedWeight] = [:]
    weights["weight"] = ImportedWeight(count: matrix.count) { () throws(ModelFileError) in
      let values = try matrix.floats()
      if isTurned, order == nil, alpha == 1 { return values }
      var turned = [Float](repeating: 0, count: values.count)
      for row in 0..<outputs {
        for column in 0..<inputs {
          turned[row * inputs + (order?[column] ?? column)] =
            alpha * values[isTurned ? row * inputs + column : column * outputs + row]
        }
      }
      return turned
    }
    if let bias {
      weights["bias"] = ImportedWeight(count: outputs) { () throws(ModelFileError) in
        let values = try bias.floats().map { $0 * beta }
        return values.count == outputs ? values : [Float](repeating: values[0], count: outputs)
      }
    }
    return weights
  }

  // MARK: Normalisations

  /// The value with its channels as an axis of their own, where they are flattened.
  private mutating func channels(
    _ flow: Flow, axis: Int, _ node: ONNXNode
  ) throws(ONNXRefusal) -> Flow {
    if isWhole(flow.axes[axis], .channel, flow) { return flow }
    guard flow.axes.count == 2, axis == 1, case (let value, nil) = try features(flow, node) else {
      throw ONNXRefusal("normalises axis \(axis) of \(text(flow)), which are not the channels")
    }
    return Flow(
      value, [flow.axes[0], AxisMap.whole(.channel, assembly.shape(value).features)])
  }

  mutating func batchNorm(_ node: ONNXNode) throws(ONNXRefusal) {
    guard node.int("training_mode") ?? 0 == 0 else {
      throw ONNXRefusal("is in its mode for training: export the network for inference")
    }
    let read = try flow(node, 0)
    guard read.axes.count > 1 else { throw ONNXRefusal("normalises \(text(read))") }
    let flow = try channels(read, axis: 1, node)
    // ONNX says what is kept, PyTorch what is taken; a float's last digits are no setting.
    let taken = ((1 - Double(node.float("momentum") ?? 0.9)) * 1e6).rounded() / 1e6
    let layer = BatchNorm(epsilon: node.float("epsilon") ?? 1e-5, momentum: Float(taken))
    var weights: [String: ImportedWeight] = [:]
    for (index, name) in ["weight", "bias", "running_mean", "running_var"].enumerated() {
      weights[name] = ImportedWeight(try need(node, index + 1, name))
    }
    let value = try assembly.add(
      layer, [flow.value], name: name(node, weight: 1), weights: weights)
    try set(node, Flow(value, flow.axes))
  }

  mutating func layerNorm(_ node: ONNXNode) throws(ONNXRefusal) {
    let flow = try flow(node, 0)
    let rank = flow.axes.count
    let axis = try ConstantFolding.resolved(node.int("axis") ?? -1, rank: rank)
    guard axis == rank - 1, isWhole(flow.axes[axis], .channel, flow) else {
      throw ONNXRefusal(
        "normalises from axis \(axis) of \(text(flow)) on; vidclass has layernorm over channels")
    }
    let weight = try need(node, 1, "weight")
    let value = try assembly.add(
      LayerNorm(epsilon: node.float("epsilon") ?? NormEpsilon.usual), [flow.value],
      name: name(node, weight: 1),
      weights: [
        "weight": ImportedWeight(weight),
        "bias": try constant(node, 2).map { ImportedWeight($0) } ?? .filled(0, weight.count),
      ])
    try set(node, Flow(value, flow.axes))
  }

  /// Instance normalisation of groups of channels, all else flattened or behind: a group
  /// normalisation, whose scale and shift for each channel come behind it.
  mutating func groupNorm(_ node: ONNXNode) throws(ONNXRefusal) {
    let flow = try flow(node, 0)
    let shape = assembly.shape(flow.value)
    guard case .volume(_, let channels) = shape, flow.axes.count > 2,
      isWhole(flow.axes[0], .clip, flow), !isFramewise || shape.size(of: .time) == 1
    else {
      throw ONNXRefusal(
        "normalises \(text(flow)); vidclass has groupnorm over all positions of a clip")
    }
    let groups = flow.sizes[1]
    guard flow.axes[1].allSatisfy({ $0.role == .channel }), groups > 0,
      channels.isMultiple(of: groups),
      flow.axes[1].isEmpty || flow.axes[1].count == 1 && flow.axes[1][0].stride * groups == channels
    else { throw ONNXRefusal("normalises \(text(flow)), whose second axis is no groups") }
    func each(_ index: Int, _ name: String) throws(ONNXRefusal) -> ImportedWeight {
      let numbers = try need(node, index, name).numbers()
      guard numbers.count == groups else { throw ONNXRefusal("\(numbers.count) of \(name)") }
      let all = (0..<channels).map { numbers[$0 / (channels / groups)] }
      return ImportedWeight(ONNXConstant(floats: all, dims: [channels]))
    }
    let value = try assembly.add(
      GroupNorm(groups: groups, epsilon: node.float("epsilon") ?? NormEpsilon.usual),
      [flow.value], name: name(node),
      weights: ["weight": try each(1, "weight"), "bias": try each(2, "bias")])
    try set(node, Flow(value, flow.axes))
  }
}
