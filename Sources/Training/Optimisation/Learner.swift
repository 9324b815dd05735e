import Datasets
import Networks
import Tensors

/// Trains a network of one's own on labelled frame stacks, a batch at a time.
///
/// A step is one of `Trainer`: forward, softmax and cross-entropy, backward, gradients shortened
/// where they are too long, and a step of the optimiser. Where the clips come from, the learning
/// rate and when to stop are the caller's business. The same steps give the same bits on any number
/// of threads. Not thread-safe.
public final class Learner {
  /// The network it changes.
  public let network: Network
  /// Clips at most in a step.
  public let batch: Int
  /// What changes the parameters; it holds the state of all steps so far.
  public let optimizer: any Optimizer
  /// What a step minimises.
  public let loss: SoftmaxCrossEntropy
  /// Longest gradient that is not shortened.
  public let gradientLimit: Double
  private let executor: Executor
  private let groups: [ParameterGroup]
  private let seed: UInt64

  /// - Parameters:
  ///   - batch: clips at most in a step.
  ///   - optimizer: AdamW with PyTorch's defaults where none is given.
  ///   - loss: cross-entropy of plain labels where none is given.
  ///   - gradientLimit: the longest gradient that is not shortened.
  ///   - seed: of dropout.
  ///   - precision: of the products.
  /// - Throws: when the memory for a step cannot be had.
  public init(
    _ network: Network, batch: Int, optimizer: (any Optimizer)? = nil,
    loss: SoftmaxCrossEntropy? = nil, gradientLimit: Double = 1, seed: UInt64 = 0,
    precision: Precision = .fp32, pool: WorkerPool
  ) throws(NetworkError) {
    let classes = network.architecture.classes
    precondition(loss == nil || loss?.classes == classes, "a loss of \(classes) classes")
    self.network = network
    self.batch = batch
    self.optimizer = optimizer ?? AdamW(network, pool: pool)
    self.loss = loss ?? SoftmaxCrossEntropy(classes: classes)
    self.gradientLimit = gradientLimit
    self.seed = seed
    executor = try Executor(
      network: network, batch: batch, mode: .training, precision: precision, pool: pool)
    groups = ParameterGroup.all(of: network)
  }

  /// Bytes of activations, gradients, packed weights and scratch; the network's own parameters,
  /// their gradients and the optimiser's state come on top.
  public var peakBytes: Int { executor.peakBytes }

  /// One step on as many clips as there are labels.
  ///
  /// - Parameters:
  ///   - labels: the class of each clip.
  ///   - mixture: second classes and shares for mixed clips; nil for plain labels.
  ///   - fill: writes the clips' inputs, `[batch, frames, height, width, channels]`.
  /// - Returns: the mean loss of the batch, before the step.
  /// - Throws: what `fill` throws, and a `TrainingError` when the loss is not finite; then
  ///   the parameters are left as they were.
  public func step(
    labels: [Int], mixture: SoftmaxCrossEntropy.Mixture? = nil, learningRate: Double,
    fill: (inout MutableSpan<Float>) throws -> Void
  ) throws -> Double {
    try executor.withMutableInput(fill)
    return try step(labels: labels, mixture: mixture, learningRate: learningRate)
  }

  /// One step on these clips.
  ///
  /// - Parameters:
  ///   - stacks: `[frames, height, width, channels]` each.
  ///   - labels: the class of each.
  /// - Returns: the mean loss of the batch, before the step.
  /// - Throws: a `TrainingError` when the loss is not finite; then the parameters are left as
  ///   they were.
  public func step(_ stacks: [[Float]], labels: [Int], learningRate: Double) throws -> Double {
    precondition(stacks.count == labels.count, "a label for each clip")
    for (position, stack) in stacks.enumerated() { executor.setInput(stack, at: position) }
    return try step(labels: labels, mixture: nil, learningRate: learningRate)
  }

  /// One step on a loader's batch, mixed clips with both of their labels.
  ///
  /// - Returns: the mean loss of the batch, before the step.
  /// - Throws: a `TrainingError` when the loss is not finite; then the parameters are left as
  ///   they were.
  public func step(_ clips: Batch, learningRate: Double) throws -> Double {
    precondition(
      clips.inputSize == network.architecture.input.count, "clips as the network reads them")
    precondition(clips.count <= batch, "\(clips.count) clips in a batch of \(batch)")
    executor.input.baseAddress!.update(
      from: clips.inputs.baseAddress!, count: clips.count * clips.inputSize)
    let isMixed = clips.firstShares[..<clips.count].contains { $0 < 1 }
    return try step(
      labels: Array(clips.labels[..<clips.count]),
      mixture: isMixed ? .init(second: clips.secondLabels, share: clips.firstShares) : nil,
      learningRate: learningRate)
  }

  /// One step on what the input holds.
  private func step(
    labels: [Int], mixture: SoftmaxCrossEntropy.Mixture?, learningRate: Double
  ) throws -> Double {
    let count = labels.count
    executor.forward(
      count: count,
      dropout: RandomStream(seed: seed, purpose: .dropout, UInt64(optimizer.steps)))
    let value = executor.withMutableLogitsGradient { logits, gradient in
      loss(logits: logits, labels: labels, mixture: mixture, gradient: &gradient)
    }
    executor.backward(count: count)
    let (length, factor) = GradientClipping.measure(network, groups: groups, limit: gradientLimit)
    guard value.isFinite, length.isFinite else {
      throw TrainingError(
        .diverged,
        "the loss is not finite at step \(optimizer.steps + 1); "
          + "train again with a lower learning rate than \(learningRate)")
    }
    optimizer.step(network, gradientScale: factor, learningRate: learningRate)
    executor.parametersChanged()
    return value
  }
}
