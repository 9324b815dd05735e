import FileStore
import Layers
import Networks

/// Turns the operators of an ONNX graph into layers, one after the other. What an operator becomes
/// is said in extensions, a file for each family.
struct ONNXGraphReader {
  /// What a name stands for.
  enum Value {
    case constant(ONNXConstant)
    case flow(Flow)
    /// Values put behind each other along a new axis, of which one is taken later: the last states
    /// of stacked recurrent layers.
    case stack([Flow], axis: Int)
    /// Something that can only be refused when it is read; says why.
    case missing(String)
  }

  let opset: Int
  /// Whether the graph sees single frames: then the steps of time ride along unseen.
  let isFramewise: Bool
  /// Clips in a batch as the graph has it; a prime number where it is open, so that no other size
  /// is taken for it.
  let clips: Int
  /// How often each name is read.
  let readers: [String: Int]
  /// Names whose value is the network's, but for names and axes.
  let finalNames: Set<String>
  /// Kinds of layers that our own file says its nodes are.
  let kinds: [String: String]
  var values: [String: Value] = [:]
  var assembly: LayerAssembly
  /// What was read otherwise than it stands there, for people.
  var notes: [String] = []
  /// Constants that may still be made.
  var budget: Int

  /// A number of clips that nobody has.
  static let openClips = 7919

  // MARK: Inputs and outputs

  func value(_ node: ONNXNode, _ index: Int) throws(ONNXRefusal) -> Value? {
    guard index < node.inputs.count, !node.inputs[index].isEmpty else { return nil }
    guard let value = values[node.inputs[index]] else {
      throw ONNXRefusal(
        "reads '\(node.inputs[index])', which nothing before it makes (a cycle, or a cut graph)")
    }
    if case .missing(let reason) = value { throw ONNXRefusal(reason) }
    return value
  }

  /// A value that flows, in any form.
  func anyFlow(_ node: ONNXNode, _ index: Int) throws(ONNXRefusal) -> Flow {
    guard case .flow(var flow)? = try value(node, index) else {
      throw ONNXRefusal("its input \(index + 1) is a constant or missing, a value is needed")
    }
    if readers[node.inputs[index], default: 0] > 1 { flow.isShared = true }
    return flow
  }

  /// A value that flows, as one of our nodes gives it.
  mutating func flow(_ node: ONNXNode, _ index: Int) throws(ONNXRefusal) -> Flow {
    try plain(try anyFlow(node, index), node)
  }

  func constant(_ node: ONNXNode, _ index: Int) throws(ONNXRefusal) -> ONNXConstant? {
    switch try value(node, index) {
    case nil: return nil
    case .constant(let constant): return constant
    default:
      throw ONNXRefusal(
        "its input \(index + 1) is computed while the network runs, a constant is needed")
    }
  }

  func need(_ node: ONNXNode, _ index: Int, _ what: String) throws(ONNXRefusal) -> ONNXConstant {
    guard let constant = try constant(node, index) else { throw ONNXRefusal("lacks its \(what)") }
    return constant
  }

  mutating func set(_ node: ONNXNode, _ flow: Flow) throws(ONNXRefusal) {
    try set(node, 0, .flow(flow))
  }

  mutating func set(_ node: ONNXNode, _ index: Int, _ value: Value) throws(ONNXRefusal) {
    guard index < node.outputs.count, !node.outputs[index].isEmpty else { return }
    guard values.updateValue(value, forKey: node.outputs[index]) == nil else {
      throw ONNXRefusal("makes '\(node.outputs[index])', which there is already")
    }
  }

  /// A node's layer over one value, which keeps its axes.
  mutating func apply(
    _ layer: any Layer, to flow: Flow, _ node: ONNXNode
  ) throws(ONNXRefusal) -> Flow {
    Flow(try assembly.add(layer, [flow.value], name: name(node)), flow.axes)
  }

  /// What a node's layer is called: after its weight where it has one.
  func name(_ node: ONNXNode, weight index: Int? = nil) -> String {
    if let index, index < node.inputs.count,
      let owner = LayerName.owner(ofWeight: node.inputs[index])
    {
      return owner
    }
    return LayerName.scope(ofNode: node.name.isEmpty ? node.outputs[0] : node.name, op: node.op)
  }

  // MARK: Axes

  func size(of role: AxisRole, _ flow: Flow) -> Int {
    role == .clip ? clips : assembly.shape(flow.value).size(of: role)
  }

  func whole(_ role: AxisRole, _ flow: Flow) -> Axis {
    AxisMap.whole(role, size(of: role, flow))
  }

  /// Whether an axis is all of a role.
  func isWhole(_ axis: Axis, _ role: AxisRole, _ flow: Flow) -> Bool {
    axis == whole(role, flow)
  }

  /// What an axis is called in messages.
  func text(_ flow: Flow) -> String {
    let names = flow.axes.map { axis -> String in
      axis.isEmpty
        ? "1"
        : axis.map { "\($0.role)" + ($0.role == .clip ? "s" : " \($0.size)") }
          .joined(separator: "·")
    }
    return "[" + names.joined(separator: ", ") + "]"
  }

  /// The value with all that was put off done, in layers of their own.
  mutating func plain(_ flow: Flow, _ node: ONNXNode) throws(ONNXRefusal) -> Flow {
    if flow.isPlain { return flow }
    guard flow.pads == nil else {
      throw ONNXRefusal("reads what a Pad made: only a convolution can")
    }
    guard flow.form == .plain else {
      throw ONNXRefusal(
        "reads a part of an attention, a GELU or a difference over time that is none that vidclass "
          + "has")
    }
    let count = size(of: .channel, flow)
    return try affine(
      flow, scale: [Float](repeating: flow.scale, count: count),
      shift: [Float](repeating: flow.shift, count: count), node)
  }

  /// `scale · x + shift` for each channel: inside the layer before, or as a convolution of one
  /// value for each channel.
  mutating func affine(
    _ flow: Flow, scale: [Float], shift: [Float], _ node: ONNXNode
  ) throws(ONNXRefusal) -> Flow {
    var result = flow
    (result.scale, result.shift) = (1, 0)
    if !flow.isShared, assembly.absorb(flow.value, scale: scale, shift: shift) { return result }
    let channels = scale.count
    let weights = [
      "weight": ImportedWeight(ONNXConstant(floats: scale, dims: [channels])),
      "bias": ImportedWeight(ONNXConstant(floats: shift, dims: [channels])),
    ]
    let settings = ConvolutionSettings(filters: channels, kernel: .one, groups: channels)
    switch assembly.shape(flow.value) {
    case .volume:
      result.value = try assembly.add(
        Conv3D(settings: settings), [flow.value], name: name(node), weights: weights)
    case .sequence:
      result.value = try assembly.add(
        Conv1D(settings: settings), [flow.value], name: name(node), weights: weights)
    case .vector:
      let raised = try assembly.add(
        Reshape(shape: [channels, 1, 1, 1]), [flow.value], name: name(node))
      let made = try assembly.add(
        Conv3D(settings: settings), [raised], name: name(node), weights: weights)
      result.value = try assembly.add(Flatten(), [made], name: name(node))
    }
    result.isShared = false
    return result
  }

  // MARK: Forms of values

  /// The value as a volume, its axes kept.
  mutating func volume(_ flow: Flow, _ node: ONNXNode) throws(ONNXRefusal) -> Flow {
    var result = flow
    switch assembly.shape(flow.value) {
    case .volume: break
    case .sequence:
      result.value = try assembly.add(StepsToVolume(), [flow.value], name: name(node))
    case .vector(let count):
      result.value = try assembly.add(
        Reshape(shape: [count, 1, 1, 1]), [flow.value], name: name(node))
    }
    return result
  }

  /// The last axis as features: a vector, or a sequence where steps of time stand before it.
  ///
  /// - Parameter wantsSteps: a sequence in any case.
  /// - Returns: the value, and where our features lie in the graph's order of them, if elsewhere:
  ///   entry `i` is our place of the graph's feature `i`.
  mutating func features(
    _ flow: Flow, _ node: ONNXNode, wantsSteps: Bool = false
  ) throws(ONNXRefusal) -> (value: Int, order: [Int]?) {
    let shape = assembly.shape(flow.value)
    let others = flow.axes.dropLast().joined()
    let axis = flow.axes.last ?? []
    let isFine = others.allSatisfy {
      ($0.role == .clip || $0.role == .time) && isWhole([$0], $0.role, flow)
    }
    guard isFine else {
      guard let made = try reshaped(flow, node) else {
        throw ONNXRefusal("cannot take a value of axes \(text(flow)) as features")
      }
      return try features(made, node, wantsSteps: wantsSteps)
    }
    let steps = isFramewise || wantsSteps || others.contains { $0.role == .time }
    let roles = shape.roles.filter { !steps || $0.role != .time }
    guard let places = AxisMap.places(axis, in: roles) else {
      throw ONNXRefusal("cannot take a value of axes \(text(flow)) as features")
    }
    let order = places == Array(places.indices) ? nil : places
    let value: Int
    switch (shape, steps) {
    case (.vector, false), (.sequence, true): value = flow.value
    case (.vector(let count), true):
      value = try assembly.add(Reshape(shape: [1, count]), [flow.value], name: name(node))
    case (.sequence(let steps, _), false):
      if steps > 1 {
        value = try assembly.add(Flatten(), [flow.value], name: name(node))
      } else {
        value = try lastStep(flow.value, node)
      }
    case (.volume, false):
      value = try assembly.add(Flatten(), [flow.value], name: name(node))
    case (.volume(let extent, _), true):
      if extent.height == 1, extent.width == 1, let draft = assembly.draft(flow.value),
        let pool = draft.layer as? AdaptiveAveragePool3D,
        case .volume(let before, _) = assembly.shape(draft.inputs[0]),
        pool.bins == Extent3(before.depth, 1, 1)
      {
        value = try assembly.add(SpatialMean(), draft.inputs, name: draft.name)
      } else {
        value = try assembly.add(FlattenSteps(), [flow.value], name: name(node))
      }
    }
    return (value, order)
  }

  /// The only step of a sequence of one; of one that was cut from the end, the last before.
  private mutating func lastStep(_ value: Int, _ node: ONNXNode) throws(ONNXRefusal) -> Int {
    if let draft = assembly.draft(value), let slice = draft.layer as? SliceTime,
      case .sequence(let steps, _) = assembly.shape(draft.inputs[0]), slice.start == steps - 1
    {
      return try assembly.add(TimePool(mode: .last), draft.inputs, name: draft.name)
    }
    return try assembly.add(TimePool(mode: .last), [value], name: name(node))
  }

  /// The same values as a layer of its own gives them another shape; nil where they are in another
  /// order than ours.
  ///
  /// - Parameter sizes: of the axes, the clips' first; nil for those that the flow has, which cut
  ///   across channels.
  mutating func reshaped(
    _ flow: Flow, to sizes: [Int]? = nil, _ node: ONNXNode
  ) throws(ONNXRefusal) -> Flow? {
    let sizes = sizes ?? flow.sizes
    guard !isFramewise, sizes.first == clips, let first = flow.axes.first,
      isWhole(first, .clip, flow)
    else { return nil }
    let roles: [AxisRole]
    switch sizes.count {
    case 2: roles = [.channel]
    case 3: roles = [.time, .channel]
    case 5: roles = [.channel, .time, .height, .width]
    default: return nil
    }
    guard let read = try inOurOrder(try plain(flow, node), node) else { return nil }
    let shape = Array(sizes.dropFirst())
    let value = try assembly.add(Reshape(shape: shape), [read], name: name(node))
    return Flow(value, [first] + zip(roles, shape).map { AxisMap.whole($0, $1) })
  }

  /// A value of ours with what follows the clips in the flow's order; nil where there is none.
  private mutating func inOurOrder(_ flow: Flow, _ node: ONNXNode) throws(ONNXRefusal) -> Int? {
    let axis = AxisMap.normalised(Array(flow.axes.dropFirst().joined()))
    if let places = AxisMap.places(axis, in: assembly.shape(flow.value).roles),
      places == Array(places.indices)
    {
      return flow.value
    }
    // Steps first, as in a sequence.
    guard let steps = axis.first, isWhole([steps], .time, flow) else { return nil }
    let sequence = flow.with(axes: [flow.axes[0], [steps], Array(axis.dropFirst())])
    guard case (let value, nil) = try features(sequence, node, wantsSteps: true) else { return nil }
    return value
  }
}
