import ClipSampling
import Foundation

/// One performance of a motion in a scene: everything that moves, over the time 0…1.
///
/// A class and its pair get the same take, one of them played backwards. So a single frame, or the
/// frames in any other order, cannot tell the two apart: the very same pictures are in both.
struct Take {
  let scene: Scene
  let frameCount: Int
  let framesPerSecond: Double
  private let object: Scene.Actor
  private let main: Motion
  private let bystanders: [Motion]
  private let ground: Motion
  private let flickerPhase: Double
  private let flickerSpeed: Double
  private let noiseSeed: UInt64
  private let isBackward: Bool

  /// - Parameters:
  ///   - number: which take of this pair in this scene.
  ///   - reach: how far the main motion goes; 1 for a clip, more for longer segments.
  init(
    scene: Scene, motion: MotionClass, number: Int, seed: UInt64, seconds: Double,
    framesPerSecond: Double, reach: Double = 1
  ) {
    self.scene = scene
    self.framesPerSecond = framesPerSecond
    frameCount = max(2, Int(clamping: (seconds * framesPerSecond).rounded()))
    isBackward = motion.isBackward

    let pair = UInt64(MotionClass.allCases.firstIndex(of: motion.forward)!)
    var random = SceneRandom(seed, 2, UInt64(scene.number), pair, UInt64(number))
    let shorter = Double(min(scene.width, scene.height))
    let aspect = (x: Double(scene.width) / shorter, y: Double(scene.height) / shorter)
    object = scene.object(take: number)
    main = Motion(
      motion.forward, radius: object.radius, reach: reach, random: &random)
    ground = Motion(groundWith: &random)
    bystanders = scene.bystanders.map {
      Motion(bystanderOf: $0.radius, aspect: aspect, random: &random)
    }
    flickerPhase = random.uniform(0, 2 * .pi)
    flickerSpeed = random.uniform(4, 12)
    // Only the noise differs between a take and its twin.
    noiseSeed = random.next() ^ (isBackward ? 0x5555 : 0)
  }

  /// Draws frame `index` as RGB bytes, `[height, width, 3]`.
  func draw(frame index: Int, into pixels: inout [UInt8]) {
    let played = (Double(index) + 0.5) / Double(frameCount)
    let time = isBackward ? 1 - played : played
    var actors: [PlacedActor] = []
    for (actor, motion) in zip(scene.bystanders, bystanders) {
      actors.append(PlacedActor(actor: actor, pose: motion.pose(at: time)))
    }
    actors.append(PlacedActor(actor: object, pose: main.pose(at: time)))
    let drift = ground.pose(at: time)
    let brightness = 1 + scene.flicker * sin(flickerPhase + flickerSpeed * time)
    var noise = NoiseSource(seed: noiseSeed, frame: index)

    let (width, height) = (scene.width, scene.height)
    let shorter = Float(min(width, height))
    let (driftX, driftY) = (Float(drift.x), Float(drift.y))
    for row in 0..<height {
      let y = (Float(row) + 0.5 - Float(height) / 2) / shorter
      for column in 0..<width {
        let x = (Float(column) + 0.5 - Float(width) / 2) / shorter
        var color = scene.ground.sample(x - driftX, y - driftY)
        for actor in actors { actor.paint(over: &color, x: x, y: y, pixel: 1 / shorter) }
        let grain = Float(scene.noise) * noise.next()
        color = color * Float(255 * brightness) + Color(repeating: grain)
        let bytes = color.clamped(lowerBound: .zero, upperBound: Color(repeating: 255))
        let place = (row * width + column) * 3
        for channel in 0..<3 { pixels[place + channel] = UInt8(clamping: bytes[channel].rounded()) }
      }
    }
  }
}

/// An actor at its place in one frame.
private struct PlacedActor {
  let shape: Shape
  let skin: Texture
  let mark: Color?
  let x: Float
  let y: Float
  let radius: Float
  let cosine: Float
  let sine: Float

  init(actor: Scene.Actor, pose: Pose) {
    shape = actor.shape
    skin = actor.skin
    mark = actor.mark
    x = Float(pose.x)
    y = Float(pose.y)
    radius = Float(pose.radius)
    cosine = Float(cos(pose.angle))
    sine = Float(sin(pose.angle))
  }

  /// Paints the actor and its soft shadow over a pixel that is `pixel` units wide.
  func paint(over color: inout Color, x: Float, y: Float, pixel: Float) {
    let (dx, dy) = ((x - self.x) / radius, (y - self.y) / radius)
    guard dx * dx + dy * dy < 1.8 else { return }
    let (u, v) = (cosine * dx + sine * dy, cosine * dy - sine * dx)
    let distance = shape.distance(u, v)
    let shadow = 0.4 * max(0, 1 - max(0, distance) / 0.15)
    color *= 1 - shadow
    let cover = min(1, max(0, 0.5 - distance * radius / pixel))
    if cover > 0 {
      var paint = skin.sample(u * 0.4 + 0.5, v * 0.4 + 0.5)
      if let mark {
        let share = min(1, max(0, 0.5 + (u - 0.2) * radius / pixel))
        paint = paint * (1 - share) + mark * share
      }
      color = color * (1 - cover) + paint * cover
    }
  }
}

/// Roughly normal noise of mean 0 and standard deviation 1: the sum of a number's four parts.
private struct NoiseSource {
  private var random: SceneRandom

  init(seed: UInt64, frame: Int) { random = SceneRandom(seed, UInt64(frame)) }

  mutating func next() -> Float {
    let bits = random.next()
    let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
    // Four uniform parts: mean 4·0.5, variance 4/12.
    return (Float(sum) / 65536 - 2) * 1.732_050_8
  }
}
