/// What all clips of a group share: ground, bystanders, picture size and codec.
struct Scene {
  let number: Int
  let width: Int
  let height: Int
  let codec: Codec
  let ground: Texture
  let bystanders: [Actor]
  /// Standard deviation of the noise, in steps of 0…255.
  let noise: Double
  /// Greatest change of the brightness, as a factor around 1.
  let flicker: Double
  private let seed: UInt64
  private let groundHue: Double
  private let groundLight: Double

  /// Something with an outline and a skin.
  struct Actor {
    let shape: Shape
    let skin: Texture
    /// In units of the frame's shorter side.
    let radius: Double
    /// The colour of one end, by which the eye can tell how the actor is turned: light on dark
    /// ground, dark on light ground.
    let mark: Color?
  }

  init(number: Int, seed: UInt64, width: Int, height: Int, codec: Codec) {
    self.number = number
    self.seed = seed
    self.width = width
    self.height = height
    self.codec = codec
    var random = SceneRandom(seed, 1, UInt64(number))

    groundHue = random.uniform(0, 1)
    groundLight = random.uniform(0.25, 0.6)
    ground = Texture(
      pattern: random.pick(Texture.Pattern.allCases), cells: 3 + random.integer(below: 3),
      colors: (
        color(hue: groundHue, saturation: 0.3, value: groundLight - 0.07),
        color(hue: groundHue + 0.08, saturation: 0.35, value: groundLight + 0.07)
      ), roughness: 0.12, random: &random)

    bystanders = (0..<(1 + random.integer(below: 3))).map { _ in
      let hue = random.uniform(0, 1)
      return Actor(
        shape: random.pick(Shape.allCases),
        skin: Texture(
          pattern: random.pick(Texture.Pattern.allCases), cells: 2,
          colors: (
            color(hue: hue, saturation: 0.5, value: 0.8),
            color(hue: hue + 0.1, saturation: 0.5, value: 0.45)
          ), roughness: 0.1, random: &random),
        radius: random.uniform(0.05, 0.08), mark: nil)
    }
    noise = random.uniform(1.5, 4)
    flicker = random.uniform(0.01, 0.05)
  }

  /// The main object of all takes with this number: the same for every class. It is vivid where
  /// the ground is dull, in a hue that stands off from it.
  func object(take number: Int) -> Actor {
    var random = SceneRandom(seed, 4, UInt64(self.number), UInt64(number))
    let hue = groundHue + random.uniform(0.25, 0.75)
    return Actor(
      shape: random.pick(Shape.allCases),
      skin: Texture(
        pattern: random.pick([.stripes, .checks, .clouds]), cells: 2,
        colors: (
          color(hue: hue, saturation: 0.85, value: 0.95),
          color(hue: hue + random.uniform(0.05, 0.15), saturation: 0.8, value: 0.6)
        ), roughness: 0.1, random: &random),
      radius: random.uniform(0.25, 0.29),
      mark: Color(repeating: groundLight < 0.42 ? 0.97 : 0.04))
  }
}

/// A colour by hue (turns), saturation and value.
private func color(hue: Double, saturation: Double, value: Double) -> Color {
  func channel(_ offset: Double) -> Float {
    let place = (offset + hue * 6).truncatingRemainder(dividingBy: 6)
    return Float(value - value * saturation * max(0, min(place, min(4 - place, 1))))
  }
  return Color(channel(5), channel(3), channel(1))
}
