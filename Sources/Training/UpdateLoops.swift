/// The element-wise loops of a training step.
///
/// Plain counted loops over pointers, which the compiler turns into vector code. Each element's
/// result depends on nothing but its own inputs, and sums run in a fixed order.
enum UpdateLoops {
  typealias Values = UnsafeMutablePointer<Float>

  /// `torch.optim.AdamW` for `count` values; `step` counts from 1.
  static func adamW(
    parameters: Values, gradients: Values, mean: Values, square: Values, count: Int,
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
    step: Int
  ) {
    let keep = Float(1 - learningRate * weightDecay)
    let meanShare = Float(1 - beta1)
    let squareKeep = Float(beta2)
    let squareShare = Float(1 - beta2)
    let stepSize = Float(learningRate / (1 - power(beta1, step)))
    let correction = Float(1 / (1 - power(beta2, step)).squareRoot())
    let epsilon = Float(epsilon)
    for index in 0..<count {
      let gradient = gradients[index]
      let newMean = mean[index] + (gradient - mean[index]) * meanShare
      let newSquare = square[index] * squareKeep + gradient * gradient * squareShare
      mean[index] = newMean
      square[index] = newSquare
      let denominator = newSquare.squareRoot() * correction + epsilon
      parameters[index] = parameters[index] * keep - stepSize * (newMean / denominator)
    }
  }

  /// `torch.optim.SGD` for `count` values. Starting from a velocity of zero equals PyTorch's first
  /// step, which copies the gradient.
  static func sgd(
    parameters: Values, gradients: Values, velocity: Values, count: Int, learningRate: Double,
    momentum: Double, nesterov: Bool, weightDecay: Double
  ) {
    let rate = Float(learningRate)
    let momentum = Float(momentum)
    let decay = Float(weightDecay)
    // Plain: the step is the velocity. Nesterov: the gradient plus momentum times the velocity.
    let gradientShare: Float = nesterov ? 1 : 0
    let velocityShare: Float = nesterov ? momentum : 1
    for index in 0..<count {
      let gradient = gradients[index] + decay * parameters[index]
      let newVelocity = momentum * velocity[index] + gradient
      velocity[index] = newVelocity
      parameters[index] -= rate * (gradientShare * gradient + velocityShare * newVelocity)
    }
  }

  /// `average = keep · average + (1 - keep) · values`.
  static func blend(_ average: Values, with values: UnsafePointer<Float>, keep: Float, count: Int) {
    let share = 1 - keep
    for index in 0..<count {
      average[index] += (values[index] - average[index]) * share
    }
  }

  static func scale(_ values: Values, by factor: Float, count: Int) {
    for index in 0..<count { values[index] *= factor }
  }

  /// In double precision, in eight interleaved sums that are added in order.
  static func sumOfSquares(_ values: UnsafeMutablePointer<Float>, count: Int) -> Double {
    var lanes = SIMD8<Double>()
    let whole = count / 8 * 8
    var index = 0
    let raw = UnsafeRawPointer(values)
    while index < whole {
      let eight = raw.loadUnaligned(
        fromByteOffset: index * MemoryLayout<Float>.stride, as: SIMD8<Float>.self)
      let wide = SIMD8<Double>(eight)
      lanes += wide * wide
      index += 8
    }
    var sum = 0.0
    for lane in 0..<8 { sum += lanes[lane] }
    while index < count {
      sum += Double(values[index]) * Double(values[index])
      index += 1
    }
    return sum
  }

  /// By repeated multiplication, which is the same on every system (`pow` need not be).
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var factor = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }
}
