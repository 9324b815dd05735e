import Layers

extension ONNXGraphReader {
  mutating func activate(_ node: ONNXNode, _ layer: any Layer) throws(ONNXRefusal) {
    let flow = try flow(node, 0)
    try set(node, try apply(layer, to: flow, node))
  }

  mutating func hardSigmoid(_ node: ONNXNode) throws(ONNXRefusal) {
    let (alpha, beta) = (node.float("alpha") ?? 0.2, node.float("beta") ?? 0.5)
    guard abs(alpha - 1 / 6) < 1e-6, beta == 0.5 else {
      throw ONNXRefusal(
        "has the slope \(alpha) and the shift \(beta); vidclass has hard_sigmoid with 1/6 and 0.5")
    }
    try activate(node, HardSigmoid())
  }

  mutating func gelu(_ node: ONNXNode) throws(ONNXRefusal) {
    guard (node.string("approximate") ?? "none") == "none" else {
      throw ONNXRefusal("approximates GELU by tanh; vidclass has the exact one")
    }
    try activate(node, GELU())
  }

  /// `erf(x / √2)`, the middle of a GELU.
  mutating func erf(_ node: ONNXNode) throws(ONNXRefusal) {
    var flow = try anyFlow(node, 0)
    guard flow.form == .plain, flow.pads == nil, flow.shift == 0,
      abs(flow.scale - Float(0.5).squareRoot()) < 1e-6
    else { throw ONNXRefusal("is an error function that is no part of a GELU") }
    (flow.form, flow.scale) = (.erf, 1)
    try set(node, flow)
  }

  mutating func clip(_ node: ONNXNode) throws(ONNXRefusal) {
    let low = try constant(node, 1)?.number() ?? node.float("min") ?? -.infinity
    let high = try constant(node, 2)?.number() ?? node.float("max") ?? .infinity
    var flow = try anyFlow(node, 0)
    if low == 0, flow.form == .plain, flow.pads == nil {
      // Hard sigmoids that were written out: clip(x + 3, 0, 6) and clip(x / 6 + 1 / 2, 0, 1).
      let isSixfold = high == 6 && flow.scale == 1 && flow.shift == 3
      let isUnit = high == 1 && abs(flow.scale - 1 / 6) < 1e-6 && flow.shift == 0.5
      if isSixfold || isUnit {
        (flow.scale, flow.shift) = (1, 0)
        let made = try apply(HardSigmoid(), to: flow, node)
        return try set(node, made.scaled(by: isSixfold ? 6 : 1))
      }
    }
    switch (low, high) {
    case (0, 6): try activate(node, ReLU6())
    case (0, 3e38...): try activate(node, ReLU())
    default:
      throw ONNXRefusal(
        "cuts values to \(low)…\(high); vidclass has relu (0…∞) and relu6 (0…6)")
    }
  }

  /// Dropped at the end of the network, whose scores go through a softmax in any case; over time it
  /// may be an attention's.
  mutating func softmax(_ node: ONNXNode) throws(ONNXRefusal) {
    var flow = try anyFlow(node, 0)
    if let output = node.outputs.first, finalNames.contains(output) {
      notes.append("its final \(node.op) is left out, as scores go through a softmax in any case")
      return try set(node, flow)
    }
    let rank = flow.axes.count
    let axis = try ConstantFolding.resolved(
      node.int("axis") ?? (opset < 13 ? 1 : -1), rank: rank)
    guard node.op == "Softmax", flow.isPlain, !isFramewise,
      case .sequence(_, features: 1) = assembly.shape(flow.value),
      isWhole(flow.axes[axis], .time, flow)
    else {
      throw ONNXRefusal(
        "is a softmax inside the network over axis \(axis) of \(text(flow)); vidclass has the one "
          + "over time of its attention layers")
    }
    flow.form = .shares
    try set(node, flow)
  }

  // MARK: Two values

  /// The constant among two inputs with the other, which flows; nil for two values.
  private func withConstant(
    _ node: ONNXNode
  ) throws(ONNXRefusal) -> (flow: Flow, constant: ONNXConstant, isFirst: Bool)? {
    for index in 0..<2 {
      if case .constant(let constant)? = try value(node, index) {
        return (try anyFlow(node, 1 - index), constant, index == 0)
      }
    }
    return nil
  }

  /// Which numbers a constant has for each channel, where it broadcasts to that; one for all comes
  /// as one.
  private func channelNumbers(
    _ constant: ONNXConstant, _ flow: Flow
  ) throws(ONNXRefusal) -> [Float]? {
    guard constant.dims.count <= flow.axes.count else { return nil }
    if constant.count == 1 { return [try constant.number()] }
    let axes = flow.axes.suffix(constant.dims.count)
    let wide = zip(constant.dims, axes).filter { $0.0 != 1 }
    guard wide.count == 1, let (size, axis) = wide.first, isWhole(axis, .channel, flow),
      size == AxisMap.size(axis)
    else { return nil }
    return try constant.numbers()
  }

  /// `x · scale + shift` by constants.
  private mutating func change(
    _ node: ONNXNode, _ flow: Flow, by constant: ONNXConstant,
    _ change: (Float) -> (scale: Float, shift: Float)
  ) throws(ONNXRefusal) {
    guard let numbers = try channelNumbers(constant, flow) else {
      throw ONNXRefusal(
        "a constant of shape \(constant.dims) meets a value of axes \(text(flow)): one number, or "
          + "one for each channel, can be taken")
    }
    let changes = numbers.map(change)
    if changes.count == 1 {
      guard flow.pads == nil else { throw ONNXRefusal("reads what a Pad made") }
      return try set(node, flow.scaled(by: changes[0].scale, plus: changes[0].shift))
    }
    let plain = try plain(flow, node)
    try set(
      node,
      try affine(plain, scale: changes.map(\.scale), shift: changes.map(\.shift), node))
  }

  mutating func add(_ node: ONNXNode) throws(ONNXRefusal) {
    if node.inputs.count == 2, let (flow, constant, _) = try withConstant(node) {
      let sizes = flow.sizes
      if flow.isPlain, !isFramewise, sizes.count == 3, sizes[1] > 1, constant.dims.count >= 2,
        constant.count == sizes[1] * sizes[2], constant.dims.suffix(2) == sizes.suffix(2),
        isWhole(flow.axes[1], .time, flow),
        case (let read, nil) = try features(flow, node, wantsSteps: true)
      {
        let (steps, features) = (sizes[1], sizes[2])
        let isWaves = try constant.isEqual(to: Positions.waves(steps: steps, features: features))
        let value = try assembly.add(
          Positions(kind: isWaves ? .sinusoidal : .learned), [read],
          name: name(node, weight: 1),
          weights: isWaves ? [:] : ["weight": ImportedWeight(constant)])
        let axes = flow.axes.dropLast() + [AxisMap.whole(.channel, features)]
        return try set(node, Flow(value, Array(axes)))
      }
      return try change(node, flow, by: constant) { (1, $0) }
    }
    var flows: [Flow] = []
    for index in node.inputs.indices { flows.append(try flow(node, index)) }
    guard let first = flows.first, flows.count > 1 else { throw ONNXRefusal("adds nothing") }
    for other in flows where other.axes != first.axes {
      throw ONNXRefusal("adds values of axes \(text(first)) and \(text(other))")
    }
    flows = try alike(flows, node)
    let value = try assembly.add(Add(), flows.map(\.value), name: name(node))
    try set(node, Flow(value, first.axes))
  }

  /// Values of the same axes as values of the same form: a volume of one position is a vector.
  private mutating func alike(_ flows: [Flow], _ node: ONNXNode) throws(ONNXRefusal) -> [Flow] {
    let shapes = flows.map { assembly.shape($0.value) }
    if shapes.allSatisfy({ $0 == shapes[0] }) { return flows }
    var result: [Flow] = []
    for flow in flows { result.append(try volume(flow, node)) }
    return result
  }

  mutating func subtract(_ node: ONNXNode) throws(ONNXRefusal) {
    if let (flow, constant, isFirst) = try withConstant(node) {
      return try change(node, flow, by: constant) { isFirst ? (-1, $0) : (1, -$0) }
    }
    let (value, before) = (try anyFlow(node, 0), try anyFlow(node, 1))
    guard before.form == .delayed, value.isPlain, before.value == value.value,
      before.axes == value.axes
    else {
      throw ONNXRefusal(
        "subtracts one value from another; vidclass has difference_time, a step of time from the "
          + "next")
    }
    try set(node, try apply(DifferenceTime(), to: value, node))
  }

  mutating func divide(_ node: ONNXNode) throws(ONNXRefusal) {
    guard let (flow, constant, isFirst) = try withConstant(node), !isFirst else {
      throw ONNXRefusal("divides by a value; vidclass has multiply")
    }
    try change(node, flow, by: constant) { (1 / $0, 0) }
  }

  mutating func multiply(_ node: ONNXNode) throws(ONNXRefusal) {
    if let (flow, constant, _) = try withConstant(node) {
      return try change(node, flow, by: constant) { ($0, 0) }
    }
    let (one, two) = (try anyFlow(node, 0), try anyFlow(node, 1))
    if let made = try gated(one, two, node) { return try set(node, made) }
    if let made = try gated(two, one, node) { return try set(node, made) }
    let (a, b) = (try plain(one, node), try plain(two, node))
    let sizes = (a.sizes, b.sizes)
    guard sizes.0.count == sizes.1.count else {
      throw ONNXRefusal("multiplies values of axes \(text(a)) and \(text(b))")
    }
    let isSecondSmaller = zip(sizes.0, sizes.1).allSatisfy { $0 >= $1 }
    let (value, gate) = isSecondSmaller ? (a, b) : (b, a)
    guard zip(value.axes, gate.axes).allSatisfy({ $0 == $1 || $1.isEmpty }) else {
      throw ONNXRefusal("multiplies values of axes \(text(a)) and \(text(b))")
    }
    var factors = [value, gate]
    if case .volume = assembly.shape(value.value) {
      // A vector is a gate for each channel; what is one of each step has to be a volume.
      if case .sequence = assembly.shape(gate.value) { factors[1] = try volume(gate, node) }
    } else {
      factors = try alike(factors, node)
    }
    let product = try assembly.add(Multiply(), factors.map(\.value), name: name(node))
    try set(node, Flow(product, value.axes))
  }

  /// A product that one of our layers makes at once: SiLU, hard swish, GELU, or a value times its
  /// shares of an attention.
  private mutating func gated(
    _ value: Flow, _ gate: Flow, _ node: ONNXNode
  ) throws(ONNXRefusal) -> Flow? {
    guard value.form == .plain, value.shift == 0, value.pads == nil, gate.pads == nil else {
      return nil
    }
    switch gate.form {
    case .erf:
      guard gate.value == value.value, gate.axes == value.axes,
        abs(gate.scale - gate.shift) < 1e-6 * abs(gate.scale)
      else { return nil }
      let factor = 2 * gate.scale * value.scale
      var bare = value
      bare.scale = 1
      return try apply(GELU(), to: bare, node).scaled(by: factor)
    case .shares:
      guard value.scale == 1, !isFramewise, value.axes.count == gate.axes.count,
        value.axes.dropLast() == gate.axes.dropLast()
      else { return nil }
      var weighted = value
      weighted.form = .weighted(scores: gate.value)
      return weighted
    case .plain:
      guard value.scale == 1, gate.shift == 0, gate.axes == value.axes,
        let draft = assembly.draft(gate.value), draft.inputs == [value.value]
      else { return nil }
      if draft.layer is Sigmoid {
        return try apply(SiLU(), to: value, node).scaled(by: gate.scale)
      }
      if draft.layer is HardSigmoid {
        return try apply(HardSwish(), to: value, node).scaled(by: gate.scale)
      }
      return nil
    default: return nil
    }
  }
}
