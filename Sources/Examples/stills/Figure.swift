import Foundation
import VidclassKit

/// What a picture shows: the classes of the example.
enum Figure: Int, CaseIterable {
  case disc, ring, square, triangle, cross, star

  /// Whether a point belongs to the figure that fills the circle of radius 1 around the origin.
  func contains(x: Float, y: Float) -> Bool {
    let radius = (x * x + y * y).squareRoot()
    switch self {
    case .disc: return radius < 0.9
    case .ring: return radius < 0.95 && radius > 0.55
    case .square: return max(abs(x), abs(y)) < 0.7
    case .triangle: return y < 0.5 && 0.87 * abs(x) - 0.5 * y < 0.5
    case .cross: return min(abs(x), abs(y)) < 0.25 && max(abs(x), abs(y)) < 0.9
    case .star: return radius < 0.55 + 0.4 * cos(5 * atan2(y, x))
    }
  }
}

/// Grey pictures of figures, each of another size, place, angle and brightness, in noise.
struct FigurePictures {
  static let side = 32
  static let input = InputShape(frames: 1, height: side, width: side, channels: 1)

  private var random: RandomStream

  init(seed: UInt64) { random = RandomStream(seed: seed, purpose: .custom) }

  /// The pixels of one picture, `[32, 32]`, about 0 with a deviation of about 1.
  mutating func draw(_ figure: Figure) -> [Float] {
    let side = Float(FigurePictures.side)
    let size = random.uniform(9, 13)
    let centre = (x: random.uniform(size, side - size), y: random.uniform(size, side - size))
    let angle = random.uniform(-0.5, 0.5)
    let (ground, contrast) = (random.uniform(-0.5, 0.5), random.uniform(0.8, 1.6))
    return (0..<FigurePictures.input.count).map { index in
      let x = (Float(index % FigurePictures.side) - centre.x) / size
      let y = (Float(index / FigurePictures.side) - centre.y) / size
      let turned = (x: x * cos(angle) - y * sin(angle), y: x * sin(angle) + y * cos(angle))
      let shown = figure.contains(x: turned.x, y: turned.y) ? contrast : 0
      return ground + shown + random.uniform(-0.5, 0.5)
    }
  }

  /// As many pictures of every figure, and which figure each shows.
  mutating func draw(each count: Int) -> (pictures: [[Float]], labels: [Int]) {
    let labels = (0..<count * Figure.allCases.count).map { $0 % Figure.allCases.count }
    return (labels.map { draw(Figure.allCases[$0]) }, labels)
  }
}
