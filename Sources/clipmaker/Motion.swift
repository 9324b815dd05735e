import Foundation

/// The classes: three pairs, each the other one played backwards.
enum MotionClass: String, CaseIterable {
  case approach
  case clockwise
  case counterclockwise
  case left
  case recede
  case right

  /// The pair's member whose motion is drawn; the other plays it backwards.
  var forward: MotionClass {
    switch self {
    case .approach, .recede: .approach
    case .clockwise, .counterclockwise: .clockwise
    case .left, .right: .right
    }
  }

  var isBackward: Bool { forward != self }
}

/// Where something is: lengths in units of the frame's shorter side, from the frame's centre,
/// x to the right, y down; the angle in radians, growing clockwise on the screen.
struct Pose {
  var x: Double
  var y: Double
  var radius: Double
  var angle: Double
}

/// A motion over the time 0…1, smooth and without a preferred end: reversing time gives a motion
/// that is exactly as likely, only of the paired class.
struct Motion {
  private let from: Pose
  private let to: Pose
  /// 0 even speed, 1 from rest to rest.
  private let easing: Double

  /// The main object's motion of a class. `reach` scales how far it goes (1 for a clip).
  init(_ forward: MotionClass, radius: Double, reach: Double, random: inout SceneRandom) {
    let x = random.uniform(-0.07, 0.07)
    let y = random.uniform(-0.1, 0.1)
    let angle = random.uniform(0, 2 * .pi)
    // What every class may do a little of, in either sense.
    var dx = random.sign() * random.uniform(0, 0.05)
    let dy = random.sign() * random.uniform(0, 0.05)
    var dAngle = random.sign() * random.uniform(0, 0.15)
    var dScale = random.sign() * random.uniform(0, 0.03)
    let extent = random.uniform(0, 1)
    switch forward {
    case .right: dx = (0.38 + 0.2 * extent) * reach
    case .clockwise: dAngle = (2.6 + 1.6 * extent) * reach
    default: dScale = (0.7 + 0.3 * extent) * reach
    }
    from = Pose(
      x: x - dx / 2, y: y - dy / 2, radius: radius * exp(-dScale / 2), angle: angle - dAngle / 2)
    to = Pose(
      x: x + dx / 2, y: y + dy / 2, radius: radius * exp(dScale / 2), angle: angle + dAngle / 2)
    easing = random.uniform(0, 0.4)
  }

  /// A bystander's motion: any direction and either sense of turning, all equally likely.
  init(bystanderOf radius: Double, aspect: (x: Double, y: Double), random: inout SceneRandom) {
    let x = random.uniform(-0.5, 0.5) * aspect.x
    let y = random.uniform(-0.5, 0.5) * aspect.y
    let heading = random.uniform(0, 2 * .pi)
    let far = random.uniform(0.05, 0.4)
    let angle = random.uniform(0, 2 * .pi)
    let turn = random.sign() * random.uniform(0, 2)
    let (dx, dy) = (far * cos(heading), far * sin(heading))
    from = Pose(x: x - dx / 2, y: y - dy / 2, radius: radius, angle: angle - turn / 2)
    to = Pose(x: x + dx / 2, y: y + dy / 2, radius: radius, angle: angle + turn / 2)
    easing = 0
  }

  /// The ground's drift; its pose is an offset, the radius is not used.
  init(groundWith random: inout SceneRandom) {
    let heading = random.uniform(0, 2 * .pi)
    let far = random.uniform(0.05, 0.2)
    let x = random.uniform(0, 1)
    let y = random.uniform(0, 1)
    from = Pose(x: x, y: y, radius: 1, angle: 0)
    to = Pose(x: x + far * cos(heading), y: y + far * sin(heading), radius: 1, angle: 0)
    easing = 0
  }

  func pose(at time: Double) -> Pose {
    let eased = time * time * (3 - 2 * time)
    let t = time + (eased - time) * easing
    // Sizes change by equal factors in equal times, as of something that comes nearer.
    return Pose(
      x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t,
      radius: from.radius * pow(to.radius / from.radius, t),
      angle: from.angle + (to.angle - from.angle) * t)
  }
}
