/// Max pooling over time, height and width, as PyTorch's `MaxPool3d`.
public struct MaxPool3D: ExecutableLayer {
  public static let kind = "maxpool3d"
  /// Positions that a maximum is of.
  public var window: Extent3
  /// Positions from one window to the next.
  public var stride: Extent3
  /// Positions before and behind that windows may reach into; they never win.
  public var padding: Extent3
  /// Whether the last window may hang over the end.
  public var ceiling: Bool

  /// Without a stride the windows stand side by side.
  public init(
    window: Extent3, stride: Extent3? = nil, padding: Extent3 = .zero, ceiling: Bool = false
  ) {
    self.window = window
    self.stride = stride ?? window
    self.padding = padding
    self.ceiling = ceiling
  }

  /// The window where it can be taken in the same pass as what comes before: windows that do not
  /// overlap, and whose positions fit a byte.
  package var fusableWindow: Extent3? {
    isOriginal && window.count < 255 ? window : nil
  }

  public var isOriginal: Bool { stride == window && padding == .zero && !ceiling }
  public var title: String { "MaxPool3D \(window)" }
  public var keepsFeatures: Bool { true }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    let (extent, channels) = try inputs[0].volume()
    let pooled = try PoolGeometry(
      window: window, stride: stride, padding: padding, ceiling: ceiling
    ).output(of: extent)
    return .volume(pooled, channels: channels)
  }

  package func worksByFrame(_ inputs: [ValueShape]) -> Bool {
    window.depth == 1 && stride.depth == 1 && padding.depth == 0
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    WindowStage(
      windows: PoolGeometry(window: window, stride: stride, padding: padding, ceiling: ceiling),
      mode: .max)
  }

  private enum Key: String, CodingKey { case window, stride, padding, ceiling }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    self.init(
      window: try values.decode(Extent3.self, forKey: .window),
      stride: try values.decodeIfPresent(Extent3.self, forKey: .stride),
      padding: try values.decodeIfPresent(Extent3.self, forKey: .padding) ?? .zero,
      ceiling: try values.decodeIfPresent(Bool.self, forKey: .ceiling) ?? false)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(window, forKey: .window)
    if stride != window { try values.encode(stride, forKey: .stride) }
    if padding != .zero { try values.encode(padding, forKey: .padding) }
    if ceiling { try values.encode(ceiling, forKey: .ceiling) }
  }
}

extension Node {
  /// Max pooling; without a stride the windows stand side by side.
  public static func maxPool3D(
    window: Extent3, stride: Extent3? = nil, padding: Extent3 = .zero, ceiling: Bool = false
  ) -> Node {
    Node(MaxPool3D(window: window, stride: stride, padding: padding, ceiling: ceiling))
  }
}
