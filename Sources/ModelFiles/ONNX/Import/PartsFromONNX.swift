import Layers

// Parts of an axis: steps of time, channels, and channels in another order.
extension ONNXGraphReader {
  /// Some positions of an axis, by a layer of its own.
  mutating func taking(
    _ range: Range<Int>, step: Int, of flow: Flow, axis: Int, _ node: ONNXNode
  ) throws(ONNXRefusal) -> Flow {
    let isTime = isWhole(flow.axes[axis], .time, flow)
    guard isTime || isWhole(flow.axes[axis], .channel, flow) && step == 1, !range.isEmpty,
      step > 0
    else {
      throw ONNXRefusal(
        "takes \(range) of axis \(axis) of \(text(flow)); vidclass takes steps of time "
          + "(slice_time) and neighbouring channels (slice_channels)")
    }
    let layer: any Layer =
      isTime
      ? SliceTime(start: range.lowerBound, end: range.upperBound, step: step)
      : SliceChannels(start: range.lowerBound, end: range.upperBound)
    let value = try assembly.add(layer, [flow.value], name: name(node))
    var axes = flow.axes
    axes[axis] = AxisMap.whole(isTime ? .time : .channel, (range.count + step - 1) / step)
    return Flow(value, axes)
  }

  /// Each part by a layer of its own.
  mutating func split(_ node: ONNXNode) throws(ONNXRefusal) {
    let flow = try flow(node, 0)
    let axis = try ConstantFolding.resolved(node.int("axis") ?? 0, rank: flow.axes.count)
    let (size, count) = (flow.sizes[axis], node.outputs.count)
    var parts: [Int]
    if let named = try constant(node, 1)?.integers().map({ Int(clamping: $0) })
      ?? node.ints("split")
    {
      parts = named
    } else {
      // Equal ones; where that cannot be, the last is smaller.
      let each = (size + count - 1) / count
      parts = [Int](repeating: each, count: count)
      parts[count - 1] = size - each * (count - 1)
    }
    guard parts.count == count, parts.allSatisfy({ (1...size).contains($0) }),
      parts.reduce(0, +) == size
    else { throw ONNXRefusal("splits \(size) positions into \(parts)") }
    if count == 1 { return try set(node, flow) }
    var start = 0
    for (index, part) in parts.enumerated() {
      let range = start..<start + part
      start += part
      guard readers[node.outputs[index], default: 0] > 0 else { continue }
      try set(node, index, .flow(try taking(range, step: 1, of: flow, axis: axis, node)))
    }
  }

  /// A value whose channels were cut in groups, transposed and joined again: as they are after a
  /// shuffle of channels.
  mutating func shuffled(_ flow: Flow, _ node: ONNXNode) throws(ONNXRefusal) -> Flow {
    let channels = size(of: .channel, flow)
    for (index, axis) in flow.axes.enumerated() {
      guard axis.count == 2, axis.allSatisfy({ $0.role == .channel }), axis[0].stride == 1,
        axis[1].stride == axis[0].size, axis[0].size * axis[1].size == channels
      else { continue }
      var made = try apply(
        ShuffleChannels(groups: axis[1].size), to: try plain(flow, node), node)
      made.axes[index] = whole(.channel, made)
      return made
    }
    return flow
  }
}
