/// Average pooling over time, height and width, as PyTorch's `AvgPool3d`.
public struct AveragePool3D: ExecutableLayer {
  public static let kind = "avgpool3d"
  /// Positions that a mean is over.
  public var window: Extent3
  /// Positions from one window to the next.
  public var stride: Extent3
  /// Positions before and behind that windows may reach into.
  public var padding: Extent3
  /// Whether the last window may hang over the end.
  public var ceiling: Bool
  /// Whether zeros of the padding count in the mean.
  public var countsPadding: Bool

  /// Without a stride the windows stand side by side.
  public init(
    window: Extent3, stride: Extent3? = nil, padding: Extent3 = .zero, ceiling: Bool = false,
    countsPadding: Bool = true
  ) {
    self.window = window
    self.stride = stride ?? window
    self.padding = padding
    self.ceiling = ceiling
    self.countsPadding = countsPadding
  }

  public var title: String { "AvgPool3D \(window)" }
  public var keepsFeatures: Bool { true }

  private var geometry: PoolGeometry {
    PoolGeometry(window: window, stride: stride, padding: padding, ceiling: ceiling)
  }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    let (extent, channels) = try inputs[0].volume()
    return .volume(try geometry.output(of: extent), channels: channels)
  }

  package func worksByFrame(_ inputs: [ValueShape]) -> Bool {
    window.depth == 1 && stride.depth == 1 && padding.depth == 0
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    WindowStage(windows: geometry, mode: .mean(countsPadding: countsPadding))
  }

  private enum Key: String, CodingKey {
    case window, stride, padding, ceiling
    case countsPadding = "count_padding"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      window: try values.decode(Extent3.self, forKey: .window),
      stride: try values.decodeIfPresent(Extent3.self, forKey: .stride),
      padding: try values.decodeIfPresent(Extent3.self, forKey: .padding) ?? .zero,
      ceiling: try values.decodeIfPresent(Bool.self, forKey: .ceiling) ?? false,
      countsPadding: try values.decodeIfPresent(Bool.self, forKey: .countsPadding) ?? true)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(window, forKey: .window)
    if stride != window { try values.encode(stride, forKey: .stride) }
    if padding != .zero { try values.encode(padding, forKey: .padding) }
    if ceiling { try values.encode(ceiling, forKey: .ceiling) }
    if !countsPadding { try values.encode(countsPadding, forKey: .countsPadding) }
  }
}

/// The mean over a grid of bins that cover the input, as PyTorch's `AdaptiveAvgPool3d`: bin `i` of
/// `n` goes from `⌊i · side / n⌋` to `⌈(i + 1) · side / n⌉`.
public struct AdaptiveAveragePool3D: ExecutableLayer {
  public static let kind = "adaptiveavgpool3d"
  /// Bins along each axis.
  public var bins: Extent3
  public var title: String { bins == .one ? "Global mean" : "Adaptive mean \(bins)" }
  public var keepsFeatures: Bool { true }

  /// - Parameter bins: as many as the output has positions along each axis.
  public init(bins: Extent3) { self.bins = bins }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    let (_, channels) = try inputs[0].volume()
    for axis in Extent3.axes {
      try LayerError.require(bins[keyPath: axis], "bins along an axis", in: 1...1024)
    }
    return .volume(bins, channels: channels)
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    WindowStage(windows: nil, mode: .mean(countsPadding: false))
  }
}

extension Node {
  /// Average pooling; without a stride the windows stand side by side.
  public static func averagePool3D(
    window: Extent3, stride: Extent3? = nil, padding: Extent3 = .zero, ceiling: Bool = false,
    countsPadding: Bool = true
  ) -> Node {
    Node(
      AveragePool3D(
        window: window, stride: stride, padding: padding, ceiling: ceiling,
        countsPadding: countsPadding))
  }
  /// The mean over a grid of bins.
  public static func adaptiveAveragePool3D(bins: Extent3) -> Node {
    Node(AdaptiveAveragePool3D(bins: bins))
  }
  /// The mean over all positions of a volume: `[1, 1, 1, C]`.
  public static var globalAveragePool: Node { adaptiveAveragePool3D(bins: .one) }
}
