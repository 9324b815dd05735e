import Datasets
import ModelFiles
import Networks
import Tensors
import VideoDecoding

/// Scores windows with a trained network. Belongs to one worker.
public final class ModelScorer: WindowScorer {
  private let classifier: Classifier
  /// In the order of the scores.
  public let classNames: [String]
  /// Windows that are scored at once, at most.
  public let batchSize: Int

  /// - Parameters:
  ///   - batchSize: windows that go through the network together.
  ///   - threads: of the network's own pool.
  public init(
    model: Model, batchSize: Int = 8, threads: Int = 1, precision: Precision = .auto
  ) throws {
    classifier = try Classifier(
      model: model, batch: batchSize, precision: precision, pool: WorkerPool(threads: threads))
    classNames = model.metadata.classes
    self.batchSize = batchSize
  }

  /// Calibrated scores, `[stacks, classes]`.
  ///
  /// - Throws: `ModelFileError` for a model whose scores are not finite.
  public func scores(of stacks: [FrameStack]) throws -> [[Float]] {
    precondition(stacks.count <= batchSize)
    for (position, stack) in stacks.enumerated() {
      InputBuilder.build(
        stack: stack, preprocessing: classifier.metadata.preprocessing,
        into: classifier.input(at: position))
    }
    let scores = try classifier.scores(count: stacks.count)
    return stacks.indices.map {
      Array(scores[$0 * classNames.count..<($0 + 1) * classNames.count])
    }
  }
}

// @unchecked: scoring only reads the network's parameters, and nothing else holds it.
/// Makes a scorer for each worker from one model in memory.
public final class ModelScorerFactory: @unchecked Sendable {
  private let model: Model
  private let threads: Int
  private let precision: Precision

  /// - Parameters:
  ///   - model: not to be changed while scorers are at work.
  ///   - threads: of each scorer.
  public init(model: Model, threads: Int, precision: Precision = .auto) {
    self.model = model
    self.threads = threads
    self.precision = precision
  }

  /// A scorer with memory of its own; to be called on the worker's thread.
  public func make() throws -> ModelScorer {
    try ModelScorer(model: model, threads: threads, precision: precision)
  }
}
