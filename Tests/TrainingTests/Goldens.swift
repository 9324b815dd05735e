import Foundation
import Testing

/// `Fixtures/training-goldens.json`, which `make-training-goldens.py` writes with PyTorch.
struct Goldens: Decodable {
  struct Loss: Decodable, CustomTestStringConvertible {
    let name: String
    let classes: Int
    let smoothing: Double
    let logits: [Float]
    let labels: [Int]
    let weights: [Double]?
    let second: [Int]?
    let share: [Float]?
    let loss: Double
    let gradient: [Float]
    var testDescription: String { name }
  }

  struct Optimizer: Decodable, CustomTestStringConvertible {
    struct Settings: Decodable {
      let lr: Double
      let betas: [Double]?
      let eps: Double?
      let momentum: Double?
      let nesterov: Bool?
      let weightDecay: Double
    }
    let name: String
    let settings: Settings
    let start: [Float]
    let decaying: Int
    let gradients: [[Float]]
    let trajectory: [[Float]]
    var testDescription: String { name }
  }

  struct Schedule: Decodable, CustomTestStringConvertible {
    let course: String
    let peak: Double
    let warmup: Int
    let total: Int
    let rates: [Double]
    var testDescription: String { "\(course), warm-up \(warmup)" }
  }

  struct Clipping: Decodable {
    let limit: Double
    let gradient: [Float]
    let norm: Double
    let clipped: [Float]
  }

  let losses: [Loss]
  let adamw: [Optimizer]
  let sgd: [Optimizer]
  let schedules: [Schedule]
  let clipping: [Clipping]

  static let all: Goldens = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures/training-goldens.json")
    return try! JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
  }()
}

/// The largest difference in proportion to the largest expected value.
func relativeError(_ found: [Float], _ expected: [Float]) -> Float {
  precondition(found.count == expected.count)
  let scale = expected.map { abs($0) }.max() ?? 0
  let error = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
  return scale > 0 ? error / scale : error
}
