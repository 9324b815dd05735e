import Networks
import Tensors

/// Scores one clip without an end frame by frame: a classifier whose recurrent layers carry what they
/// have seen from each frame to the next.
///
/// Only some networks can be read so; see `Architecture.readingFrameByFrame()`. Not thread-safe.
public final class CarriedClassifier {
  private let executor: Executor
  private let metadata: ModelMetadata
  private let path: String

  /// Nil for a model whose network needs a clip as a whole.
  public init?(
    model: Model, precision: Precision = .auto, pool: WorkerPool
  ) throws(NetworkError) {
    guard let architecture = try model.network.architecture.readingFrameByFrame() else {
      return nil
    }
    let network = try Network(architecture: architecture, seed: 0)
    for (target, source) in [
      (network.parameters, model.network.parameters), (network.buffers, model.network.buffers),
    ] where target.count > 0 {
      precondition(target.count == source.count, "time has no part in a tensor's shape")
      target.baseAddress!.update(from: source.baseAddress!, count: target.count)
    }
    metadata = model.metadata
    path = model.path ?? "the model"
    executor = try Executor(
      network: network, batch: 1, mode: .inference, precision: precision, carriesState: true,
      pool: pool)
  }

  /// `[height, width, channels]`; to be filled before every call of `step()`.
  package var input: UnsafeMutableBufferPointer<Float> { executor.input }

  /// Calls `body` with the place of the next frame, `[height, width, channels]`; to be filled before
  /// every call of `step()`.
  public func withMutableInput<Result, Failure: Error>(
    _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var values = executor.input.mutableSpan
    return try body(&values)
  }

  /// Takes the next frame.
  ///
  /// - Returns: calibrated probabilities after all frames since the beginning, one a class.
  /// - Throws: `nonFinite` for a model whose weights are so large that its scores are not finite.
  public func step() throws(ModelFileError) -> [Float] {
    executor.forward(count: 1)
    guard executor.logits.allSatisfy(\.isFinite) else {
      throw ModelFileError(
        .nonFinite, path: path, "its scores are not finite, because its weights are too large")
    }
    var scores = [Float](repeating: 0, count: metadata.classes.count)
    scores.withUnsafeMutableBufferPointer {
      Softmax.write(
        UnsafeBufferPointer(executor.logits), temperature: metadata.temperature, into: $0)
    }
    return scores
  }

  /// The next frame is the first of another clip.
  public func beginAnew() { executor.forgetState() }
}
