import Layers

extension ONNXGraphReader {
  /// Means, largest values and the sum of an attention over whole roles.
  mutating func reduce(_ node: ONNXNode) throws(ONNXRefusal) {
    let isGlobal = node.op.hasPrefix("Global")
    let read = try anyFlow(node, 0)
    let rank = read.axes.count
    let named =
      isGlobal
      ? Array(min(2, rank)..<rank)
      : try ConstantFolding.axes(node, try constant(node, 1), rank: rank)
    let axes = named ?? (node.int("noop_with_empty_axes") == 1 ? [] : Array(0..<rank))
    let keeps = isGlobal || node.int("keepdims") ?? 1 == 1
    let reduced = axes.flatMap { read.axes[$0] }
    let left = read.axes.enumerated().compactMap { index, axis -> Axis? in
      axes.contains(index) ? (keeps ? [] : nil) : axis
    }
    if node.op == "ReduceSum" {
      return try set(node, Flow(try attention(read, reduced, node), left))
    }
    let flow = try plain(read, node)
    if reduced.isEmpty { return try set(node, flow.with(axes: left)) }
    guard
      reduced.allSatisfy({
        $0.role != .clip && $0.role != .channel && isWhole([$0], $0.role, flow)
      })
    else {
      throw ONNXRefusal(
        "takes the axes \(axes) of \(text(flow)) together; vidclass does so with whole axes of "
          + "time, height and width")
    }
    let isMean = node.op == "ReduceMean" || node.op == "GlobalAveragePool"
    let value: Int
    switch assembly.shape(flow.value) {
    case .sequence where isMean:
      value = try assembly.add(TimePool(mode: .mean), [flow.value], name: name(node))
    case .volume(let extent, _):
      var bins = extent
      var window = Extent3.one
      for factor in reduced {
        window[factor.role] = factor.size
        bins[factor.role] = 1
      }
      value = try assembly.add(
        isMean ? AdaptiveAveragePool3D(bins: bins) : MaxPool3D(window: window), [flow.value],
        name: name(node))
    default:
      throw ONNXRefusal("takes the largest over time; vidclass has timepooling: mean and last")
    }
    try set(node, Flow(value, left))
  }

  /// The sum of steps times their shares, where the scores are those of a layer of ours.
  private mutating func attention(
    _ flow: Flow, _ reduced: Axis, _ node: ONNXNode
  ) throws(ONNXRefusal) -> Int {
    let refusal = ONNXRefusal(
      "is a sum that is no part of an attention over time that vidclass has (attention, "
        + "additive_attention)")
    guard case .weighted(let scores) = flow.form, reduced == whole(.time, flow),
      let score = assembly.draft(scores), score.scale == nil,
      let layer = score.layer as? Conv1D, !layer.settings.bias, layer.settings.filters == 1,
      layer.settings.kernel == .one, let weight = score.weights["weight"]
    else { throw refusal }
    if score.inputs == [flow.value] {
      return try assembly.add(
        AttentionPool(), [flow.value], name: score.name, weights: ["weight": weight])
    }
    guard let tanh = assembly.draft(score.inputs[0]), tanh.layer is Tanh,
      let hidden = assembly.draft(tanh.inputs[0]), hidden.inputs == [flow.value],
      let projection = hidden.layer as? Conv1D, projection.settings.kernel == .one,
      projection.settings.groups == 1, projection.settings.stride == .one,
      projection.settings.padding == .explicit(.zero), let inner = hidden.weights["weight"]
    else { throw refusal }
    let features = projection.settings.filters
    let shift = hidden.shift
    let scale = hidden.scale ?? []
    guard scale.allSatisfy({ $0 == 1 }) else { throw refusal }
    let bias = hidden.weights["bias"] ?? .filled(0, features)
    let shifted = ImportedWeight(count: features) { () throws(ModelFileError) in
      let values = try bias.values()
      return shift.map { shift in values.indices.map { values[$0] + shift[$0] } } ?? values
    }
    return try assembly.add(
      AdditiveAttention(features: features), [flow.value], name: score.name,
      weights: ["proj.weight": inner, "proj.bias": shifted, "v.weight": weight])
  }
}
