import Foundation

/// Red, green and blue in 0…1.
typealias Color = SIMD3<Float>

/// A square picture that repeats in both directions without a seam, read at any point.
struct Texture {
  /// What the picture shows.
  enum Pattern: CaseIterable {
    case clouds
    case stripes
    case checks
    case dots
  }

  private static let side = 128
  private let pixels: [Color]

  /// - Parameters:
  ///   - cells: how often the pattern repeats along a side of the tile.
  ///   - colors: two colours between which the pattern mixes.
  init(
    pattern: Pattern, cells: Int, colors: (Color, Color), roughness: Float,
    random: inout SceneRandom
  ) {
    let side = Texture.side
    let noise = PeriodicNoise(seed: random.next())
    let slant = random.integer(below: 2) * 2 - 1
    var pixels = [Color](repeating: .zero, count: side * side)
    for y in 0..<side {
      for x in 0..<side {
        let (u, v) = (Float(x) / Float(side), Float(y) / Float(side))
        let cloud = noise.fractal(u: u, v: v, cells: cells)
        let (cu, cv) = (u * Float(cells), v * Float(cells))
        let mix: Float
        switch pattern {
        case .clouds:
          mix = cloud
        case .stripes:
          mix = Texture.soft(sin(2 * .pi * (cu + Float(slant) * cv)))
        case .checks:
          mix = Texture.soft(sin(2 * .pi * cu) * sin(2 * .pi * cv) * 2)
        case .dots:
          let (du, dv) = (cu - cu.rounded(.down) - 0.5, cv - cv.rounded(.down) - 0.5)
          mix = Texture.soft((0.3 - (du * du + dv * dv).squareRoot()) * 8)
        }
        let color = colors.0 + (colors.1 - colors.0) * mix
        pixels[y * side + x] = color + Color(repeating: (cloud - 0.5) * roughness)
      }
    }
    self.pixels = pixels
  }

  /// The colour at `(u, v)`, where the tile covers `0..<1` and repeats; bilinear.
  func sample(_ u: Float, _ v: Float) -> Color {
    let side = Texture.side
    let x = (u - u.rounded(.down)) * Float(side)
    let y = (v - v.rounded(.down)) * Float(side)
    let (x0, y0) = (Int(x) & (side - 1), Int(y) & (side - 1))
    let (x1, y1) = ((x0 + 1) & (side - 1), (y0 + 1) & (side - 1))
    let (fx, fy) = (x - x.rounded(.down), y - y.rounded(.down))
    return pixels.withUnsafeBufferPointer { pixels in
      let top = pixels[y0 * side + x0] * (1 - fx) + pixels[y0 * side + x1] * fx
      let bottom = pixels[y1 * side + x0] * (1 - fx) + pixels[y1 * side + x1] * fx
      return top * (1 - fy) + bottom * fy
    }
  }

  /// A wave of -1…1 as a step with soft edges, 0…1.
  private static func soft(_ wave: Float) -> Float {
    let x = min(1, max(0, wave * 1.5 + 0.5))
    return x * x * (3 - 2 * x)
  }
}

/// Smooth noise on a lattice that repeats after the unit square.
private struct PeriodicNoise {
  let seed: UInt64

  /// Three octaves, 0…1.
  func fractal(u: Float, v: Float, cells: Int) -> Float {
    var sum: Float = 0
    var weight: Float = 0.55
    for octave in 0..<3 {
      sum += weight * value(u: u, v: v, cells: cells << octave, octave: octave)
      weight *= 0.5
    }
    return min(1, max(0, sum))
  }

  private func value(u: Float, v: Float, cells: Int, octave: Int) -> Float {
    let (x, y) = (u * Float(cells), v * Float(cells))
    let (x0, y0) = (Int(x), Int(y))
    let (fx, fy) = (smooth(x - Float(x0)), smooth(y - Float(y0)))
    let corner = { (dx: Int, dy: Int) in
      lattice((x0 + dx) % cells, (y0 + dy) % cells, octave)
    }
    let top = corner(0, 0) * (1 - fx) + corner(1, 0) * fx
    let bottom = corner(0, 1) * (1 - fx) + corner(1, 1) * fx
    return top * (1 - fy) + bottom * fy
  }

  private func lattice(_ x: Int, _ y: Int, _ octave: Int) -> Float {
    var random = SceneRandom(seed, UInt64(octave), UInt64(x), UInt64(y))
    return Float(random.next() >> 40) * 0x1p-24
  }

  private func smooth(_ x: Float) -> Float { x * x * (3 - 2 * x) }
}
