import Networks
import Tensors

/// Scores batches of prepared clips: network, then softmax at the model's temperature.
///
/// All memory is taken when it is made; scoring allocates nothing. Not thread-safe: a classifier
/// belongs to one thread, which its pool then helps.
public final class Classifier {
  /// Of the model: classes in the order of the scores, preprocessing, temperature.
  public let metadata: ModelMetadata
  private let path: String
  /// Clips at most.
  public let batch: Int
  private let executor: Executor
  private let probabilities: UnsafeMutableBufferPointer<Float>

  /// Takes all memory for `batch` clips at a time; `pool` helps the calling thread.
  public init(
    model: Model, batch: Int, precision: Precision = .auto, pool: WorkerPool
  ) throws(NetworkError) {
    metadata = model.metadata
    path = model.path ?? "the model"
    self.batch = batch
    executor = try Executor(
      network: model.network, batch: batch, mode: .inference, precision: precision, pool: pool)
    probabilities = .allocate(capacity: batch * model.metadata.classes.count)
    probabilities.initialize(repeating: 0)
  }

  deinit { probabilities.deallocate() }

  /// Values of one prepared clip, `[frames, height, width, channels]`.
  public var inputSize: Int { metadata.architecture.input.count }

  /// `[batch, frames, height, width, channels]`; to be filled before every call of `scores`.
  package var input: UnsafeMutableBufferPointer<Float> { executor.input }

  /// Calls `body` with the place of one clip's input, `[frames, height, width, channels]`; to be
  /// filled before every call of `withScores`.
  public func withMutableInput<Result, Failure: Error>(
    at position: Int, _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var values = input(at: position).mutableSpan
    return try body(&values)
  }

  /// The place of one clip in `input`.
  package func input(at position: Int) -> UnsafeMutableBufferPointer<Float> {
    precondition((0..<batch).contains(position))
    return .init(rebasing: executor.input[position * inputSize..<(position + 1) * inputSize])
  }

  /// Bytes of activations and packed weights.
  public var peakBytes: Int { executor.peakBytes }

  /// Runs the first `count` clips and calls `body` with their calibrated probabilities,
  /// `[count, classes]`.
  ///
  /// - Throws: `nonFinite` for a model whose weights are so large that its scores are not finite.
  public func withScores<Result>(
    count: Int, _ body: (Span<Float>) -> Result
  ) throws(ModelFileError) -> Result {
    body(try scores(count: count).span)
  }

  /// Runs the first `count` clips of `input`.
  ///
  /// - Returns: calibrated probabilities, `[count, classes]`, valid until the next call.
  /// - Throws: `nonFinite` for a model whose weights are so large that its scores are not finite.
  package func scores(count: Int) throws(ModelFileError) -> UnsafeBufferPointer<Float> {
    executor.forward(count: count)
    let classes = metadata.classes.count
    guard executor.logits[..<(count * classes)].allSatisfy(\.isFinite) else {
      throw ModelFileError(
        .nonFinite, path: path,
        "its scores are not finite, because its weights are too large; train it again, with a "
          + "lower `learningRate`")
    }
    for row in 0..<count {
      let range = row * classes..<(row + 1) * classes
      Softmax.write(
        UnsafeBufferPointer(rebasing: executor.logits[range]), temperature: metadata.temperature,
        into: UnsafeMutableBufferPointer(rebasing: probabilities[range]))
    }
    return UnsafeBufferPointer(rebasing: probabilities[..<(count * classes)])
  }
}
