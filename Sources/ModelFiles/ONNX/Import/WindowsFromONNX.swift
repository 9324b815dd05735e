import Layers

/// What convolutions and poolings of an ONNX graph slide over: which role each axis behind the
/// channels has, and their numbers brought to depth, height and width.
struct WindowAxes {
  let flow: Flow
  let roles: [AxisRole]

  /// - Throws: for axes that are none of a picture, a volume or a sequence.
  init(_ flow: Flow, _ reader: ONNXGraphReader) throws(ONNXRefusal) {
    let candidates: [[AxisRole]] =
      switch flow.axes.count {
      case 5: [[.time, .height, .width]]
      case 4: [[.height, .width], [.time, .height], [.time, .width]]
      case 3: [[.time], [.width], [.height]]
      default: []
      }
    for roles in candidates {
      let fits =
        reader.isWhole(flow.axes[1], .channel, flow)
        && zip(flow.axes.dropFirst(2), roles).allSatisfy { reader.isWhole($0, $1, flow) }
      // Roles that are no axes must ride along with the clips, or be of size 1.
      let before = [AxisRole.clip, .time, .height, .width].filter {
        !roles.contains($0) && !($0 == .time && reader.isFramewise)
      }
      let wanted = Set(before.flatMap { reader.whole($0, flow) })
      if fits, Set(flow.axes[0]) == wanted, flow.axes[0].count == wanted.count {
        self.flow = flow
        self.roles = roles
        return
      }
    }
    throw ONNXRefusal(
      "slides over a value of axes \(reader.text(flow)); vidclass slides over height and width, "
        + "time, or all three, behind whole channels")
  }

  /// Numbers along the axes, each in a range; the extent has `otherwise` along others.
  func extent(
    _ numbers: [Int], _ name: String, in range: ClosedRange<Int>, otherwise: Int
  ) throws(ONNXRefusal) -> Extent3 {
    guard numbers.count == roles.count, numbers.allSatisfy(range.contains) else {
      throw ONNXRefusal(
        "has \(name) \(numbers): \(roles.count) numbers from \(range.lowerBound) to "
          + "\(range.upperBound) can be")
    }
    var extent = Extent3(otherwise, otherwise, otherwise)
    for (role, number) in zip(roles, numbers) { extent[role] = number }
    return extent
  }

  /// Zeros before and after, from `pads`, `auto_pad` and a `Pad` before.
  func padding(
    _ node: ONNXNode, input: Extent3, kernel: Extent3, stride: Extent3, dilation: Extent3
  ) throws(ONNXRefusal) -> (before: Extent3, after: Extent3) {
    let rank = roles.count
    var before = Extent3.zero
    var after = Extent3.zero
    switch node.string("auto_pad") ?? "NOTSET" {
    case "NOTSET", "":
      let pads = node.ints("pads") ?? [Int](repeating: 0, count: 2 * rank)
      guard pads.count == 2 * rank else { throw ONNXRefusal("has pads \(pads) for \(rank) axes") }
      before = try extent(Array(pads[..<rank]), "pads", in: 0...64, otherwise: 0)
      after = try extent(Array(pads[rank...]), "pads", in: 0...64, otherwise: 0)
    case "VALID": break
    case let mode:
      guard mode == "SAME_UPPER" || mode == "SAME_LOWER", flow.pads == nil else {
        throw ONNXRefusal("pads in the way '\(mode)'")
      }
      for role in roles {
        let steps = (input[role] + stride[role] - 1) / stride[role]
        let reach = dilation[role] * (kernel[role] - 1) + 1
        let total = max(0, (steps - 1) * stride[role] + reach - input[role])
        before[role] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        after[role] = total - before[role]
      }
    }
    if let pads = flow.pads {
      for (index, role) in roles.enumerated() {
        before[role] += pads.before[index + 2]
        after[role] += pads.after[index + 2]
      }
    }
    return (before, after)
  }

  /// The axes of a value that a layer made of this one.
  func axes(of value: ValueShape) -> [Axis] {
    [flow.axes[0]] + ([.channel] + roles).map { AxisMap.whole($0, value.size(of: $0)) }
  }
}

extension ONNXGraphReader {
  /// Zeros around a value: kept for the convolution behind it.
  mutating func pad(_ node: ONNXNode) throws(ONNXRefusal) {
    var flow = try anyFlow(node, 0)
    let rank = flow.axes.count
    let numbers =
      try constant(node, 1)?.integers().map { Int(clamping: $0) } ?? node.ints("pads") ?? []
    var all = [Int](repeating: 0, count: 2 * rank)
    let axes =
      try ConstantFolding.axes(node, try constant(node, 3), rank: rank) ?? Array(0..<rank)
    guard numbers.count == 2 * axes.count, numbers.allSatisfy((0...64).contains) else {
      throw ONNXRefusal("pads by \(numbers): 0 to 64 on each side of an axis can be")
    }
    for (index, axis) in axes.enumerated() {
      all[axis] = numbers[index]
      all[rank + axis] = numbers[axes.count + index]
    }
    if all.allSatisfy({ $0 == 0 }) { return try set(node, flow) }
    let value = try constant(node, 2)?.number() ?? node.float("value") ?? 0
    guard (node.string("mode") ?? "constant") == "constant", value == 0 else {
      throw ONNXRefusal("pads with other values than 0; convolutions of vidclass pad with 0")
    }
    guard flow.isPlain, rank > 2, [0, 1, rank, rank + 1].allSatisfy({ all[$0] == 0 }) else {
      throw ONNXRefusal("pads \(text(flow)) by \(all): only height, width and time can be padded")
    }
    flow.pads = (Array(all[..<rank]), Array(all[rank...]))
    try set(node, flow)
  }

  mutating func convolve(_ node: ONNXNode) throws(ONNXRefusal) {
    var read = try anyFlow(node, 0)
    let pads = read.pads
    read.pads = nil
    read = try plain(read, node)
    read.pads = pads
    let window = try WindowAxes(read, self)
    let weight = try need(node, 1, "weight")
    let rank = window.roles.count
    guard weight.dims.count == rank + 2, weight.dims.allSatisfy({ $0 > 0 }),
      node.ints("kernel_shape").map({ $0 == Array(weight.dims.dropFirst(2)) }) ?? true
    else { throw ONNXRefusal("its weight has the shape \(weight.dims) for \(rank) axes") }
    let ones = [Int](repeating: 1, count: rank)
    let kernel = try window.extent(
      Array(weight.dims.dropFirst(2)), "a kernel of", in: 1...64, otherwise: 1)
    let stride = try window.extent(
      node.ints("strides") ?? ones, "strides", in: 1...64, otherwise: 1)
    let dilation = try window.extent(
      node.ints("dilations") ?? ones, "dilations", in: 1...64, otherwise: 1)
    let groups = node.int("group") ?? 1
    let channels = size(of: .channel, read)
    guard (1...1 << 20).contains(groups), weight.dims[1] <= 1 << 20,
      weight.dims[1] * groups == channels
    else {
      throw ONNXRefusal(
        "its weight \(weight.dims) in \(groups) groups does not fit \(channels) channels")
    }
    // A sequence is convolved as one; all else is a volume.
    var isSequence = false
    if case .sequence = assembly.shape(read.value) { isSequence = window.roles == [.time] }
    var flow = read
    flow.pads = nil
    if !isSequence { flow = try volume(flow, node) }
    let shape = assembly.shape(flow.value)
    let extent = Extent3(
      shape.size(of: .time), shape.size(of: .height), shape.size(of: .width))
    let (before, after) = try window.padding(
      node, input: extent, kernel: kernel, stride: stride, dilation: dilation)
    var settings = ConvolutionSettings(
      filters: weight.dims[0], kernel: kernel, stride: stride, dilation: dilation, groups: groups,
      bias: try constant(node, 2) != nil)
    var weights = ["weight": ImportedWeight(weight)]
    if let bias = try constant(node, 2) { weights["bias"] = ImportedWeight(bias) }
    try settings.setPadding(before, after, input: extent, weights: &weights)
    let kind = kinds[name(node, weight: 1)]
    let layer: any Layer
    if window.roles == [.time] || kind == Conv1D.kind && settings.lies(along: [\.depth]) {
      layer = Conv1D(settings: settings)
    } else if window.roles == [.height, .width]
      || kind == Conv2D.kind && settings.lies(along: [\.height, \.width])
    {
      layer = Conv2D(settings: settings)
    } else {
      layer = Conv3D(settings: settings)
    }
    let value = try assembly.add(
      layer, [flow.value], name: name(node, weight: 1), weights: weights)
    try set(node, Flow(value, window.axes(of: assembly.shape(value))))
  }

  mutating func pool(_ node: ONNXNode) throws(ONNXRefusal) {
    let flow = try flow(node, 0)
    let axes = try WindowAxes(flow, self)
    let ones = [Int](repeating: 1, count: axes.roles.count)
    guard let sizes = node.ints("kernel_shape") else { throw ONNXRefusal("lacks its window") }
    let window = try axes.extent(sizes, "a window of", in: 1...64, otherwise: 1)
    let stride = try axes.extent(
      node.ints("strides") ?? ones, "strides", in: 1...64, otherwise: 1)
    guard node.ints("dilations")?.allSatisfy({ $0 == 1 }) ?? true else {
      throw ONNXRefusal("has gaps in its window (dilations); poolings of vidclass have none")
    }
    let raised = try volume(flow, node)
    let shape = assembly.shape(raised.value)
    let (before, after) = try axes.padding(
      node,
      input: Extent3(shape.size(of: .time), shape.size(of: .height), shape.size(of: .width)),
      kernel: window, stride: stride, dilation: .one)
    guard before == after else {
      throw ONNXRefusal(
        "is padded by \(before) before and \(after) behind; poolings of vidclass have the same on "
          + "both sides")
    }
    let ceiling = node.int("ceil_mode") == 1
    let layer: any Layer =
      node.op == "MaxPool"
      ? MaxPool3D(window: window, stride: stride, padding: before, ceiling: ceiling)
      : AveragePool3D(
        window: window, stride: stride, padding: before, ceiling: ceiling,
        countsPadding: node.int("count_include_pad") == 1)
    let value = try assembly.add(layer, [raised.value], name: name(node))
    try set(node, Flow(value, axes.axes(of: assembly.shape(value))))
    try set(node, 1, .missing("reads where a pooling found its values"))
  }
}

extension ConvolutionSettings {
  /// Whether it does nothing along other axes than these.
  fileprivate func lies(along axes: [PartialKeyPath<Extent3>]) -> Bool {
    Extent3.axes.allSatisfy { axis in
      axes.contains(axis)
        || kernel[keyPath: axis] == 1 && stride[keyPath: axis] == 1
          && dilation[keyPath: axis] == 1
          && (padding == .same || padding == .explicit(.zero)
            || padding.explicit?[keyPath: axis] == 0)
    }
  }

  /// Zeros before and after. Where they differ, and are not those of `same`, the kernel grows by
  /// zeros on one side, which moves it as much.
  fileprivate mutating func setPadding(
    _ before: Extent3, _ after: Extent3, input: Extent3, weights: inout [String: ImportedWeight]
  ) throws(ONNXRefusal) {
    padding = .explicit(before)
    if before == after { return }
    padding = .same
    let same = geometry(on: input, channels: groups)
    if same.padding == before, same.paddingAfter == after { return }
    var larger = Extent3.zero
    var grown = kernel
    var start = Extent3.zero
    for axis in Extent3.axes {
      let (first, last) = (before[keyPath: axis], after[keyPath: axis])
      let step = dilation[keyPath: axis]
      let taps = abs(last - first) / step
      guard taps * step == abs(last - first) else {
        throw ONNXRefusal(
          "is padded by \(before) before and \(after) behind, with dilation \(dilation); "
            + "convolutions of vidclass have the same on both sides")
      }
      larger[keyPath: axis] = max(first, last)
      grown[keyPath: axis] += taps
      if last > first { start[keyPath: axis] = taps }
    }
    padding = .explicit(larger)
    if let weight = weights["weight"] {
      let old = kernel
      let rows = weight.count / old.count
      weights["weight"] = ImportedWeight(count: rows * grown.count) {
        () throws(ModelFileError) in
        let values = try weight.values()
        var padded = [Float](repeating: 0, count: rows * grown.count)
        for row in 0..<rows {
          for place in 0..<old.count {
            let z = place / (old.height * old.width) + start.depth
            let y = place / old.width % old.height + start.height
            let x = place % old.width + start.width
            padded[((row * grown.depth + z) * grown.height + y) * grown.width + x] =
              values[row * old.count + place]
          }
        }
        return padded
      }
    }
    kernel = grown
  }
}

extension ConvolutionSettings.Padding {
  fileprivate var explicit: Extent3? {
    if case .explicit(let extent) = self { extent } else { nil }
  }
}
