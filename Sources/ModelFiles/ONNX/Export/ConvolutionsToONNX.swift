import Layers

extension ConvolutionSettings {
  /// `Conv` along some axes; weights get the axes that the layer's own lack.
  fileprivate func write(
    to builder: inout ONNXBuilder, _ input: String, extent: Extent3, channels: Int, axes: Range<Int>
  ) -> String {
    let geometry = geometry(on: extent, channels: channels)
    func numbers(_ extent: Extent3) -> [Int] {
      Array([extent.depth, extent.height, extent.width][axes])
    }
    func ints(_ extent: Extent3) -> ONNXAttribute { .ints(numbers(extent).map(Int64.init)) }
    let weight = builder.parameter(
      "weight", [filters, channels / groups] + numbers(kernel))
    return builder.add(
      "Conv", [input, weight] + (bias ? [builder.parameter("bias")] : []),
      [
        "kernel_shape": ints(kernel), "strides": ints(stride), "dilations": ints(dilation),
        "group": .int(Int64(groups)),
        "pads": .ints(
          (numbers(geometry.padding) + numbers(geometry.paddingAfter)).map(Int64.init)),
      ])
  }
}

extension ONNXWritable where Self: ConvolutionLayer {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    switch builder.shape {
    case .volume(let extent, let channels):
      return settings.write(
        to: &builder, inputs[0], extent: extent, channels: channels, axes: 0..<3)
    case .sequence(let steps, let features):
      let turned = builder.transpose(inputs[0], [0, 2, 1])
      let made = settings.write(
        to: &builder, turned, extent: Extent3(steps, 1, 1), channels: features, axes: 0..<1)
      return builder.transpose(made, [0, 2, 1])
    case .vector: throw LayerError("cannot convolve \(builder.shape)")
    }
  }
}

extension Conv1D: ONNXWritable {}
extension Conv2D: ONNXWritable {}
extension Conv3D: ONNXWritable {}

extension MaxPool3D: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    builder.add(
      "MaxPool", inputs, poolAttributes(window, stride, padding, ceiling: ceiling))
  }
}

extension AveragePool3D: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    var attributes = poolAttributes(window, stride, padding, ceiling: ceiling)
    attributes["count_include_pad"] = .int(countsPadding ? 1 : 0)
    return builder.add("AveragePool", inputs, attributes)
  }
}

private func poolAttributes(
  _ window: Extent3, _ stride: Extent3, _ padding: Extent3, ceiling: Bool
) -> [String: ONNXAttribute] {
  func ints(_ extent: Extent3) -> [Int64] {
    [extent.depth, extent.height, extent.width].map(Int64.init)
  }
  return [
    "kernel_shape": .ints(ints(window)), "strides": .ints(ints(stride)),
    "pads": .ints(ints(padding) + ints(padding)), "ceil_mode": .int(ceiling ? 1 : 0),
  ]
}

extension AdaptiveAveragePool3D: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    if bins == .one { return builder.add("GlobalAveragePool", inputs) }
    let extent = try builder.shape.volume().extent
    var window = Extent3.one
    for axis in Extent3.axes {
      guard extent[keyPath: axis] % bins[keyPath: axis] == 0 else {
        throw LayerError("has \(bins) bins of unequal size over \(extent), which ONNX cannot say")
      }
      window[keyPath: axis] = extent[keyPath: axis] / bins[keyPath: axis]
    }
    return builder.add("AveragePool", inputs, poolAttributes(window, window, .zero, ceiling: false))
  }
}

extension SpatialMean: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let mean = builder.add("ReduceMean", inputs, ["axes": .ints([3, 4]), "keepdims": .int(0)])
    return builder.transpose(mean, [0, 2, 1])
  }
}

extension FlattenSteps: ONNXWritable {
  func write(to builder: inout ONNXBuilder, _ inputs: [String]) throws(LayerError) -> String {
    let turned = builder.transpose(inputs[0], [0, 2, 1, 3, 4])
    return builder.reshape(turned, [builder.layer.output.rows, builder.layer.output.features])
  }
}
