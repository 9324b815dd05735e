/// Changes a network's parameters by their gradients, one step at a time.
///
/// Works in place on flat buffers and allocates nothing in a step. The same inputs give the same
/// bits on any number of threads. Not thread-safe.
public protocol Optimizer: AnyObject {
  /// Steps done so far; set when a checkpoint is restored.
  var steps: Int { get set }
  /// The state to put into a checkpoint: names and flat buffers as long as the parameters.
  var slots: [(name: String, values: UnsafeMutableBufferPointer<Float>)] { get }
  /// One step. Values outside the groups (frozen ones) stay as they are.
  func step(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
    learningRate: Double)
}

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as `torch.optim.AdamW`.
public final class AdamW: Optimizer {
  public struct Options: Sendable {
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var weightDecay = 0.01

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

  public let options: Options
  public var steps = 0
  private let groups: [ParameterGroup]
  private let mean: FloatBuffer
  private let square: FloatBuffer

  /// - Parameters:
  ///   - count: values in the flat parameter buffer.
  ///   - groups: which of them are trained, and whether they decay.
  public init(count: Int, groups: [ParameterGroup], options: Options = Options()) {
    precondition(groups.allSatisfy { $0.range.upperBound <= count }, "groups outside the buffer")
    self.options = options
    self.groups = groups
    mean = FloatBuffer(count: count)
    square = FloatBuffer(count: count)
  }

  public var slots: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    [("mean", mean.values), ("square", square.values)]
  }

  public func step(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
    learningRate: Double
  ) {
    precondition(
      parameters.count == mean.values.count && gradients.count == parameters.count,
      "parameters and gradients must be as long as the state")
    steps += 1
    for group in groups {
      UpdateLoops.adamW(
        parameters: parameters.baseAddress! + group.range.lowerBound,
        gradients: gradients.baseAddress! + group.range.lowerBound,
        mean: mean.values.baseAddress! + group.range.lowerBound,
        square: square.values.baseAddress! + group.range.lowerBound,
        count: group.range.count, learningRate: learningRate, beta1: options.beta1,
        beta2: options.beta2, epsilon: options.epsilon,
        weightDecay: group.decays ? options.weightDecay : 0, step: steps)
    }
  }
}

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` (dampening 0).
public final class SGD: Optimizer {
  public struct Options: Sendable {
    public var momentum = 0.9
    public var nesterov = true
    public var weightDecay = 0.0

    public init(momentum: Double = 0.9, nesterov: Bool = true, weightDecay: Double = 0) {
      self.momentum = momentum
      self.nesterov = nesterov
      self.weightDecay = weightDecay
    }
  }

  public let options: Options
  public var steps = 0
  private let groups: [ParameterGroup]
  private let velocity: FloatBuffer

  public init(count: Int, groups: [ParameterGroup], options: Options = Options()) {
    precondition(groups.allSatisfy { $0.range.upperBound <= count }, "groups outside the buffer")
    self.options = options
    self.groups = groups
    velocity = FloatBuffer(count: count)
  }

  public var slots: [(name: String, values: UnsafeMutableBufferPointer<Float>)] {
    [("velocity", velocity.values)]
  }

  public func step(
    parameters: UnsafeMutableBufferPointer<Float>, gradients: UnsafeMutableBufferPointer<Float>,
    learningRate: Double
  ) {
    precondition(
      parameters.count == velocity.values.count && gradients.count == parameters.count,
      "parameters and gradients must be as long as the state")
    steps += 1
    for group in groups {
      UpdateLoops.sgd(
        parameters: parameters.baseAddress! + group.range.lowerBound,
        gradients: gradients.baseAddress! + group.range.lowerBound,
        velocity: velocity.values.baseAddress! + group.range.lowerBound,
        count: group.range.count, learningRate: learningRate, momentum: options.momentum,
        nesterov: options.nesterov, weightDecay: group.decays ? options.weightDecay : 0)
    }
  }
}

/// Scales all gradients down together when their common length exceeds a limit.
public enum GradientClipping {
  /// The Euclidean length of the groups' gradients, summed in a fixed order; the gradients are
  /// multiplied by `limit / (length + 1e-6)` when that is below 1, as PyTorch's
  /// `clip_grad_norm_` does.
  ///
  /// - Parameter limit: the longest allowed; `.infinity` only measures.
  /// - Returns: the length before clipping; not finite when a gradient is not.
  @discardableResult
  public static func clip(
    _ gradients: UnsafeMutableBufferPointer<Float>, groups: [ParameterGroup], limit: Double
  ) -> Double {
    var sum = 0.0
    for group in groups {
      sum += UpdateLoops.sumOfSquares(
        gradients.baseAddress! + group.range.lowerBound, count: group.range.count)
    }
    let length = sum.squareRoot()
    let factor = limit / (length + 1e-6)
    if factor < 1 {
      for group in groups {
        UpdateLoops.scale(
          gradients.baseAddress! + group.range.lowerBound, by: Float(factor),
          count: group.range.count)
      }
    }
    return length
  }
}
