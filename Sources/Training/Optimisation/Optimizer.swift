import Networks
import Tensors

/// Changes a network's parameters by their gradients, one step at a time.
///
/// Works in place and allocates nothing in a step. The same inputs give the same bits on any number
/// of threads. Not thread-safe.
public protocol Optimizer: AnyObject {
  /// Steps done so far; set when a checkpoint is restored.
  var steps: Int { get set }
  /// One step with the gradients multiplied by `gradientScale`. Values outside the groups (frozen
  /// ones), and those of groups whose first step is to come, stay as they are. Executors of the network have to be told afterwards
  /// (`Executor.parametersChanged()`).
  func step(_ network: Network, gradientScale: Float, learningRate: Double)
}

extension Optimizer {
  /// One step with the gradients as they are.
  public func step(_ network: Network, learningRate: Double) {
    step(network, gradientScale: 1, learningRate: learningRate)
  }
}

/// An optimiser whose state a checkpoint holds.
package protocol ResumableOptimizer: Optimizer {
  /// The state to put into a checkpoint: names and flat buffers as long as the parameters.
  var slots: [(name: String, values: UnsafeMutableBufferPointer<Float>)] { get }
  /// A step on flat buffers.
  func step(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
    gradientScale: Float, learningRate: Double)
}

extension ResumableOptimizer {
  /// One step on the network's own flat buffers.
  public func step(_ network: Network, gradientScale: Float, learningRate: Double) {
    step(
      parameters: network.parameters, gradients: network.gradients, gradientScale: gradientScale,
      learningRate: learningRate)
  }
}

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as `torch.optim.AdamW`.
public final class AdamW: ResumableOptimizer {
  /// PyTorch's names and defaults.
  public struct Options: Sendable {
    /// The decay of the mean of gradients.
    public var beta1 = 0.9
    /// The decay of the mean of their squares.
    public var beta2 = 0.999
    /// Keeps the division from running away.
    public var epsilon = 1e-8
    /// The share of a weight that a step takes away, times the learning rate.
    public var weightDecay = 0.01

    /// PyTorch's defaults where nothing is given.
    public init(
      beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
      weightDecay: Double = 0.01
    ) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }
  }

  /// Fixed for the optimiser's life.
  public let options: Options
  /// Steps done so far.
  public var steps = 0
  private let groups: [ParameterGroup]
  private let pool: WorkerPool?
  private let mean: FloatBuffer
  private let square: FloatBuffer

  /// - Parameters:
  ///   - count: values in the flat parameter buffer.
  ///   - groups: which of them are trained, and whether they decay.
  public init(
    count: Int, groups: [ParameterGroup], options: Options = Options(), pool: WorkerPool? = nil
  ) {
    precondition(groups.allSatisfy { $0.range.upperBound <= count }, "groups outside the buffer")
    self.options = options
    self.groups = groups
    self.pool = pool
    mean = FloatBuffer(count: count)
    square = FloatBuffer(count: count)
  }

  /// For all parameters of a network; weights decay, biases and normalisations do not.
  public convenience init(
    _ network: Network, options: Options = Options(), pool: WorkerPool? = nil
  ) {
    self.init(
      count: network.parameterCount, groups: ParameterGroup.all(of: network), options: options,
      pool: pool)
  }

  package var slots: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    [("mean", mean.values), ("square", square.values)]
  }

  package func step(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
    gradientScale: Float, learningRate: Double
  ) {
    precondition(
      parameters.count == mean.values.count && gradients.count == parameters.count,
      "parameters and gradients must be as long as the state")
    steps += 1
    for group in groups where steps > group.firstStep {
      let start = group.range.lowerBound
      VectorMath.adamW(
        parameters: parameters.baseAddress! + start, gradients: gradients.baseAddress! + start,
        first: mean.values.baseAddress! + start, second: square.values.baseAddress! + start,
        count: group.range.count, gradientScale: gradientScale,
        settings: VectorMath.AdamW(
          learningRate: Float(learningRate) * group.rate, beta1: Float(options.beta1),
          beta2: Float(options.beta2), epsilon: Float(options.epsilon),
          weightDecay: group.decays ? Float(options.weightDecay) : 0,
          step: steps - group.firstStep), pool: pool)
    }
  }
}

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` (dampening 0).
public final class SGD: ResumableOptimizer {
  /// PyTorch's names; dampening is 0.
  public struct Options: Sendable {
    /// The part of the last step that is taken again.
    public var momentum = 0.9
    /// Whether the gradient is looked at one step ahead.
    public var nesterov = true
    /// Added to the gradient, times the weight.
    public var weightDecay = 0.0

    /// Momentum .9 by Nesterov's rule where nothing is given.
    public init(momentum: Double = 0.9, nesterov: Bool = true, weightDecay: Double = 0) {
      self.momentum = momentum
      self.nesterov = nesterov
      self.weightDecay = weightDecay
    }
  }

  /// Fixed for the optimiser's life.
  public let options: Options
  /// Steps done so far.
  public var steps = 0
  private let groups: [ParameterGroup]
  private let pool: WorkerPool?
  private let velocity: FloatBuffer

  /// `count` values lie in the flat parameter buffer; `groups` say which of them are trained, and
  /// whether they decay.
  public init(
    count: Int, groups: [ParameterGroup], options: Options = Options(), pool: WorkerPool? = nil
  ) {
    precondition(groups.allSatisfy { $0.range.upperBound <= count }, "groups outside the buffer")
    self.options = options
    self.groups = groups
    self.pool = pool
    velocity = FloatBuffer(count: count)
  }

  /// For all parameters of a network; weights decay, biases and normalisations do not.
  public convenience init(
    _ network: Network, options: Options = Options(), pool: WorkerPool? = nil
  ) {
    self.init(
      count: network.parameterCount, groups: ParameterGroup.all(of: network), options: options,
      pool: pool)
  }

  package var slots: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    [("velocity", velocity.values)]
  }

  package func step(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
    gradientScale: Float, learningRate: Double
  ) {
    precondition(
      parameters.count == velocity.values.count && gradients.count == parameters.count,
      "parameters and gradients must be as long as the state")
    steps += 1
    for group in groups where steps > group.firstStep {
      let start = group.range.lowerBound
      VectorMath.sgd(
        parameters: parameters.baseAddress! + start, gradients: gradients.baseAddress! + start,
        velocity: velocity.values.baseAddress! + start, count: group.range.count,
        gradientScale: gradientScale, learningRate: Float(learningRate) * group.rate,
        momentum: Float(options.momentum),
        weightDecay: group.decays ? Float(options.weightDecay) : 0,
        nesterov: options.nesterov, isFirst: steps == group.firstStep + 1, pool: pool)
    }
  }
}

/// Shortens the gradient of all values together when it is too long.
public enum GradientClipping {
  /// The Euclidean length of a network's gradients, and the factor that brings it down to `limit`.
  ///
  /// - Parameters:
  ///   - groups: the parameters whose gradients count.
  ///   - steps: those done; groups that begin to learn later do not count.
  /// - Returns: a length that is not finite when a gradient is not.
  public static func measure(
    _ network: Network, groups: [ParameterGroup], limit: Double, steps: Int = .max
  ) -> (length: Double, factor: Float) {
    measure(network.gradients, groups: groups, limit: limit, steps: steps)
  }

  /// The Euclidean length of the groups' gradients, summed in a fixed order, and the factor that
  /// brings it down to `limit`: `limit / (length + 1e-6)` where that is below 1, as in PyTorch's
  /// `clip_grad_norm_`, else 1.
  ///
  /// - Returns: a length that is not finite when a gradient is not.
  package static func measure(
    _ gradients: UnsafeMutableBufferPointer<Float>, groups: [ParameterGroup], limit: Double,
    steps: Int = .max
  ) -> (length: Double, factor: Float) {
    var sum = 0.0
    for group in groups where steps >= group.firstStep {
      sum += VectorMath.sumOfSquares(
        UnsafePointer(gradients.baseAddress! + group.range.lowerBound), count: group.range.count)
    }
    let length = sum.squareRoot()
    return (length, Float(min(1, limit / (length + 1e-6))))
  }
}
