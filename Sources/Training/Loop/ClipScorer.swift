import ClipSampling
import Datasets
import Evaluation
import Networks
import Tensors

/// Runs a network over clips the way labelling will: centre crop, even frames, no randomness.
final class ClipScorer {
  /// What came out for the clips that could be read, in their order.
  struct Result {
    var classes: Int
    /// `[clips, classes]`.
    var logits: [Float] = []
    var labels: [Int] = []
    /// Positions in the list that was scored.
    var clips: [Int] = []
    /// Clips that could not be read.
    var failures: [ClipFailure] = []

    /// Mean cross-entropy and top-1, and whatever else needs labels and predictions.
    var count: Int { labels.count }

    /// What makes softmax of the logits mean what it says, by the labels; 1 without clips.
    var temperature: Double {
      count == 0 ? 1 : Temperature.fit(logits: logits, labels: labels, classes: classes)
    }

    /// The class with the highest logit of each clip; the first of equals.
    var predictions: [Int] {
      (0..<count).map { clip in
        logits[clip * classes..<(clip + 1) * classes].firstLargest
      }
    }
  }

  private let executor: Executor
  private let batchSize: Int
  private let classes: Int
  private let preprocessing: Preprocessing
  private let source: any ClipSource
  private let workers: Int

  init(
    network: Network, batchSize: Int, exactConvolution: Bool, precision: Precision,
    pool: WorkerPool, source: any ClipSource, preprocessing: Preprocessing
  ) throws {
    executor = try Executor(
      network: network, batch: batchSize, mode: .inference, exactConvolution: exactConvolution,
      precision: precision, pool: pool)
    self.batchSize = batchSize
    classes = network.architecture.classes
    self.preprocessing = preprocessing
    self.source = source
    workers = pool.threads
  }

  var peakBytes: Int { executor.peakBytes }

  /// Call when the network's weights have changed.
  func parametersChanged() { executor.parametersChanged() }

  /// One full batch of whatever the input holds: to measure the time it takes.
  func runEmpty() { executor.forward(count: batchSize) }

  /// The logits of every clip.
  ///
  /// - Parameter keepGoing: asked between batches; false ends early with what there is.
  func score(
    _ clips: [Clip], variant: LoaderOptions.Variant = .normal, seed: UInt64 = 0,
    keepGoing: () -> Bool = { true }
  ) -> Result {
    var result = Result(classes: classes)
    guard !clips.isEmpty else { return result }
    let loader = BatchLoader(
      clips: clips, source: source, preprocessing: preprocessing,
      options: .evaluation(batchSize: batchSize, variant: variant, seed: seed, workers: workers))
    loader.start(epoch: 0)
    defer { loader.stop() }
    while keepGoing(), let batch = loader.next() {
      let values = batch.count * batch.inputSize
      executor.input.baseAddress!.update(from: batch.inputs.baseAddress!, count: values)
      executor.forward(count: batch.count)
      result.logits.append(contentsOf: executor.logits[0..<batch.count * classes])
      result.labels.append(contentsOf: batch.labels[0..<batch.count])
      result.clips.append(contentsOf: batch.clipIndices[0..<batch.count])
    }
    result.failures = loader.takeFailures()
    return result
  }
}
