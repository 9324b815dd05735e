import Foundation
import Tensors

/// Minimal gated unit (Zhou et al. 2016): one gate for what is forgotten and what is taken.
///
///     f = σ(W_f x + U_f h + b_f), g = tanh(W_g x + U_g (f ⊙ h) + b_g), h = (1 − f) ⊙ h + f ⊙ g
///
/// Weights `weight_ih` `[2H, I]`, `weight_hh` `[2H, H]` and `bias` `[2H]` in the order f, g.
public struct MinimalGatedUnit: CellLayer {
  public static let kind = "mgu"
  public var hidden: Int
  public var title: String { "Minimal gated unit" }

  public init(hidden: Int) { self.hidden = hidden }

  public func output(of inputs: [ValueShape]) throws(LayerError) -> ValueShape {
    try RecurrentOptions.output(of: inputs, hidden: hidden, layers: 1, bidirectional: false)
  }

  public func parameters(of inputs: [ValueShape]) -> [ParameterSpec] {
    let start = ParameterSpec.inverseRoot(hidden)
    return [
      ParameterSpec("weight_ih", [2 * hidden, inputs[0].features], .weight, start),
      ParameterSpec("weight_hh", [2 * hidden, hidden], .weight, start),
      ParameterSpec("bias", [2 * hidden], .bias),
    ]
  }

  public func flops(of inputs: [ValueShape]) -> Int {
    4 * inputs[0].rows * hidden * (inputs[0].features + hidden)
  }

  package func stage(_ place: PlacedLayer) -> any Stage {
    MinimalGatedStage(name: place.name, hidden: hidden)
  }
}

extension Node {
  /// Minimal gated unit.
  public static func mgu(name: String, hidden: Int) -> Node {
    Node(MinimalGatedUnit(hidden: hidden), name: name)
  }
}

private struct MinimalGatedStage: Stage {
  let name: String
  let hidden: Int

  var rereadsOutput: Bool { true }

  func operation(_ site: Site, plan: inout MemoryPlan) -> any Operation {
    MinimalGatedOperation(self, site, plan: &plan)
  }
}

private struct MinimalGatedOperation: Operation {
  private let hidden, inputs, steps: Int
  private let input, output: Site.Value
  private let weightIH, weightHH, bias: Range<Int>
  /// Gates after their functions, and on the way back the gradients before them, `[T, N, 2H]`.
  private let gates: MemoryPlan.Slot
  /// `f ⊙ h`, `[T, N, H]`.
  private let gated: MemoryPlan.Slot
  private let scratch: MemoryPlan.Slot?

  init(_ stage: MinimalGatedStage, _ site: Site, plan: inout MemoryPlan) {
    hidden = stage.hidden
    inputs = site.input.shape.features
    steps = site.input.shape.rows
    input = site.input
    output = site.output
    weightIH = site.range(stage.name, "weight_ih")
    weightHH = site.range(stage.name, "weight_hh")
    bias = site.range(stage.name, "bias")
    let moments = site.moments
    let rows = steps * moments.batch
    gates = plan.floats(rows * 2 * hidden, from: moments.forward, to: moments.last)
    gated = plan.floats(rows * hidden, from: moments.forward, to: moments.last)
    scratch = moments.backward.map { [hidden] in
      plan.floats(2 * moments.batch * hidden, from: $0, to: $0)
    }
  }

  func forward(_ step: StepContext) {
    let (count, width) = (step.count, 2 * hidden)
    let memory = step.memory
    let (a, product, y) = (
      memory.floats(gates), memory.floats(gated), memory.floats(output.slot)
    )
    for row in 0..<steps * count {
      (a + row * width).update(from: step.parameter(bias), count: width)
    }
    MatrixProduct.multiply(
      m: steps * count, n: width, k: inputs, a: memory.floats(input.slot), lda: inputs,
      b: step.parameter(weightIH), ldb: inputs, transposeB: true, beta: 1, c: a, ldc: width,
      pool: step.pool)
    let weight = step.parameter(weightHH)
    for time in 0..<steps {
      let now = time * count
      let before = time > 0 ? y + (now - count) * hidden : nil
      func add(_ x: UnsafePointer<Float>, half: Int) {
        MatrixProduct.multiply(
          m: count, n: hidden, k: hidden, a: x, lda: hidden, b: weight + half * hidden * hidden,
          ldb: hidden, transposeB: true, beta: 1, c: a + now * width + half * hidden, ldc: width,
          pool: step.pool)
      }
      if let before { add(before, half: 0) }
      for row in now..<now + count {
        for unit in 0..<hidden {
          let f = sigmoid(a[row * width + unit])
          a[row * width + unit] = f
          product[row * hidden + unit] = f * (before?[(row - now) * hidden + unit] ?? 0)
        }
      }
      if before != nil { add(product + now * hidden, half: 1) }
      for row in now..<now + count {
        for unit in 0..<hidden {
          let f = a[row * width + unit]
          let g = tanhf(a[row * width + hidden + unit])
          a[row * width + hidden + unit] = g
          y[row * hidden + unit] =
            (1 - f) * (before?[(row - now) * hidden + unit] ?? 0) + f * g
        }
      }
    }
  }

  func backward(_ step: StepContext) {
    guard let gradient = output.gradient, let scratch else { return }
    let (count, width) = (step.count, 2 * hidden)
    let memory = step.memory
    let (a, product, y) = (
      memory.floats(gates), memory.floats(gated), memory.floats(output.slot)
    )
    let dy = memory.floats(gradient)
    let dh = memory.floats(scratch)
    let through = dh + count * hidden
    let weight = step.parameter(weightHH)
    dh.update(repeating: 0, count: count * hidden)
    for time in (0..<steps).reversed() {
      let now = time * count
      let before = time > 0 ? y + (now - count) * hidden : nil
      VectorMath.add(dy + now * hidden, to: dh, count: count * hidden)
      // Gradient before g's tanh, and from there at f ⊙ h.
      for row in now..<now + count {
        for unit in 0..<hidden {
          let f = a[row * width + unit]
          let g = a[row * width + hidden + unit]
          let d = dh[(row - now) * hidden + unit]
          let old = before?[(row - now) * hidden + unit] ?? 0
          a[row * width + hidden + unit] = d * f * (1 - g * g)
          // Of f so far without what comes through f ⊙ h.
          a[row * width + unit] = d * (g - old)
          through[(row - now) * hidden + unit] = f
          dh[(row - now) * hidden + unit] = d * (1 - f)
        }
      }
      // `through` holds f; the product's gradient is added where it belongs row by row.
      backThroughProduct(
        step, a + now * width, factor: through, before: before, dh: dh, weight: weight)
      if before != nil {
        MatrixProduct.multiply(
          m: count, n: hidden, k: hidden, a: a + now * width, lda: width, b: weight, ldb: hidden,
          beta: 1, c: dh, ldc: hidden, pool: step.pool)
      }
    }
    finish(step, a, product, y)
  }

  /// The way back through `U_g (f ⊙ h)` and the gate's sigmoid, for the rows of one step.
  private func backThroughProduct(
    _ step: StepContext, _ a: UnsafeMutablePointer<Float>, factor: UnsafePointer<Float>,
    before: UnsafePointer<Float>?, dh: UnsafeMutablePointer<Float>, weight: UnsafePointer<Float>
  ) {
    let width = 2 * hidden
    let recurrent = weight + hidden * hidden
    for row in 0..<step.count {
      let gate = a + row * width
      for unit in 0..<hidden {
        var sum: Float = 0
        if before != nil {
          for other in 0..<hidden { sum += gate[hidden + other] * recurrent[other * hidden + unit] }
        }
        let f = factor[row * hidden + unit]
        let old = before?[row * hidden + unit] ?? 0
        dh[row * hidden + unit] += sum * f
        gate[unit] = (gate[unit] + sum * old) * f * (1 - f)
      }
    }
  }

  /// Gradients of the weights and of the input.
  private func finish(
    _ step: StepContext, _ a: UnsafePointer<Float>, _ product: UnsafePointer<Float>,
    _ y: UnsafePointer<Float>
  ) {
    let (count, width) = (step.count, 2 * hidden)
    let rows = steps * count
    let weightGradient = step.gradient(weightHH)
    for (half, source) in [(0, y), (1, product + count * hidden)] {
      let target = weightGradient + half * hidden * hidden
      guard steps > 1 else {
        target.update(repeating: 0, count: hidden * hidden)
        continue
      }
      MatrixProduct.multiply(
        m: hidden, n: hidden, k: rows - count, a: a + count * width + half * hidden, lda: width,
        transposeA: true, b: source, ldb: hidden, c: target, ldc: hidden, pool: step.pool)
    }
    MatrixProduct.multiply(
      m: width, n: inputs, k: rows, a: a, lda: width, transposeA: true,
      b: step.memory.floats(input.slot), ldb: inputs, c: step.gradient(weightIH), ldc: inputs,
      pool: step.pool)
    Dense.sumRows(a, rows: rows, columns: width, into: step.gradient(bias))
    if let slot = input.gradient {
      MatrixProduct.multiply(
        m: rows, n: inputs, k: width, a: a, lda: width, b: step.parameter(weightIH), ldb: inputs,
        c: step.memory.floats(slot), ldc: inputs, pool: step.pool)
    }
  }
}
