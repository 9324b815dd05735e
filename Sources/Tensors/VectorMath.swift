internal import CKernels
import Foundation

/// Loops over flat vectors, cut into blocks of fixed length so that threads never change the bits.
package enum VectorMath {
  private static let block = 1 << 16

  /// Constants of one AdamW step.
  package struct AdamW: Sendable {
    package var learningRate: Float
    package var beta1: Float
    package var beta2: Float
    package var epsilon: Float
    package var weightDecay: Float
    /// The step's number, from 1.
    package var step: Int

    package init(
      learningRate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
      weightDecay: Float, step: Int
    ) {
      self.learningRate = learningRate
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
      self.step = step
    }
  }

  /// One step of AdamW, as `torch.optim.AdamW`; gradients are first scaled by `gradientScale`.
  package static func adamW(
    parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, count: Int,
    gradientScale: Float, settings: AdamW, pool: WorkerPool? = nil
  ) {
    let beta1 = Double(settings.beta1)
    let beta2 = Double(settings.beta2)
    let correction1 = Float(1 - pow(beta1, Double(settings.step)))
    let correction2 = Float((1 - pow(beta2, Double(settings.step))).squareRoot())
    let kernel = InstructionSet.kernels.pointee.adamw!
    inBlocks(count, pool) { begin, length in
      kernel(
        parameters + begin, gradients + begin, first + begin, second + begin, length,
        gradientScale, settings.learningRate, settings.beta1, settings.beta2, settings.epsilon,
        settings.weightDecay, correction1, correction2)
    }
  }

  /// One step of SGD, as `torch.optim.SGD`; `isFirst` starts the velocity.
  package static func sgd(
    parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    velocity: UnsafeMutablePointer<Float>, count: Int, gradientScale: Float, learningRate: Float,
    momentum: Float, weightDecay: Float, nesterov: Bool, isFirst: Bool, pool: WorkerPool? = nil
  ) {
    let kernel = InstructionSet.kernels.pointee.sgd!
    inBlocks(count, pool) { begin, length in
      kernel(
        parameters + begin, gradients + begin, velocity + begin, length, gradientScale,
        learningRate, momentum, weightDecay, nesterov ? 1 : 0, isFirst ? 1 : 0)
    }
  }

  /// `average = decay · average + (1 − decay) · values`.
  package static func movingAverage(
    _ average: UnsafeMutablePointer<Float>, values: UnsafePointer<Float>, count: Int, decay: Float,
    pool: WorkerPool? = nil
  ) {
    let kernel = InstructionSet.kernels.pointee.moving_average!
    inBlocks(count, pool) { begin, length in
      kernel(average + begin, values + begin, length, decay)
    }
  }

  /// Sum of squares, in double.
  package static func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double {
    InstructionSet.kernels.pointee.sum_of_squares!(values, count)
  }

  /// `target += values`.
  package static func add(
    _ values: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    InstructionSet.kernels.pointee.add!(target, values, count)
  }

  /// Adds up `parts` arrays that begin `distance` apart into the first, pairwise in a fixed tree, so
  /// that nobody's number of threads changes the bits; the others are spoiled.
  package static func addUp(
    _ first: UnsafeMutablePointer<Float>, parts: Int, distance: Int, count: Int
  ) {
    var span = 1
    while span < parts {
      for part in stride(from: 0, to: parts - span, by: 2 * span) {
        add(first + (part + span) * distance, to: first + part * distance, count: count)
      }
      span *= 2
    }
  }

  private static func inBlocks(_ count: Int, _ pool: WorkerPool?, _ body: (Int, Int) -> Void) {
    let blocks = (count + block - 1) / block
    guard let pool else {
      for index in 0..<blocks { body(index * block, min(block, count - index * block)) }
      return
    }
    pool.parallelFor(blocks) { index in body(index * block, min(block, count - index * block)) }
  }
}
