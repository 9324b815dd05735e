import Layers

/// What a position along an axis of an ONNX value counts, in our value.
enum AxisRole: Hashable {
  case clip
  case time
  case height
  case width
  case channel
}

/// A factor of an axis: `size` positions of a role, each `stride` apart in the role's own count.
///
/// A whole role has stride 1; a reshape may cut it in an outer and an inner factor, as the two
/// directions of an LSTM are cut from its features.
struct AxisFactor: Hashable {
  let role: AxisRole
  let size: Int
  var stride = 1
}

/// Factors of one axis, the outermost first; none for an axis of size 1.
typealias Axis = [AxisFactor]

/// The meaning of axes: what reshapes and transposes change instead of values.
enum AxisMap {
  static func size(_ axis: Axis) -> Int { axis.reduce(1) { $0 * $1.size } }

  /// Without factors of size 1, and with neighbours joined that belong together.
  static func normalised(_ axis: Axis) -> Axis {
    var joined: Axis = []
    for factor in axis where factor.size > 1 {
      if let last = joined.last, last.role == factor.role,
        last.stride == factor.size * factor.stride
      {
        joined[joined.count - 1] = AxisFactor(
          role: last.role, size: last.size * factor.size, stride: factor.stride)
      } else {
        joined.append(factor)
      }
    }
    return joined
  }

  /// The axes of the same values, in the same order, under other sizes; nil where a size cuts
  /// across factors.
  static func regrouped(_ axes: [Axis], to sizes: [Int]) -> [Axis]? {
    var left = Array(axes.joined().filter { $0.size > 1 }.reversed())
    var result: [Axis] = []
    for size in sizes {
      var axis: Axis = []
      var rest = size
      while rest > 1 {
        guard let factor = left.popLast() else { return nil }
        if rest.isMultiple(of: factor.size) {
          axis.append(factor)
          rest /= factor.size
        } else if factor.size.isMultiple(of: rest) {
          let inner = factor.size / rest
          axis.append(
            AxisFactor(role: factor.role, size: rest, stride: factor.stride * inner))
          left.append(AxisFactor(role: factor.role, size: inner, stride: factor.stride))
          rest = 1
        } else {
          return nil
        }
      }
      guard rest == 1 else { return nil }
      result.append(normalised(axis))
    }
    return left.isEmpty ? result : nil
  }

  /// The axis of a whole role.
  static func whole(_ role: AxisRole, _ size: Int) -> Axis {
    size == 1 ? [] : [AxisFactor(role: role, size: size)]
  }

  /// Where the values of an axis lie in an order of whole roles: entry `i` is the place there of
  /// value `i` of the axis.
  static func places(_ axis: Axis, in roles: [(role: AxisRole, size: Int)]) -> [Int]? {
    var strides: [AxisRole: Int] = [:]
    var stride = 1
    for (role, size) in roles.reversed() {
      strides[role] = stride
      stride *= size
    }
    guard size(axis) == stride else { return nil }
    var places = [0]
    for factor in axis {
      guard let unit = strides[factor.role] else { return nil }
      places = places.flatMap { place in
        (0..<factor.size).map { place + $0 * factor.stride * unit }
      }
    }
    return places
  }
}

extension ValueShape {
  /// The sizes of the roles, in PyTorch's order without the clips: channel, time, height, width of
  /// a volume; time, channel of a sequence.
  var roles: [(role: AxisRole, size: Int)] {
    switch self {
    case .volume(let extent, let channels):
      [
        (.channel, channels), (.time, extent.depth), (.height, extent.height),
        (.width, extent.width),
      ]
    case .sequence(let steps, let features): [(.time, steps), (.channel, features)]
    case .vector(let count): [(.channel, count)]
    }
  }

  func size(of role: AxisRole) -> Int { roles.first { $0.role == role }?.size ?? 1 }
}

extension Extent3 {
  /// The size along a role; channels and clips have none.
  subscript(role: AxisRole) -> Int {
    get {
      switch role {
      case .time: depth
      case .height: height
      case .width: width
      case .clip, .channel: 1
      }
    }
    set {
      switch role {
      case .time: depth = newValue
      case .height: height = newValue
      case .width: width = newValue
      case .clip, .channel: break
      }
    }
  }
}

/// A value that flows through the network: which of our nodes makes it, and what the axes that the
/// ONNX graph gives it mean.
struct Flow {
  /// What stands between our node's value `x` and the flow's.
  enum Form: Equatable {
    /// `x`
    case plain
    /// `erf(x / √2)`, half of a GELU
    case erf
    /// The softmax over time of `x`.
    case shares
    /// `x`, each step times its share of the softmax of the scores that a node gives.
    case weighted(scores: Int)
    /// Each step of `x` replaced by the one before; the first stays.
    case delayed
  }

  /// Number of the node; 0 is the network's input.
  var value: Int
  var axes: [Axis]
  var form = Form.plain
  /// `scale · form(x) + shift`
  var scale: Float = 1
  var shift: Float = 0
  /// Zeros around it, along each axis of the ONNX value; nil for none.
  var pads: (before: [Int], after: [Int])?
  /// Whether more than one operator reads it, or something that it was made of.
  var isShared = false

  init(_ value: Int, _ axes: [Axis]) {
    self.value = value
    self.axes = axes
  }

  var sizes: [Int] { axes.map(AxisMap.size) }
  var isPlain: Bool { form == .plain && scale == 1 && shift == 0 && pads == nil }

  /// The same value under other axes.
  func with(axes: [Axis]) -> Flow {
    var flow = self
    flow.axes = axes
    return flow
  }

  /// The same, changed by one number more, which rounding does not keep from being 1.
  func scaled(by factor: Float, plus term: Float = 0) -> Flow {
    var flow = self
    flow.scale = scale * factor
    flow.shift = shift * factor + term
    if abs(flow.scale - 1) < 1e-6 { flow.scale = 1 }
    return flow
  }
}
