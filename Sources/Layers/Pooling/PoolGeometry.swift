/// A pooling's sizes: the one place where its output extent is computed.
public struct PoolGeometry: Hashable, Sendable {
  /// Positions of a window, 1 to 64 a side.
  public var window: Extent3
  /// Positions from one window to the next, 1 to 64.
  public var stride: Extent3
  /// Positions before and behind that windows may reach into, at most 32.
  public var padding: Extent3
  /// Whether the last window may hang over the end, as PyTorch's `ceil_mode`.
  public var ceiling: Bool

  /// Sizes, which `output(of:)` checks.
  public init(window: Extent3, stride: Extent3, padding: Extent3 = .zero, ceiling: Bool = false) {
    self.window = window
    self.stride = stride
    self.padding = padding
    self.ceiling = ceiling
  }

  /// `floor((input + 2 · padding − window) / stride) + 1` along each axis, or the ceiling of it but
  /// for a window that would begin behind the input and its padding before, which PyTorch drops.
  public func output(of input: Extent3) throws(LayerError) -> Extent3 {
    try LayerError.require(window, "window", in: 1...64)
    try LayerError.require(stride, "stride", in: 1...64)
    try LayerError.require(padding, "padding", in: 0...32)
    var output = Extent3.zero
    for axis in Extent3.axes {
      let (side, pad) = (input[keyPath: axis], padding[keyPath: axis])
      let (window, stride) = (window[keyPath: axis], stride[keyPath: axis])
      let room = side + 2 * pad - window
      guard 2 * pad <= window else {
        throw LayerError("padding of \(padding) must be at most half the window of \(self.window)")
      }
      guard room >= 0 else {
        throw LayerError(
          "a window of \(self.window) with padding of \(padding) does not fit an input of \(input)")
      }
      var count = (room + (ceiling ? stride - 1 : 0)) / stride + 1
      if ceiling, (count - 1) * stride >= side + pad { count -= 1 }
      output[keyPath: axis] = count
    }
    return output
  }
}
