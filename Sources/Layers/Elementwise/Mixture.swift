import Foundation
import Tensors

/// What several classifiers say together: from logits `[C]` of each to the logarithms of the mean of
/// their probabilities, `log(1/N Σ softmax(x / temperature))`.
///
/// The softmax of its output is that mean, so that it stands where the logits of one network would.
public struct Mixture: ExecutableLayer {
  public static let kind = "mixture"
  /// What the logits are divided by before each softmax.
  public var temperature: Float
  public var title: String { "Mixture" }

  /// - Parameter temperature: above 0; the node says whose logits are mixed.
  public init(temperature: Float = 1) { self.temperature = temperature }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    temperature = try values.decodeIfPresent(Float.self, forKey: .temperature) ?? 1
  }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    guard temperature > 0, temperature.isFinite else {
      throw LayerError("temperature is \(temperature); it must be above 0")
    }
    guard (2...64).contains(inputs.count), case .vector = inputs[0],
      inputs.allSatisfy({ $0 == inputs[0] })
    else {
      throw LayerError(
        "mixes the logits of 2 to 64 classifiers of the same classes, not "
          + inputs.map(\.description).joined(separator: " and "))
    }
    return inputs[0]
  }

  public func flops(of inputs: [ValueShape]) -> Int { 4 * inputs.count * inputs[0].count }
  package func stage(_ place: PlacedLayer) -> any Stage {
    MixtureStage(temperature: Double(temperature))
  }
}

extension Node {
  /// The mean of what several classifiers say, to be told which by `reading`.
  public static func mixture(temperature: Float = 1) -> Node {
    Node(Mixture(temperature: temperature))
  }
}

private struct MixtureStage: Stage {
  let temperature: Double

  var rereadsOutput: Bool { true }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    MixtureOperation(temperature: temperature, inputs: site.inputs, output: site.output)
  }
}

private struct MixtureOperation: Operation {
  let temperature: Double
  let inputs: [Site.Value]
  let output: Site.Value

  private var classes: Int { output.shape.count }

  /// The logarithm of the softmax's denominator, and what the largest logit divided by the
  /// temperature is.
  private func scale(_ logits: UnsafePointer<Float>) -> (largest: Double, logarithm: Double) {
    var largest = -Double.infinity
    for index in 0..<classes { largest = max(largest, Double(logits[index]) / temperature) }
    var sum = 0.0
    for index in 0..<classes { sum += exp(Double(logits[index]) / temperature - largest) }
    return (largest, log(sum))
  }

  private func logProbabilities(
    _ logits: UnsafePointer<Float>, _ body: (_ index: Int, _ value: Double) -> Void
  ) {
    let (largest, logarithm) = scale(logits)
    for index in 0..<classes {
      body(index, Double(logits[index]) / temperature - largest - logarithm)
    }
  }

  func forward(_ step: StepContext) {
    var highest = [Double](repeating: 0, count: classes)
    var sums = highest
    for clip in 0..<step.count {
      highest.withUnsafeMutableBufferPointer { $0.update(repeating: -.infinity) }
      sums.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
      for input in inputs {
        logProbabilities(step.memory.floats(input.slot) + clip * classes) {
          highest[$0] = max(highest[$0], $1)
        }
      }
      for input in inputs {
        logProbabilities(step.memory.floats(input.slot) + clip * classes) {
          sums[$0] += exp($1 - highest[$0])
        }
      }
      let y = step.memory.floats(output.slot) + clip * classes
      for index in 0..<classes {
        y[index] = Float(highest[index] + log(sums[index] / Double(inputs.count)))
      }
    }
  }

  /// With `p` of an input and the mean `m`: `r = dy p / (N m)`, `dx = (r − p Σ r) / temperature`.
  func backward(_ step: StepContext) {
    guard let gradient = output.gradient else { return }
    var shares = [Double](repeating: 0, count: classes)
    for input in inputs {
      guard let slot = input.gradient else { continue }
      for clip in 0..<step.count {
        let (x, y) = (
          step.memory.floats(input.slot) + clip * classes,
          step.memory.floats(output.slot) + clip * classes
        )
        let (dx, dy) = (
          step.memory.floats(slot) + clip * classes,
          step.memory.floats(gradient) + clip * classes
        )
        var sum = 0.0
        logProbabilities(x) { index, value in
          shares[index] =
            Double(dy[index]) * exp(value - Double(y[index])) / Double(inputs.count)
          sum += shares[index]
        }
        logProbabilities(x) { index, value in
          dx[index] = Float((shares[index] - exp(value) * sum) / temperature)
        }
      }
    }
  }
}
