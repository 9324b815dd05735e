/// Convolutions in 1, 2 and 3 dimensions (cross-correlations, as in PyTorch), depthwise and grouped
/// ones among them. All run as three-dimensional ones whose kernel is 1 along the axes that they do
/// not have: a 2-dimensional layer works on each frame, a 1-dimensional one along time.
package protocol ConvolutionLayer: ExecutableLayer {
  /// 1, 2 or 3, counted from the last: width, height, depth; of a single one it is depth, which is
  /// time.
  static var axes: Int { get }
  var settings: ConvolutionSettings { get set }
  init(settings: ConvolutionSettings)
}

/// What a convolution is told, whatever its dimensions.
public struct ConvolutionSettings: Hashable, Sendable {
  /// Zeros around the input.
  public enum Padding: Hashable, Sendable {
    /// As many before as behind, along each axis.
    case explicit(Extent3)
    /// As many as make the output as long as the input divided by the stride, rounded up; where
    /// their number is odd, the one more comes behind. TensorFlow's rule, and with stride 1
    /// PyTorch's.
    case same
  }

  /// Channels of the output.
  public var filters: Int
  /// Along depth (time), height and width; 1 along axes that the layer does not have.
  public var kernel: Extent3
  /// Positions from one output to the next.
  public var stride = Extent3.one
  /// Zeros around the input.
  public var padding = Padding.explicit(.zero)
  /// Positions from one tap of the kernel to the next.
  public var dilation = Extent3.one
  /// Parts that channels are divided into; each sees its own only.
  public var groups = 1
  /// Whether a number is added to each output channel.
  public var bias = true

  /// Along axes that the layer does not have, everything stays 1 or 0.
  public init(
    filters: Int, kernel: Extent3, stride: Extent3 = .one, padding: Padding = .explicit(.zero),
    dilation: Extent3 = .one, groups: Int = 1, bias: Bool = true
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.bias = bias
  }

  /// The convolution's sizes on an input of this extent.
  package func geometry(on input: Extent3, channels: Int) -> ConvolutionGeometry {
    var (before, after) = (Extent3.zero, Extent3.zero)
    switch padding {
    case .explicit(let padding): (before, after) = (padding, padding)
    case .same:
      for axis in Extent3.axes {
        let reach = dilation[keyPath: axis] * (kernel[keyPath: axis] - 1) + 1
        let side = input[keyPath: axis]
        let steps = (side + stride[keyPath: axis] - 1) / stride[keyPath: axis]
        let total = max(0, (steps - 1) * stride[keyPath: axis] + reach - side)
        before[keyPath: axis] = total / 2
        after[keyPath: axis] = total - total / 2
      }
    }
    return ConvolutionGeometry(
      kernel: kernel, stride: stride, padding: before, inputChannels: channels,
      outputChannels: filters, dilation: dilation, groups: groups, paddingAfter: after)
  }

  /// Throws for sizes beyond any that make sense, before anything is computed from them.
  func requireBounds() throws(LayerError) {
    try LayerError.require(kernel, "kernel", in: 1...64)
    try LayerError.require(stride, "stride", in: 1...64)
    try LayerError.require(dilation, "dilation", in: 1...64)
    if case .explicit(let extent) = padding {
      try LayerError.require(extent, "padding", in: 0...64)
    }
    try LayerError.require(filters, "filters", in: 1...ConvolutionSettings.mostFilters)
    try LayerError.require(groups, "groups", in: 1...ConvolutionSettings.mostFilters)
  }

  /// Filters, and so groups, of one layer.
  private static let mostFilters = 8192
}

extension ConvolutionLayer {
  public var isOriginal: Bool {
    guard case .explicit = settings.padding else { return false }
    return Self.axes == 3 && settings.groups == 1 && settings.dilation == .one
  }

  public var title: String {
    let kernel = settings.kernel
    let size =
      switch Self.axes {
      case 1: "\(kernel.depth)"
      case 2: "\(kernel.height)×\(kernel.width)"
      default: "\(kernel)"
      }
    let groups = settings.groups > 1 ? ", \(settings.groups) groups" : ""
    return "Conv\(Self.axes)D \(size)\(groups)"
  }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    try settings.requireBounds()
    if Self.axes == 1, case .sequence(let steps, let features) = inputs[0] {
      let output = try outputExtent(of: Extent3(steps, 1, 1), channels: features)
      return .sequence(steps: output.depth, features: settings.filters)
    }
    let (extent, channels) = try inputs[0].volume()
    return .volume(try outputExtent(of: extent, channels: channels), channels: settings.filters)
  }

  private func outputExtent(of extent: Extent3, channels: Int) throws(LayerError) -> Extent3 {
    let (groups, filters) = (settings.groups, settings.filters)
    guard channels % groups == 0, filters % groups == 0 else {
      throw LayerError(
        "\(groups) groups must divide both its \(channels) channels in and its \(filters) filters")
    }
    let kernel = settings.kernel
    let reach = Extent3(
      settings.dilation.depth * (kernel.depth - 1) + 1,
      settings.dilation.height * (kernel.height - 1) + 1,
      settings.dilation.width * (kernel.width - 1) + 1)
    let dilated = settings.dilation == .one ? "" : " with dilation \(settings.dilation)"
    if case .explicit(let padding) = settings.padding,
      !Extent3.axes.allSatisfy({ padding[keyPath: $0] < reach[keyPath: $0] })
    {
      throw LayerError(
        "padding of \(padding) must be smaller than what a kernel of \(kernel)\(dilated) reaches "
          + "over, \(reach)")
    }
    let geometry = settings.geometry(on: extent, channels: channels)
    guard let output = geometry.outputExtent(of: extent) else {
      throw LayerError(
        "a kernel of \(kernel)\(dilated) and padding of \(geometry.padding) do not fit an input of "
          + "\(extent)")
    }
    return output
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    let kernel = settings.kernel
    let channels = inputs[0].features / settings.groups
    let sides = [kernel.depth, kernel.height, kernel.width]
    let fan = channels * kernel.count
    let shape =
      [settings.filters, channels] + (Self.axes == 1 ? [kernel.depth] : sides.suffix(Self.axes))
    return [ParameterSpec("weight", shape, .weight, ParameterSpec.heUniform(fanIn: fan))]
      + (settings.bias ? [ParameterSpec("bias", [settings.filters], .bias)] : [])
  }

  public func flops(of inputs: [ValueShape]) -> Int {
    guard let output = try? output(of: inputs) else { return 0 }
    return 2 * output.count * (inputs[0].features / settings.groups) * settings.kernel.count
  }

  /// Another number of filters; nil where groups divide them.
  public func with(outputs: Int) -> Self? {
    guard settings.groups == 1 else { return nil }
    var settings = settings
    settings.filters = outputs
    return Self(settings: settings)
  }

  package func worksByFrame(_ inputs: [ValueShape]) -> Bool {
    guard settings.kernel.depth == 1, settings.stride.depth == 1 else { return false }
    if case .explicit(let padding) = settings.padding { return padding.depth == 0 }
    return true
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    guard case .volume(let extent, let channels) = place.inputs[0] else {
      return SequenceConvolutionStage(place: place, settings: settings)
    }
    return ConvolutionStage(
      name: place.name, geometry: settings.geometry(on: extent, channels: channels),
      bias: settings.bias, input: extent)
  }
}

// MARK: JSON

private enum ConvolutionKey: String, CodingKey {
  case filters, kernel, stride, padding, dilation, groups, bias
}

extension ConvolutionLayer {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: ConvolutionKey.self)
    func extent(_ key: ConvolutionKey, otherwise: Int) throws -> Extent3? {
      guard values.contains(key) else { return nil }
      return try Extent3(axes: Self.axes, otherwise: otherwise, values, key)
    }
    guard let kernel = try extent(.kernel, otherwise: 1) else {
      throw DecodingError.keyNotFound(
        ConvolutionKey.kernel,
        .init(codingPath: decoder.codingPath, debugDescription: "a kernel is needed"))
    }
    var settings = ConvolutionSettings(
      filters: try values.decode(Int.self, forKey: .filters), kernel: kernel)
    settings.stride = try extent(.stride, otherwise: 1) ?? .one
    settings.dilation = try extent(.dilation, otherwise: 1) ?? .one
    if let word = try? values.decode(String.self, forKey: .padding) {
      guard word == "same" else {
        throw DecodingError.dataCorruptedError(
          forKey: .padding, in: values,
          debugDescription: "must be \"same\" or numbers, not \"\(word.prefix(40))\"")
      }
      settings.padding = .same
    } else {
      settings.padding = .explicit(try extent(.padding, otherwise: 0) ?? .zero)
    }
    settings.groups = try values.decodeIfPresent(Int.self, forKey: .groups) ?? 1
    settings.bias = try values.decodeIfPresent(Bool.self, forKey: .bias) ?? true
    self.init(settings: settings)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: ConvolutionKey.self)
    func put(_ extent: Extent3, _ key: ConvolutionKey) throws {
      try extent.encode(axes: Self.axes, into: &values, key)
    }
    try values.encode(settings.filters, forKey: .filters)
    try put(settings.kernel, .kernel)
    try put(settings.stride, .stride)
    switch settings.padding {
    case .explicit(let padding): try put(padding, .padding)
    case .same: try values.encode("same", forKey: .padding)
    }
    if settings.dilation != .one { try put(settings.dilation, .dilation) }
    if settings.groups != 1 { try values.encode(settings.groups, forKey: .groups) }
    try values.encode(settings.bias, forKey: .bias)
  }
}

// MARK: The three kinds

/// A convolution over time, height and width, weights `[O, I / groups, kD, kH, kW]`.
public struct Conv3D: ConvolutionLayer {
  public static let kind = "conv3d"
  package static let axes = 3
  /// Kernel, stride and padding along time, height and width.
  public var settings: ConvolutionSettings

  /// Nothing is checked before the shape rule.
  public init(settings: ConvolutionSettings) { self.settings = settings }
}

/// A convolution over height and width of each frame, weights `[O, I / groups, kH, kW]`.
public struct Conv2D: ConvolutionLayer {
  public static let kind = "conv2d"
  package static let axes = 2
  /// Kernel, stride and padding along height and width; 1 and 0 along time.
  public var settings: ConvolutionSettings

  /// Nothing is checked before the shape rule.
  public init(settings: ConvolutionSettings) { self.settings = settings }
}

/// A convolution over time, of a sequence or of each position of a volume, weights
/// `[O, I / groups, k]`.
public struct Conv1D: ConvolutionLayer {
  public static let kind = "conv1d"
  package static let axes = 1
  /// Kernel, stride and padding along time; 1 and 0 along height and width.
  public var settings: ConvolutionSettings

  /// Nothing is checked before the shape rule.
  public init(settings: ConvolutionSettings) { self.settings = settings }
}

extension Node {
  /// A convolution over time, height and width.
  public static func conv3D(
    name: String, filters: Int, kernel: Extent3, stride: Extent3 = .one, padding: Extent3,
    dilation: Extent3 = .one, groups: Int = 1, bias: Bool
  ) -> Node {
    Node(
      Conv3D(
        settings: ConvolutionSettings(
          filters: filters, kernel: kernel, stride: stride, padding: .explicit(padding),
          dilation: dilation, groups: groups, bias: bias)), name: name)
  }

  /// A convolution over height and width of each frame; `padding` nil is `same`.
  public static func conv2D(
    name: String, filters: Int, kernel: (Int, Int), stride: (Int, Int) = (1, 1),
    padding: (Int, Int)? = (0, 0), dilation: (Int, Int) = (1, 1), groups: Int = 1,
    bias: Bool = true
  ) -> Node {
    Node(
      Conv2D(
        settings: ConvolutionSettings(
          filters: filters, kernel: Extent3(1, kernel.0, kernel.1),
          stride: Extent3(1, stride.0, stride.1),
          padding: padding.map { .explicit(Extent3(0, $0.0, $0.1)) } ?? .same,
          dilation: Extent3(1, dilation.0, dilation.1), groups: groups, bias: bias)), name: name)
  }

  /// A convolution over time; `padding` nil is `same`.
  public static func conv1D(
    name: String, filters: Int, kernel: Int, stride: Int = 1, padding: Int? = 0,
    dilation: Int = 1, groups: Int = 1, bias: Bool = true
  ) -> Node {
    Node(
      Conv1D(
        settings: ConvolutionSettings(
          filters: filters, kernel: Extent3(kernel, 1, 1), stride: Extent3(stride, 1, 1),
          padding: padding.map { .explicit(Extent3($0, 0, 0)) } ?? .same,
          dilation: Extent3(dilation, 1, 1), groups: groups, bias: bias)), name: name)
  }
}
