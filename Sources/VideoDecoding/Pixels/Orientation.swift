internal import CFFmpeg
import Foundation

/// How a stored picture is turned to be shown: quarter turns and mirrors, nothing between.
///
/// The rules are those of the ffmpeg tool's `-autorotate`.
enum Orientation: Hashable {
  case upright
  case mirrorHorizontal
  case mirrorVertical
  /// Half a turn.
  case turn180
  /// A quarter turn clockwise.
  case turn90
  /// A quarter turn counter-clockwise.
  case turn270
  /// Mirrored along the diagonal from the upper left to the lower right.
  case transpose
  /// Mirrored along the other diagonal.
  case transverse

  /// Whether width and height change places.
  var swapsSides: Bool {
    switch self {
    case .turn90, .turn270, .transpose, .transverse: true
    default: false
    }
  }

  /// Degrees clockwise and whether the picture is mirrored as well.
  var description: (rotation: Int, mirrored: Bool) {
    switch self {
    case .upright: (0, false)
    case .mirrorHorizontal: (0, true)
    case .mirrorVertical: (180, true)
    case .turn180: (180, false)
    case .turn90: (90, false)
    case .turn270: (270, false)
    case .transpose: (90, true)
    case .transverse: (270, true)
    }
  }

  /// Reads a 3 × 3 display matrix (16.16 fixed point, row-major).
  /// - Returns: The orientation, and the angle when it is none of these (then upright).
  static func read(_ matrix: UnsafePointer<Int32>?) -> (orientation: Orientation, odd: Double?) {
    guard let matrix else { return (.upright, nil) }
    let raw = av_display_rotation_get(matrix)
    guard raw.isFinite else { return (.upright, nil) }
    var theta = -raw.rounded()
    theta -= 360 * (theta / 360 + 0.9 / 360).rounded(.down)
    if abs(theta - 90) < 1 { return (matrix[3] > 0 ? .transpose : .turn90, nil) }
    if abs(theta - 270) < 1 { return (matrix[3] < 0 ? .transverse : .turn270, nil) }
    if abs(theta - 180) < 1 {
      switch (matrix[0] < 0, matrix[4] < 0) {
      case (true, true): return (.turn180, nil)
      case (true, false): return (.mirrorHorizontal, nil)
      case (false, true): return (.mirrorVertical, nil)
      case (false, false): return (.upright, nil)
      }
    }
    if abs(theta) > 1 { return (.upright, theta) }
    return (matrix[4] < 0 ? .mirrorVertical : .upright, nil)
  }
}
