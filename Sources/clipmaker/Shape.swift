import Foundation

/// The outline of an object of radius 1 around the origin.
enum Shape: CaseIterable {
  case disc
  case square
  case triangle
  case star
  case capsule

  /// Distance to the outline, negative inside; exact enough for smooth edges.
  func distance(_ x: Float, _ y: Float) -> Float {
    switch self {
    case .disc:
      return (x * x + y * y).squareRoot() - 1
    case .square:
      let (dx, dy) = (abs(x) - 0.68, abs(y) - 0.68)
      let (ox, oy) = (max(dx, 0), max(dy, 0))
      return (ox * ox + oy * oy).squareRoot() + min(max(dx, dy), 0) - 0.14
    case .triangle:
      // The farthest of three sides.
      let slope: Float = 0.866_025_4
      return max(-y, max(slope * x + 0.5 * y, -slope * x + 0.5 * y)) - 0.6
    case .star:
      let angle = atan2(y, x)
      return (x * x + y * y).squareRoot() - (0.8 + 0.2 * cos(5 * angle))
    case .capsule:
      let dx = max(abs(x) - 0.5, 0)
      return (dx * dx + y * y).squareRoot() - 0.52
    }
  }
}
