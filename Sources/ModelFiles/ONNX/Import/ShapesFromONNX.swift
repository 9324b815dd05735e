import Layers

// What only changes how axes are named and ordered becomes no layer, but for steps of time.
extension ONNXGraphReader {
  private func unpadded(_ flow: Flow) throws(ONNXRefusal) -> Flow {
    guard flow.pads == nil else {
      throw ONNXRefusal("reads what a Pad made: only a convolution can")
    }
    return flow
  }

  mutating func reshape(_ node: ONNXNode) throws(ONNXRefusal) {
    let flow = try unpadded(try anyFlow(node, 0))
    let sizes = flow.sizes
    let wanted: [Int]
    if node.op == "Flatten" {
      let axis = node.int("axis") ?? 1
      let place = axis < 0 ? axis + sizes.count : axis
      guard (0...sizes.count).contains(place) else { throw ONNXRefusal("axis \(axis)") }
      wanted = [sizes[..<place].reduce(1, *), sizes[place...].reduce(1, *)]
    } else {
      wanted = try ConstantFolding.shape(
        try need(node, 1, "shape").integers(), of: sizes, allowZero: node.int("allowzero") == 1)
    }
    let axes = AxisMap.regrouped(flow.axes, to: wanted)
    // What is a layer of ours is one again, even where its sizes fit the axes by chance.
    let isOurs = node.op == "Reshape" && kinds[name(node)] == Reshape.kind
    if isOurs || axes == nil, let made = try reshaped(flow, to: wanted, node) {
      return try set(node, made)
    }
    guard let axes else {
      throw ONNXRefusal(
        "gives \(text(flow)) the shape \(wanted), which cuts across its axes and means nothing")
    }
    try set(node, try shuffled(flow.with(axes: axes), node))
  }

  mutating func transpose(_ node: ONNXNode) throws(ONNXRefusal) {
    let flow = try unpadded(try anyFlow(node, 0))
    let order = node.ints("perm") ?? flow.axes.indices.reversed()
    guard order.sorted() == Array(flow.axes.indices) else {
      throw ONNXRefusal("has the order \(order) for \(flow.axes.count) axes")
    }
    try set(node, flow.with(axes: order.map { flow.axes[$0] }))
  }

  mutating func squeeze(_ node: ONNXNode) throws(ONNXRefusal) {
    let flow = try unpadded(try anyFlow(node, 0))
    let named = try constant(node, 1)?.integers().map { Int(clamping: $0) } ?? node.ints("axes")
    var axes = flow.axes
    if node.op == "Squeeze" {
      let dropped =
        try ConstantFolding.axes(node, try constant(node, 1), rank: axes.count)
        ?? axes.indices.filter { axes[$0].isEmpty }
      guard dropped.allSatisfy({ axes[$0].isEmpty }) else {
        throw ONNXRefusal("drops axes of \(text(flow)) that are longer than 1")
      }
      axes = axes.indices.filter { !dropped.contains($0) }.map { axes[$0] }
    } else {
      let rank = axes.count + (named?.count ?? 0)
      guard rank <= ONNXTensor.maximumDimensions else { throw ONNXRefusal("\(rank) axes") }
      let made = try ConstantFolding.axes(node, try constant(node, 1), rank: rank) ?? []
      for axis in made.sorted() { axes.insert([], at: axis) }
    }
    try set(node, flow.with(axes: axes))
  }

  /// To the same sizes: other ones are made by the operator that reads it.
  mutating func expand(_ node: ONNXNode) throws(ONNXRefusal) {
    let flow = try unpadded(try anyFlow(node, 0))
    let wanted = try need(node, 1, "shape").integers().map { Int(clamping: $0) }
    guard wanted.count <= flow.axes.count,
      zip(wanted.reversed(), flow.sizes.reversed()).allSatisfy({ $0 == $1 || $0 == 1 })
    else { throw ONNXRefusal("repeats values of \(text(flow)) to \(wanted)") }
    try set(node, flow)
  }

  // MARK: Parts of axes

  mutating func slice(_ node: ONNXNode) throws(ONNXRefusal) {
    if case .stack(let flows, let axis)? = try value(node, 0) {
      var inputs: [ONNXConstant?] = [nil]
      for index in 1..<max(1, node.inputs.count) { inputs.append(try constant(node, index)) }
      let sizes = flows[0].sizes.indices.map { $0 == axis ? flows.count : flows[0].sizes[$0] }
      let taken = try SliceRanges.of(node, inputs, sizes: sizes)
      guard taken.count == 1, taken[0].axis == axis, taken[0].range.count == 1 else {
        throw ONNXRefusal("takes several of stacked states")
      }
      return try set(node, flows[taken[0].range.lowerBound])
    }
    var flow = try flow(node, 0)
    var inputs: [ONNXConstant?] = [nil]
    for index in 1..<max(1, node.inputs.count) { inputs.append(try constant(node, index)) }
    for (axis, range, step) in try SliceRanges.of(node, inputs, sizes: flow.sizes) {
      if range.count == flow.sizes[axis], step == 1 { continue }
      flow = try taking(range, step: step, of: flow, axis: axis, node)
    }
    try set(node, flow)
  }

  mutating func gather(_ node: ONNXNode) throws(ONNXRefusal) {
    let indices = try need(node, 1, "indices")
    let numbers = try indices.integers()
    // All places in their order are the same values in another shape.
    if numbers.count > 1, case .flow(let flow)? = try value(node, 0), flow.pads == nil {
      let axis = try ConstantFolding.resolved(node.int("axis") ?? 0, rank: flow.axes.count)
      let sizes = flow.sizes[..<axis] + indices.dims + flow.sizes[(axis + 1)...]
      if numbers == Array(0..<Int64(flow.sizes[axis])),
        let axes = AxisMap.regrouped(flow.axes, to: Array(sizes))
      {
        return try set(node, flow.with(axes: axes))
      }
    }
    guard numbers.count == 1, indices.dims.count <= 1 else {
      throw ONNXRefusal("takes \(numbers.count) places of an axis; vidclass takes steps by slices")
    }
    func place(_ size: Int) throws(ONNXRefusal) -> Int {
      guard (-Int64(size)..<Int64(size)).contains(numbers[0]) else {
        throw ONNXRefusal("takes number \(numbers[0]) of \(size)")
      }
      return Int(numbers[0]) + (numbers[0] < 0 ? size : 0)
    }
    var result: Flow
    let axis: Int
    if case .stack(let flows, let stacked)? = try value(node, 0) {
      axis = try ConstantFolding.resolved(node.int("axis") ?? 0, rank: flows[0].axes.count)
      guard axis == stacked else { throw ONNXRefusal("takes a part of stacked states") }
      result = flows[try place(flows.count)]
    } else {
      result = try flow(node, 0)
      axis = try ConstantFolding.resolved(node.int("axis") ?? 0, rank: result.axes.count)
      let start = try place(result.sizes[axis])
      if result.sizes[axis] > 1 {
        result = try taking(start..<start + 1, step: 1, of: result, axis: axis, node)
      }
    }
    if indices.dims.isEmpty { result.axes.remove(at: axis) }
    try set(node, result)
  }

  mutating func concatenate(_ node: ONNXNode) throws(ONNXRefusal) {
    var flows: [Flow] = []
    for index in node.inputs.indices { flows.append(try flow(node, index)) }
    guard let first = flows.first else { throw ONNXRefusal("puts nothing side by side") }
    let axis = try ConstantFolding.resolved(node.int("axis") ?? 0, rank: first.axes.count)
    if flows.count == 1 { return try set(node, first) }
    for other in flows {
      guard other.axes.count == first.axes.count,
        first.axes.indices.allSatisfy({ $0 == axis || other.axes[$0] == first.axes[$0] })
      else {
        throw ONNXRefusal("puts values of \(text(first)) and \(text(other)) side by side")
      }
    }
    let isChannels = flows.allSatisfy { isWhole($0.axes[axis], .channel, $0) }
    if !isChannels, flows.allSatisfy({ $0.axes[axis].isEmpty }) {
      return try set(node, 0, .stack(flows, axis: axis))
    }
    if let delayed = delayed(flows, axis) { return try set(node, delayed) }
    if !isChannels {
      // Flattened values are features side by side.
      for (index, flow) in flows.enumerated() {
        guard axis == flow.axes.count - 1, case (let value, nil) = try features(flow, node) else {
          throw ONNXRefusal(
            "puts \(text(flow)) and others side by side along axis \(axis); vidclass does so with "
              + "channels")
        }
        flows[index].value = value
      }
    }
    let shapes = flows.map { assembly.shape($0.value) }
    if !shapes.allSatisfy({ $0.roles.count == shapes[0].roles.count }) {
      for index in flows.indices { flows[index] = try volume(flows[index], node) }
    }
    let value = try assembly.add(Concatenate(), flows.map(\.value), name: name(node))
    var axes = first.axes
    axes[axis] = AxisMap.whole(.channel, assembly.shape(value).features)
    try set(node, Flow(value, axes))
  }

  /// The first step, then all but the last: what a difference over time subtracts.
  private func delayed(_ flows: [Flow], _ axis: Int) -> Flow? {
    guard flows.count == 2, let head = assembly.draft(flows[0].value),
      let tail = assembly.draft(flows[1].value), head.inputs == tail.inputs,
      let steps = Optional(assembly.shape(head.inputs[0]).size(of: .time)),
      head.layer as? SliceTime == SliceTime(start: 0, end: 1),
      tail.layer as? SliceTime == SliceTime(start: 0, end: steps - 1)
    else { return nil }
    var axes = flows[0].axes
    axes[axis] = AxisMap.whole(.time, steps)
    var flow = Flow(head.inputs[0], axes)
    flow.form = .delayed
    return flow
  }
}
