import Foundation
import Tensors

/// The mean over all steps with shares from a hidden layer (Bahdanau et al. 2015): `[T, C]` to `[C]`.
///
///     score[t] = v · tanh(W x[t] + b), share = softmax(score), y = Σ share[t] x[t]
///
/// Parameters `proj.weight` `[A, C]`, `proj.bias` `[A]`, `v.weight` `[1, A]`.
public struct AdditiveAttention: ExecutableLayer {
  public static let kind = "additive_attention"
  /// Width of the hidden layer.
  public var features: Int
  public var title: String { "Additive attention" }

  /// - Parameter features: of the hidden layer.
  public init(features: Int) { self.features = features }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try LayerError.requireInputs(inputs, 1)
    try LayerError.require(features, "features", in: 1...1 << 14)
    return .vector(try inputs[0].sequence().features)
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    let size = inputs[0].features
    return [
      ParameterSpec("proj.weight", [features, size], .weight, ParameterSpec.inverseRoot(size)),
      ParameterSpec("proj.bias", [features], .bias),
      ParameterSpec("v.weight", [1, features], .weight, ParameterSpec.inverseRoot(features)),
    ]
  }

  public func flops(of inputs: [ValueShape]) -> Int {
    2 * inputs[0].rows * (features * (inputs[0].features + 1) + inputs[0].features)
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    AdditiveAttentionStage(name: place.name, width: features)
  }
}

extension Node {
  /// The mean over all steps with shares from a hidden layer.
  public static func additiveAttention(name: String, features: Int) -> Node {
    Node(AdditiveAttention(features: features), name: name)
  }
}

private struct AdditiveAttentionStage: Stage {
  let name: String
  let width: Int

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    AdditiveAttentionOperation(self, site, plan: &plan)
  }
}

private struct AdditiveAttentionOperation: Operation {
  private let steps, size, width: Int
  private let input, output: Site.Value
  private let weight, bias, vector: Range<Int>
  /// The hidden layer's values, and on the way back the gradients before its tanh, `[T, N, A]`.
  private let hidden: MemoryPlan.Slot
  private let shares: MemoryPlan.Slot

  init(_ stage: AdditiveAttentionStage, _ site: Site, plan: inout MemoryPlan) {
    steps = site.input.shape.rows
    size = site.input.shape.features
    width = stage.width
    input = site.input
    output = site.output
    weight = site.range(stage.name, "proj.weight")
    bias = site.range(stage.name, "proj.bias")
    vector = site.range(stage.name, "v.weight")
    let moments = site.moments
    let rows = steps * moments.batch
    hidden = plan.floats(rows * width, from: moments.forward, to: moments.last)
    shares = plan.floats(rows, from: moments.forward, to: moments.last)
  }

  func forward(_ step: StepContext) {
    let memory = step.memory
    let (x, h, share) = (
      memory.floats(input.slot), memory.floats(hidden), memory.floats(shares)
    )
    let (y, v) = (memory.floats(output.slot), step.parameter(vector))
    let count = step.count
    Dense(inputs: size, outputs: width).forward(
      rows: steps * count, input: x, weight: step.parameter(weight), bias: step.parameter(bias),
      output: h, pool: step.pool)
    for sample in 0..<count {
      var largest = -Float.infinity
      for time in 0..<steps {
        let row = time * count + sample
        var score: Float = 0
        for unit in 0..<width {
          h[row * width + unit] = tanhf(h[row * width + unit])
          score += v[unit] * h[row * width + unit]
        }
        share[row] = score
        largest = max(largest, score)
      }
      var sum: Float = 0
      for time in 0..<steps {
        share[time * count + sample] = expf(share[time * count + sample] - largest)
        sum += share[time * count + sample]
      }
      let mean = y + sample * size
      mean.update(repeating: 0, count: size)
      for time in 0..<steps {
        let row = time * count + sample
        share[row] /= sum
        for feature in 0..<size { mean[feature] += share[row] * x[row * size + feature] }
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let gradient = output.gradient else { return }
    let memory = step.memory
    let (x, h, share) = (
      memory.floats(input.slot), memory.floats(hidden), memory.floats(shares)
    )
    let (dy, v) = (memory.floats(gradient), step.parameter(vector))
    let vectorGradient = step.gradient(vector)
    vectorGradient.update(repeating: 0, count: width)
    let count = step.count
    let dx = input.gradient.map { memory.floats($0) }
    for sample in 0..<count {
      let g = dy + sample * size
      func along(_ row: Int) -> Float {
        var sum: Float = 0
        for feature in 0..<size { sum += g[feature] * x[row * size + feature] }
        return sum
      }
      var base: Float = 0
      for time in 0..<steps {
        let row = time * count + sample
        base += share[row] * along(row)
      }
      for time in 0..<steps {
        let row = time * count + sample
        let score = share[row] * (along(row) - base)
        for unit in 0..<width {
          let value = h[row * width + unit]
          vectorGradient[unit] += score * value
          h[row * width + unit] = score * v[unit] * (1 - value * value)
        }
      }
    }
    Dense(inputs: size, outputs: width).backward(
      rows: steps * count, input: x, weight: step.parameter(weight), outputGradient: h,
      weightGradient: step.gradient(weight), biasGradient: step.gradient(bias),
      inputGradient: dx, pool: step.pool)
    guard let dx else { return }
    for sample in 0..<count {
      for time in 0..<steps {
        let row = time * count + sample
        for feature in 0..<size {
          dx[row * size + feature] += share[row] * dy[sample * size + feature]
        }
      }
    }
  }
}
